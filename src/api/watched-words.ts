import type { TimelineCode } from '../domain/timeline.ts'
import { clockTime, type Facts } from './timeline-facts.ts'

type WatchedCode = Extract<TimelineCode, 'watch-opened' | 'items-joined' | 'items-left' | 'inquired' | 'inquiry-failed'>

/** One plain sentence for each entry of an unread streak. */
export function watchedText(code: WatchedCode, facts: Facts): string {
  switch (code) {
    case 'watch-opened': {
      const later =
        facts.notBefore === undefined
          ? ''
          : `; a notice went out not long ago, so the next waits until ${clockTime(facts.notBefore)}`
      return `A message is not known to be read; rule ${facts.rule} watches it${later}.`
    }
    case 'items-joined':
      return `${more(facts.items)}; ${unread(facts)} now.`
    case 'items-left':
      return `${leftText(facts)}${facts.late ? ' after all' : ''}; ${unread(facts)}.`
    case 'inquired':
      return inquiredText(facts)
    case 'inquiry-failed':
      return `${who(facts)} could not be asked (${facts.detail}); once more at ${clockTime(facts.nextAt)}.`
  }
}

function more(items: Facts[string]): string {
  return items === 1 ? 'One more message is not known to be read' : `${items} more messages are not known to be read`
}

function unread({ unread, more }: Facts): string {
  if (unread === 0) return 'nothing is unread'
  return `${unread}${more === undefined ? '' : ` (and ${more} not listed)`} ${unread === 1 ? 'is' : 'are'} unread`
}

function leftText({ how, items }: Facts): string {
  const what = items === 1 ? 'One message' : `${items} messages`
  const were = items === 1 ? 'was' : 'were'
  switch (how) {
    case 'replied':
      return `The person wrote back, so ${what.toLowerCase()} ${were} seen`
    case 'delivered':
      return `${what} reached the person's device`
    case 'deleted':
      return `${what} ${were} deleted`
    case 'confirmed':
      return `The platform says that ${what.toLowerCase()} ${items === 1 ? 'is' : 'are'} unread no more`
    default:
      return `${what} ${were} read`
  }
}

function inquiredText({ unread: count, more, platform, addresses, detail }: Facts): string {
  const asked = platform === 'confirmed' ? 'The platform confirms it' : 'As far as we know'
  const where = addresses === null ? 'no address of the person is known' : `addresses known: ${addresses}`
  const trouble = detail === undefined ? '' : ` (${detail})`
  return `${asked}: ${unread({ unread: count, more })}; ${where}${trouble}.`
}

function who({ who }: Facts): string {
  return who === 'directory' ? 'The user database' : 'The chat platform'
}
