import { describe, expect, test } from 'vitest'
import { readHandsetSettings } from './handset-settings.ts'
import { happen, Phones, planOf, statusOf, type TakenMessage } from './phones.ts'

function taken(overrides: Partial<TakenMessage> = {}): TakenMessage {
  const { umid = 'm1', step = 1 } = overrides
  return {
    id: 'p1',
    umid,
    step,
    attemptRef: `${umid}.${step}`,
    channel: 'WhatsApp',
    address: '+6590000001',
    type: 'text',
    text: 'Hello',
    callbackUrl: 'http://127.0.0.1:1/',
    ...overrides,
  }
}

function settings(channels: unknown) {
  const read = readHandsetSettings({ channels })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  return read.settings
}

describe('the simulated handsets', () => {
  test('one number is one handset, however it is written', () => {
    const phones = new Phones()
    phones.take(taken({ address: '+6590000001' }), 1)
    expect(phones.look('6590000001').messages).toHaveLength(1)
    expect(phones.look('+65 9000-0001').messages).toHaveLength(1)
    expect(phones.look('6590000001').address).toBe('+6590000001')
    phones.take(taken({ address: 'Ana@Example.com' }), 1)
    expect(phones.look('ana@example.com').messages).toHaveLength(1)
    phones.take(taken({ address: 'Ua1' }), 1)
    expect(phones.look('ua1').messages).toHaveLength(0)
  })

  test('a second copy of the same step stands beside the first and says so', () => {
    const phones = new Phones()
    phones.take(taken({ id: 'p1' }), 1)
    phones.take(taken({ id: 'p2', step: 2 }), 2)
    phones.take(taken({ id: 'p3' }), 3)
    expect(phones.look('+6590000001').messages.map(({ id, duplicate }) => [id, duplicate])).toEqual([
      ['p1', false],
      ['p2', false],
      ['p3', true],
    ])
    expect(phones.find('+6590000001', 'm1', 1)?.id).toBe('p3')
  })

  test('new settings are for messages that arrive after them', () => {
    const phones = new Phones()
    const before = phones.take(taken({ umid: 'm1' }), 1)
    phones.configure('+6590000001', settings({ WhatsApp: { readAfter: 9 } }))
    const after = phones.take(taken({ umid: 'm2' }), 1)
    const other = phones.take(taken({ umid: 'm3', channel: 'Viber' }), 1)
    expect([before, after, other].map((message) => message.settings.readAfterMs)).toEqual([null, 9_000, null])
  })

  test('a reset forgets settings and messages', () => {
    const forgotten: string[] = []
    const phones = new Phones((message) => forgotten.push(message.id))
    phones.configure('+6590000001', settings({ SMS: { answer: 'busy' } }))
    phones.take(taken(), 1)
    phones.reset('6590000001')
    expect(phones.settingsFor('+6590000001', 'SMS').answer).toBe('accept')
    expect(phones.look('+6590000001').messages).toEqual([])
    expect(forgotten).toEqual(['p1'])
  })

  test('a handset keeps its newest messages', () => {
    const forgotten: string[] = []
    const phones = new Phones((message) => forgotten.push(message.id), { messagesPerHandset: 2 })
    for (const id of ['p1', 'p2', 'p3']) phones.take(taken({ id, umid: id }), 1)
    expect(phones.look('+6590000001').messages.map(({ id }) => id)).toEqual(['p2', 'p3'])
    expect(forgotten).toEqual(['p1'])
  })

  test('the handsets that were used longest ago go first when there are too many', () => {
    const phones = new Phones(() => {}, { handsets: 2 })
    phones.take(taken({ address: 'a' }), 1)
    phones.take(taken({ address: 'b' }), 2)
    phones.take(taken({ address: 'a', umid: 'm2' }), 3)
    phones.take(taken({ address: 'c' }), 4)
    expect(phones.list().map(({ address }) => address)).toEqual(['a', 'c'])
  })

  test('so they do when there are too many messages in all', () => {
    const forgotten: string[] = []
    const phones = new Phones((message) => forgotten.push(message.id), { messages: 3 })
    for (const [index, address] of ['a', 'a', 'b', 'b', 'c'].entries()) {
      phones.take(taken({ id: `p${index}`, umid: `m${index}`, address }), 1)
    }
    expect(forgotten).toEqual(['p0', 'p1'])
    expect(phones.list().map(({ messages }) => messages.length)).toEqual([2, 1])
  })
})

test('the handset that is in use stays, however little room there is', () => {
  const phones = new Phones(() => {}, { messages: 1 })
  for (const umid of ['m1', 'm2']) phones.take(taken({ umid }), 1)
  expect(phones.find('+6590000001', 'm2', 1)).toBeDefined()
})

describe('what happens to a message on a handset', () => {
  const arrive = (overrides: Partial<TakenMessage> = {}) => new Phones().take(taken(overrides), 100)

  test('who reads it has got it', () => {
    const message = arrive()
    expect(happen(message, 'read', 300).map(({ status }) => status)).toEqual(['delivered', 'read'])
    expect(message).toMatchObject({ deliveredAt: 300, readAt: 300 })
    expect(statusOf(message)).toBe('read')
  })

  test('nothing happens twice', () => {
    const message = arrive()
    happen(message, 'delivered', 200)
    expect(happen(message, 'delivered', 300)).toEqual([])
    expect(message.deliveredAt).toBe(200)
    expect(happen(message, 'read', 400).map(({ status }) => status)).toEqual(['read'])
    expect(happen(message, 'read', 500)).toEqual([])
    happen(message, 'failed', 600)
    expect(happen(message, 'failed', 700)).toEqual([])
  })

  test('a channel reports no more than it can see', () => {
    const sms = arrive({ channel: 'SMS' })
    expect(happen(sms, 'read', 300).map(({ status }) => status)).toEqual(['delivered'])
    expect(statusOf(sms)).toBe('read')
    expect(happen(arrive({ channel: 'Telegram' }), 'delivered', 300)).toEqual([])
  })

  test('a failure is reported after a delivery too, and the message stays delivered', () => {
    const message = arrive()
    happen(message, 'delivered', 200)
    const [receipt] = happen(message, 'failed', 300, { code: '9', message: 'lost' })
    expect(receipt).toMatchObject({ status: 'failed', fault: { code: '9', message: 'lost' } })
    expect(statusOf(message)).toBe('delivered')
  })

  test('a message that failed can still arrive', () => {
    const message = arrive()
    happen(message, 'failed', 200)
    expect(statusOf(message)).toBe('failed')
    expect(happen(message, 'delivered', 300).map(({ status }) => status)).toEqual(['delivered'])
    expect(statusOf(message)).toBe('delivered')
  })

  test('the plan is in the order of time', () => {
    const all = settings({ WhatsApp: { fail: true, failAfter: 3, deliverAfter: 2, readAfter: 1 } }).channels.get(
      'WhatsApp',
    )
    expect(all && planOf(all).map(({ happening }) => happening)).toEqual(['sent', 'read', 'delivered', 'failed'])
  })
})
