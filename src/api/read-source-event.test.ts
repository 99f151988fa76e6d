import { describe, expect, test } from 'vitest'
import { ApiError } from './errors.ts'
import { readSourceEvent } from './read-source-event.ts'

const NOW = Date.parse('2026-05-05T09:00:00Z')
const SENT = { type: 'message.sent', conversation: 'c-1', id: 'm-1', text: 'Hello', author: { id: 'ben' } }
const READ = { type: 'message.read', conversation: 'c-1', person: 'ann' }

function read(raw: unknown, now = NOW) {
  return readSourceEvent(raw, now)
}

/** The message of the refusal. */
function refusal(raw: unknown, path?: string): string {
  try {
    readSourceEvent(raw, NOW, path)
  } catch (error) {
    if (error instanceof ApiError && error.code === 1000 && error.status === 400) return error.message
    throw error
  }
  return 'taken'
}

describe('what is told', () => {
  test('a message with everything', () => {
    const event = read({
      ...SENT,
      key: 'k-1',
      at: '2026-05-05T10:59:00+02:00',
      position: 7,
      author: { id: 'ben', name: 'Ben', aliases: ['ben@phone'] },
      recipients: ['ann', 'ben', 'ben@phone', 'ann', 'cy'],
      mentions: ['cy'],
      people: { ann: { email: 'ann@example.com', msisdn: '+6590000001', language: 'de', timeZone: 'Europe/Berlin' } },
      skill: 'sales',
      channel: 'web',
      metadata: { plan: 'gold' },
      participants: ['ann', 'ben', 'cy', 'ann'],
    })
    expect(event).toEqual({
      type: 'sent',
      key: 'k-1',
      at: NOW - 60_000,
      conversation: 'c-1',
      about: { skill: 'sales', channel: 'web', metadata: { plan: 'gold' }, participants: ['ann', 'ben', 'cy'] },
      item: { id: 'm-1', position: 7, text: 'Hello' },
      author: { id: 'ben', kind: 'person', name: 'Ben', aliases: ['ben@phone'] },
      recipients: ['ann', 'cy'],
      mentions: ['cy'],
      people: { ann: { email: 'ann@example.com', msisdn: '+6590000001', language: 'de', timeZone: 'Europe/Berlin' } },
    })
  })

  test.each([
    ['message.edited', { id: 'm-1', text: 'Hi' }, { type: 'edited', id: 'm-1', text: 'Hi' }],
    ['message.deleted', { ids: ['m-1', 'm-2'] }, { type: 'deleted', ids: ['m-1', 'm-2'] }],
    ['message.read', { person: 'ann', ids: ['m-1'] }, { type: 'read', person: 'ann', span: { ids: ['m-1'] } }],
    ['message.read', { person: 'ann', from: 0, to: 3 }, { type: 'read', person: 'ann', span: { from: 0, to: 3 } }],
    ['message.read', { person: 'ann', upTo: 0 }, { type: 'read', person: 'ann', span: { upTo: 0 } }],
    ['message.read', { person: 'ann', until: NOW }, { type: 'read', person: 'ann', span: { until: NOW } }],
    ['message.delivered', { person: 'ann', upTo: 9 }, { type: 'delivered', person: 'ann', span: { upTo: 9 } }],
    ['participant.joined', { person: 'ann' }, { type: 'joined', people: ['ann'] }],
    ['participant.left', { person: 'ann' }, { type: 'left', people: ['ann'] }],
    ['conversation.updated', { skill: 'vip' }, { type: 'described', about: { skill: 'vip' } }],
    ['conversation.ended', {}, { type: 'ended' }],
  ])('%s %j', (type, fields, happening) => {
    const event = { type, conversation: 'c-1', key: 'k', ...fields }
    expect(read(event)).toEqual({ key: 'k', at: NOW, conversation: 'c-1', ...happening })
  })

  test('a bot and a system need no id, and a message without text is no text', () => {
    const { author, item } = read({ ...SENT, text: ' ', author: { kind: 'system' } }) as never as Record<
      string,
      unknown
    >
    expect([author, item]).toEqual([{ kind: 'system' }, { id: 'm-1' }])
  })

  test('a long text is cut, and no character in two', () => {
    const textOf = (text: string) => (read({ ...SENT, text }) as { item?: { text?: string } }).item?.text ?? ''
    expect(textOf('x'.repeat(10_000))).toBe('x'.repeat(10_000))
    expect(textOf('x'.repeat(10_001))).toBe(`${'x'.repeat(9_999)}…`)
    const emoji = textOf(`x${'🎉'.repeat(5_000)}`)
    expect(emoji.length).toBeLessThanOrEqual(10_000)
    expect(emoji.isWellFormed()).toBe(true)
  })
})

describe('the key of an event that brings none', () => {
  const keyOf = (raw: object, now = NOW) => read(raw, now).key

  test('is the same for a repeat, however late, and of a bearable length', () => {
    const long = { ...SENT, conversation: 'c'.repeat(200), id: 'i'.repeat(200) }
    expect(keyOf(long)).toBe(keyOf({ ...long, text: 'Hi', at: NOW - 5 }, NOW + 60_000))
    expect(keyOf(long).length).toBeLessThanOrEqual(200)
    expect(keyOf({ ...READ, upTo: 3 })).toBe(keyOf({ ...READ, upTo: 3 }, NOW + 60_000))
  })

  test('differs for another conversation, message, person and span', () => {
    const keys = [
      keyOf(SENT),
      keyOf({ ...SENT, id: 'm-2' }),
      keyOf({ ...SENT, conversation: 'c-2' }),
      keyOf({ ...READ, upTo: 3 }),
      keyOf({ ...READ, upTo: 4 }),
      keyOf({ ...READ, from: 3, to: 4 }),
      keyOf({ ...READ, ids: ['3'] }),
      keyOf({ ...READ, person: 'cy', upTo: 3 }),
      keyOf({ ...READ, type: 'message.delivered', upTo: 3 }),
      keyOf({ type: 'message.deleted', conversation: 'c-1', ids: ['m-1'] }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('is that of another time for what can happen twice, unless its time is given', () => {
    const left = { type: 'participant.left', conversation: 'c-1', person: 'ann' }
    expect(keyOf(left)).not.toBe(keyOf(left, NOW + 1))
    expect(keyOf({ ...left, at: NOW })).toBe(keyOf({ ...left, at: NOW }, NOW + 1))
    const edited = { type: 'message.edited', conversation: 'c-1', id: 'm-1', text: 'a' }
    expect(keyOf({ ...edited, at: NOW })).not.toBe(keyOf({ ...edited, at: NOW, text: 'b' }))
    const [one, two] = ['events[0]', 'events[2]'].map((path) => readSourceEvent(left, NOW, path).key)
    expect(one).not.toBe(two)
  })
})

describe('what is refused', () => {
  test.each<[raw: unknown, message: string]>([
    [7, 'body: must be an event such as'],
    [[], 'body: must be an event such as'],
    [{}, 'type: is missing; give one of message.sent, message.edited, '],
    [{ type: 'message.reed' }, 'type: is not known; did you mean message.read?'],
    [{ ...SENT, conversation: undefined }, 'conversation: is missing; give an id of 1 to 200 characters, as a text'],
    [{ ...SENT, id: 17 }, 'id: must be an id of 1 to 200 characters, as a text, got a number'],
    [{ ...SENT, id: 'x'.repeat(201) }, 'id: has 201 characters; at most 200 are allowed'],
    [{ ...SENT, id: 'a\nb' }, 'id: must be an id'],
    [{ ...SENT, key: '' }, 'key: must not be empty'],
    [{ ...SENT, author: undefined }, 'author: is missing; give who wrote it, such as {"id":"ben"}'],
    [{ ...SENT, author: {} }, 'author.id: is missing; give who wrote it, or bot or system as author.kind'],
    [{ ...SENT, author: { id: 'ben', kind: 'robot' } }, 'author.kind: must be one of person, bot, system'],
    [{ ...SENT, author: { id: 'ben', nane: 'Ben' } }, 'author.nane: is not a known field; did you mean name?'],
    [{ ...SENT, recipient: ['ann'] }, 'recipient: is not a known field; did you mean recipients?'],
    [{ ...SENT, recipients: 'ann' }, 'recipients: must be a list of ids, got a text'],
    [{ ...SENT, recipients: ['ann', 7] }, 'recipients[1]: must be an id'],
    [{ ...SENT, recipients: Array(1001).fill('a') }, 'recipients: has 1001; at most 1000 are allowed'],
    [{ ...SENT, person: 'ann' }, 'person: does not go with message.sent'],
    [{ ...SENT, position: 1.5 }, 'position: must be a whole number'],
    [{ ...SENT, position: 2 ** 60 }, 'position: got'],
    [{ ...SENT, at: 'yesterday' }, 'at: must be a time with its zone such as 2030-01-31T09:00:00Z'],
    [{ ...SENT, at: NOW / 1000 }, 'at: looks like seconds; give milliseconds since 1970'],
    [{ ...SENT, at: NOW + 301_000 }, 'at: lies in the future; give when it happened'],
    [{ ...SENT, at: true }, 'at: must be a time with its zone such as'],
    [{ ...SENT, metadata: { plan: 7 } }, 'metadata.plan: must be a text, got a number'],
    [{ ...SENT, metadata: { plan: 'x'.repeat(501) } }, 'metadata.plan: has 501 characters; at most 500 are allowed'],
    [
      { ...SENT, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v'])) },
      'metadata: has 51 texts; at most 50 are allowed',
    ],
    [{ ...SENT, people: { ann: { msisdn: '0171' } } }, 'people.ann.msisdn: must be a phone number such as +6590000001'],
    [{ ...SENT, people: { ann: { email: 'ann' } } }, 'people.ann.email: must be an e-mail address'],
    [{ ...SENT, people: { ann: { timeZone: 'Mars' } } }, 'people.ann.timeZone: must be a time zone such as'],
    [{ ...READ }, 'ids: is missing; give it, or from and to, or upTo, or until'],
    [{ ...READ, ids: [] }, 'ids: must have at least 1'],
    [{ ...READ, ids: ['m-1'], upTo: 3 }, 'ids: is one thing too many; give one only'],
    [{ ...READ, from: 3 }, 'to: is missing; from and to go together'],
    [{ ...READ, from: 3, to: 2 }, 'from: got 3, which is above to (2)'],
    [{ ...READ, until: NOW + 600_000 }, 'until: lies in the future'],
  ])('%j', (raw, message) => {
    expect(refusal(raw).slice(0, message.length)).toBe(message)
  })

  test('is told all at once, with the place of the event', () => {
    expect(refusal({ type: 'message.sent', id: '', recipients: 7, txt: '' }, 'events[3]')).toBe(
      'events[3].txt: is not a known field; did you mean text?; ' +
        'events[3].conversation: is missing; give an id of 1 to 200 characters, as a text; ' +
        'events[3].id: must not be empty; ' +
        'events[3].author: is missing; give who wrote it, such as {"id":"ben"}; ' +
        'events[3].recipients: must be a list of ids, got a number',
    )
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`stray${index}`, 1]))
    expect(refusal({ ...SENT, ...many })).toMatch(/; and 20 more$/)
  })
})
