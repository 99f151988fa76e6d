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
      return `A message is not known to be read; ${facts.rule === undefined ? 'a rule' : `the rule ${facts.rule}`} watches it${later}.`
    }
    case 'items-joined':
      return `${more(facts.items)}; ${waiting(facts)} now.`
    case 'items-left':
      return `${leftText(facts)}${facts.late ? ' after all' : ''}; ${waiting(facts)}.`
    case 'inquired':
      return inquiredText(facts)
    case 'inquiry-failed':
      return `${who(facts)} could not be asked${facts.detail === undefined ? '' : ` (${facts.detail})`}; once more at ${clockTime(facts.nextAt)}.`
  }
}

function more(items: Facts[string] = 1): string {
  return items === 1 ? 'One more message is not known to be read' : `${items} more messages are not known to be read`
}

function waiting({ unread, more }: Facts): string {
  if (unread === 0 || unread === undefined) return 'nothing waits to be read'
  return `${unread}${more === undefined ? '' : ` (and ${more} not listed)`} ${unread === 1 ? 'waits' : 'wait'} to be read`
}

function leftText({ how, items = 1 }: Facts): string {
  const what = items === 1 ? 'One message' : `${items} messages`
  const were = items === 1 ? 'was' : 'were'
  switch (how) {
    case 'replied':
      return `The person wrote back, so ${what.toLowerCase()} ${were} seen`
    case 'delivered':
      return `${what} reached the person's device`
    case 'deleted':
      return `${what} ${were} deleted`
    case 'left':
      return `The person left the conversation, and with it ${what.toLowerCase()}`
    case 'ended':
      return `The conversation ended, and with it ${what.toLowerCase()}`
    case 'confirmed':
      return `The platform says that ${what.toLowerCase()} ${items === 1 ? 'is' : 'are'} read by now`
    default:
      return `${what} ${were} read`
  }
}

function inquiredText({ unread: count, more, platform, addresses, detail, fault }: Facts): string {
  const asked = platform === 'confirmed' ? 'The platform confirms it' : 'As far as we know'
  const where =
    addresses === null || addresses === undefined
      ? 'no address of the person is known'
      : `addresses known: ${addresses}`
  const trouble = detail === undefined ? '' : ` (${detail})`
  const worded = fault === undefined ? '' : `; a text of the rule could not be used, so our own stands in (${fault})`
  return `${asked}: ${waiting({ unread: count, more })}; ${where}${trouble}${worded}.`
}

function who({ who }: Facts): string {
  return who === 'directory' ? 'The user database' : 'The chat platform'
}
