import type { Heard } from '../engine/ports/channel.ts'

/**
 * What people write to stop messages, and to have them again, where nobody on the way does it for us: the words that US
 * carriers ask every sender to honour. The whole text has to be the word: "stop by on Monday" stops nothing.
 */
const STOP = new Set(['STOP', 'STOPALL', 'UNSUBSCRIBE', 'END', 'QUIT', 'CANCEL', 'REVOKE', 'OPTOUT'])
const START = new Set(['START', 'UNSTOP'])

/** What a text means that came from a person: a reply, and with it a stop or a start where it is one. */
export function heardText(reply: Omit<Heard & { kind: 'reply' }, 'kind'>): Heard[] {
  const { channel, address, text = '' } = reply
  const word = text
    .trim()
    .replace(/[.!\s-]/g, '')
    .toUpperCase()
  const heard: Heard = { kind: 'reply', ...reply }
  if (STOP.has(word)) return [heard, { kind: 'suppress', channel, address, reason: 'opted-out' }]
  if (START.has(word)) return [heard, { kind: 'lift', channel, address }]
  return [heard]
}
