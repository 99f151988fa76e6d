import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, readHandsetSettings } from './handset-settings.ts'

function channel(settings: unknown, name = 'Viber') {
  const read = readHandsetSettings({ channels: { [name]: settings } })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  return read.settings.channels.get(name)
}

function problems(body: unknown): string[] {
  const read = readHandsetSettings(body)
  return 'problems' in read ? read.problems : []
}

describe('the settings of a handset', () => {
  test('seconds become milliseconds and null means never', () => {
    expect(channel({ deliverAfter: 0.2, readAfter: null })).toMatchObject({ deliverAfterMs: 200, readAfterMs: null })
    expect(channel({ deliverAfter: null, readAfter: 5 })).toMatchObject({ deliverAfterMs: null, readAfterMs: 5_000 })
  })

  test('what is not said is delivered after 0.3 s and never read', () => {
    expect(channel({})).toEqual(DEFAULT_SETTINGS)
    expect(DEFAULT_SETTINGS).toMatchObject({ deliverAfterMs: 300, readAfterMs: null, answer: 'accept' })
  })

  test.each(['whatsapp', 'WHATSAPP', 'Whats App', 'whats-app'])('%s is WhatsApp', (spelling) => {
    const read = readHandsetSettings({ channels: { [spelling]: { readAfter: 1 } } })
    expect(read).toMatchObject({ settings: { asWritten: { WhatsApp: { readAfter: 1 } } } })
  })

  test('a refusal and a failure may be true, a text, or a code with a text', () => {
    expect(channel({ reject: 'not on Viber' })?.reject).toEqual({ message: 'not on Viber' })
    expect(channel({ reject: { code: '5', message: 'blocked' } })?.reject).toEqual({ code: '5', message: 'blocked' })
    expect(channel({ reject: true })?.reject?.message).toMatch(/rejected/)
    expect(channel({ fail: { code: '131026' } })?.fail).toMatchObject({ code: '131026', afterMs: 300 })
  })

  test('what fails is not delivered by itself, unless that is asked for as well', () => {
    expect(channel({ fail: true, failAfter: 2 })).toMatchObject({ deliverAfterMs: null, fail: { afterMs: 2_000 } })
    expect(channel({ fail: true, failAfter: 2, deliverAfter: 1 })).toMatchObject({ deliverAfterMs: 1_000 })
  })

  test('callbacks keep what is not said', () => {
    expect(channel({ callbacks: { repeat: 2, order: 'reversed' } })?.callbacks).toEqual({
      order: 'reversed',
      repeat: 2,
      delayMs: 0,
      drop: false,
      early: false,
    })
  })

  test.each([
    [[], /^body: must be an object/],
    [undefined, /^body: must be an object/],
    [{ chanels: {} }, /^chanels: no such setting; use channels$/],
    [{ channels: [] }, /^channels: must be an object/],
    [{ channels: { Pigeon: {} } }, /^channels\.Pigeon: no such channel; use one of SMS, WhatsApp/],
    [{ channels: { SMS: 'no' } }, /^channels\.SMS: must be an object/],
    [{ channels: { SMS: {}, sms: {} } }, /^channels\.sms: SMS is already there in another spelling/],
    [
      { channels: { SMS: { deliverAfter: '2' } } },
      /^channels\.SMS\.deliverAfter: must be seconds from 0 to \d+, or null/,
    ],
    [{ channels: { SMS: { readAfter: -1 } } }, /^channels\.SMS\.readAfter: must be seconds/],
    [{ channels: { SMS: { deliverAfter: 1e9 } } }, /^channels\.SMS\.deliverAfter: must be seconds/],
    [{ channels: { SMS: { failAfter: 2 } } }, /^channels\.SMS\.failAfter: needs fail/],
    [{ channels: { SMS: { fail: 5 } } }, /^channels\.SMS\.fail: must be true, a text/],
    [
      { channels: { SMS: { reject: { reason: 'x' } } } },
      /^channels\.SMS\.reject: has no field reason; use code and message/,
    ],
    [{ channels: { SMS: { answer: 'maybe' } } }, /^channels\.SMS\.answer: must be one of accept, busy, error, cut/],
    [{ channels: { SMS: { delivrAfter: 2 } } }, /^channels\.SMS\.delivrAfter: no such setting; use reject, fail/],
    [{ channels: { SMS: { callbacks: 'twice' } } }, /^channels\.SMS\.callbacks: must be an object/],
    [{ channels: { SMS: { callbacks: { repeat: 0 } } } }, /^channels\.SMS\.callbacks\.repeat: must be a whole number/],
    [{ channels: { SMS: { callbacks: { drop: 'yes' } } } }, /^channels\.SMS\.callbacks\.drop: must be true or false/],
    [{ channels: { SMS: { callbacks: { order: 'random' } } } }, /^channels\.SMS\.callbacks\.order: must be one of/],
    [
      { channels: { SMS: { callbacks: { early: true, delay: 1 } } } },
      /^channels\.SMS\.callbacks\.early: cannot go with/,
    ],
    [{ channels: { SMS: { callbacks: { late: 1 } } } }, /^channels\.SMS\.callbacks\.late: no such setting/],
  ])('%j is refused with its path and what would be right', (body, words) => {
    const found = problems(body)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(words)
  })

  test('everything that is wrong is said at once', () => {
    expect(problems({ channels: { SMS: { answer: 1, readAfter: 'x' }, Pigeon: {} } })).toHaveLength(3)
  })
})
