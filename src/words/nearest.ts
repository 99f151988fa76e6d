/** The name that somebody most likely meant, or undefined when none is near. */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  const allowed = Math.min(MOST_EDITS, Math.max(1, Math.floor(wrong.length / 3)))
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    // A caller may send a name of a megabyte; only those of about the same length are worth the table.
    if (Math.abs(wrong.length - name.length) > allowed) continue
    const edits = countEdits(wrong.toLowerCase(), name.toLowerCase())
    if (edits <= allowed && (best === undefined || edits < best.edits)) best = { name, edits }
  }
  return best?.name
}

const MOST_EDITS = 3

/** Letters to add, drop, change or swap with their neighbour to get from one word to the other. */
function countEdits(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1]
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = row
  }
  return at(last, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
