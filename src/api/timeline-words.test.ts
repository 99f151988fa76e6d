import { describe, expect, test } from 'vitest'
import type { Sequence } from '../domain/sequence.ts'
import { TIMELINE_CODES, type TimelineEntry } from '../domain/timeline.ts'
import { timelineText } from './timeline-words.ts'

const SEQUENCE: Sequence = [
  { channel: 'WhatsApp', successStatus: 'read', fallbackAfterMs: 60_000, onUncertain: 'wait' },
  { channel: 'Viber', successStatus: 'delivered', onUncertain: 'wait' },
]
const AT = Date.UTC(2026, 0, 5, 9)
const say = (code: TimelineEntry['code'], facts?: TimelineEntry['facts'], step = 0) =>
  timelineText({ at: AT, code, step, ...(facts && { facts }) }, SEQUENCE)

describe('a sentence for', () => {
  const inTime = { reason: 'not-in-time', wanted: 'read', fallbackAfterMs: 60_000 }
  test.each<[code: TimelineEntry['code'], facts: TimelineEntry['facts'], text: string]>([
    ['step-opened', { connection: 'meta' }, 'The message goes to WhatsApp through meta.'],
    ['step-skipped', { reason: 'no-address' }, 'WhatsApp was skipped: no address is known that it can use.'],
    [
      'step-skipped',
      { reason: 'opted-out', detail: 'STOP' },
      'WhatsApp was skipped: the person has opted out of it (STOP).',
    ],
    ['send-accepted', {}, "WhatsApp's provider took the message."],
    ['send-accepted', { late: true }, "WhatsApp's provider had taken the message, as we learned later."],
    [
      'send-rejected',
      { detail: 'no account', code: '7' },
      "WhatsApp's provider refused the message (no account, code 7).",
    ],
    [
      'send-retry',
      { detail: 'busy', nextAt: AT + 1000 },
      'WhatsApp could not be sent (busy); it is tried again at 09:00:01 UTC.',
    ],
    [
      'send-retry',
      { detail: 'busy', plan: 'no time left' },
      'WhatsApp could not be sent (busy), and there is no time left for another try.',
    ],
    ['send-retry', { detail: 'busy', late: true }, 'WhatsApp could not be sent (busy), as we learned later.'],
    [
      'send-uncertain',
      { detail: 'cut', nextAt: AT },
      'It is not known whether WhatsApp went out (cut); it is repeated at 09:00:00 UTC under the same key.',
    ],
    [
      'send-uncertain',
      {},
      "It is not known whether WhatsApp went out; a receipt, or the end of the step's time, decides.",
    ],
    ['send-repeated', { connection: 'meta', try: 2 }, 'WhatsApp is sent again through meta.'],
    ['send-withdrawn', {}, 'The send on WhatsApp was called back before it left.'],
    ['receipt', { status: 'delivered', effect: 'raised' }, 'WhatsApp reports delivered.'],
    ['receipt', { status: 'read', effect: 'raised', late: true }, 'Late word: WhatsApp reports read.'],
    [
      'receipt',
      { status: 'failed', effect: 'failed', detail: 'gone', errorCode: '9' },
      'WhatsApp reports failed (gone, code 9).',
    ],
    [
      'receipt',
      { status: 'read', effect: 'revived' },
      'WhatsApp reports read after all, though it had been reported as failed.',
    ],
    [
      'receipt',
      { status: 'sent', effect: 'out-of-order' },
      'WhatsApp reports sent, after a higher status was known; it changes nothing.',
    ],
    [
      'fell-back',
      { ...inTime, status: 'delivered', to: 'Viber' },
      'WhatsApp was not known to be read within 60 s (it was delivered), so Viber is next.',
    ],
    [
      'fell-back',
      { ...inTime, status: 'queued', uncertain: true, to: 'Viber' },
      'WhatsApp was not known to be read within 60 s (it is not known whether it went out), so Viber is next.',
    ],
    ['fell-back', { reason: 'rejected', to: 'Viber' }, 'WhatsApp was rejected, so Viber is next.'],
    ['fell-back', { reason: 'failed', to: null }, 'WhatsApp failed, and it was the last step.'],
    [
      'fell-back',
      { reason: 'could-not-send', to: 'Viber' },
      'WhatsApp could not be sent in its time, so Viber is next.',
    ],
    [
      'succeeded',
      { status: 'read', wanted: 'delivered' },
      'It is known to be read on WhatsApp, which is more than delivered: the message has succeeded.',
    ],
    [
      'late-success',
      { insteadOfStep: 2 },
      'WhatsApp had reached the person earlier than step 2 did, so it counts as the one that succeeded.',
    ],
  ])('%s %j', (code, facts, text) => {
    expect(say(code, facts)).toBe(text)
  })

  test('each code there is: one line, with a capital and a full stop, and never "unread"', () => {
    for (const code of TIMELINE_CODES) {
      const text = say(code, {
        status: 'delivered',
        detail: 'x',
        reason: 'no-address',
        wanted: 'read',
        insteadOfStep: 2,
      })
      expect(text).toMatch(/^[A-Z][^\n]+\.$/)
      expect(text).not.toMatch(/undefined|null|unread/i)
    }
  })
})
