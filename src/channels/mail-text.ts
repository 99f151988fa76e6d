const LONGEST_SUBJECT = 78 // what fits on one line of a mail's header

/** A subject for a text that has none: its first line that says something. */
export function subjectFrom(text = ''): string {
  const first = oneLine(text.split('\n').find((line) => line.trim() !== '') ?? '')
  if (first === '') return 'New message'
  return first.length <= LONGEST_SUBJECT ? first : `${first.slice(0, LONGEST_SUBJECT - 1).trimEnd()}…`
}

/** Fit for a header. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
