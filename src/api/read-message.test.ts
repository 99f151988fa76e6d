import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { CONTENT_TYPES } from '../domain/content.ts'
import type { ShortFallbackPolicy } from '../domain/template-life.ts'
import { ApiError } from './errors.ts'
import { findProblem, judge } from './judge.ts'
import { SendShape } from './message-shape.ts'
import { type ReadMessage, readMessage } from './read-message.ts'
import { SequenceReader } from './read-sequence.ts'

const NOW = Date.UTC(2026, 0, 5, 9)
const BODY = { user: { msisdn: '+6590000001' }, type: 'text', content: { text: 'Hi' }, channels: [{ channel: 'SMS' }] }

function read(body: unknown, defaultSequence?: unknown, policy: ShortFallbackPolicy = 'warn'): ReadMessage {
  const sequences = new SequenceReader(ability)
  const templates = { policy, lifeMs: (name: string) => (name === 'order_update' ? 600_000 : undefined) }
  return readMessage(body, { now: NOW, subAccountId: 'default', sequences, defaultSequence, templates, carries })
}
const carries = (channel: string) => (channel === 'WhatsApp' ? (['text', 'image'] as const) : (['text'] as const))
function ability(name: string) {
  const facts = lookUpChannel(name)
  if (facts) return { name: facts.name, reports: facts.reports, connected: true }
  return name === 'Pager' ? { name, reports: ['accepted'] as const, connected: true } : undefined
}
test('a sequence that was read before is the same one for another message, and is judged anew for another subaccount', () => {
  const asked: string[] = []
  const reader = new SequenceReader((name, subAccountId) => {
    asked.push(subAccountId)
    return subAccountId === 'one' ? ability(name) : undefined
  })
  const first = reader.read('one', [{ channel: 'SMS' }], 'channels')
  expect(reader.read('one', [{ channel: 'SMS' }], 'channels')).toBe(first)
  expect(reader.read('one', [{ channel: 'WhatsApp' }], 'channels')).not.toBe(first)
  expect(() => reader.read('two', [{ channel: 'SMS' }], 'channels')).toThrow('channels[0].channel')
  expect(asked).toEqual(['one', 'one', 'two'])
})
const withUser = (user: object) => ({ ...BODY, user })
const withContent = (type: string, content: object) => ({ ...BODY, type, content, channels: [{ channel: 'WhatsApp' }] })
const withTemplate = (template: unknown) => withContent('template', { template })
const withComponent = (component: unknown) => withTemplate({ name: 'hello', language: 'en', components: [component] })
const withParameter = (parameter: unknown) => withComponent({ type: 'body', parameters: [parameter] })

describe('the person', () => {
  test.each([
    [{ msisdn: '+65 9000-0001' }, { msisdn: '+6590000001' }],
    [{ msisdn: '6590000001' }, { msisdn: '+6590000001' }],
    [
      { msisdn: '90000001', country: 'sg' },
      { msisdn: '+6590000001', country: 'SG' },
    ],
    [
      { msisdn: '030 901820', country: 'DE' },
      { msisdn: '+4930901820', country: 'DE' },
    ],
    [
      { msisdn: '+6590000001', channelUserId: 'SG.1', email: 'ann@example.com', contactId: 'c-7' },
      { msisdn: '+6590000001', channelUserId: 'SG.1', email: 'ann@example.com', contactId: 'c-7' },
    ],
  ])('%j is read as %j, without a warning', (given, expected) => {
    const { fields, warnings } = read(withUser(given))
    expect(fields.user).toEqual(expected)
    expect(warnings).toEqual([])
  })

  test('a number that looks right but does not exist is taken with a warning that does not repeat it', () => {
    for (const user of [{ msisdn: '+65000000' }, { msisdn: '00000000', country: 'SG' }]) {
      const { warnings } = read(withUser(user))
      expect(warnings).toEqual([expect.stringMatching(/^user\.msisdn: /)])
      expect(warnings[0]).not.toMatch(/\d/)
    }
  })

  test('a step whose address is missing is worth a warning as long as another can be reached', () => {
    const channels = [{ channel: 'WhatsApp' }, { channel: 'SMS' }]
    const { warnings } = read({ ...BODY, channels, user: { channelUserId: 'SG.123' } })
    expect(warnings).toEqual([expect.stringContaining('SMS usually needs user.msisdn')])
  })

  test('a contact id alone is taken, as a connection of the operator may know it', () => {
    expect(read(withUser({ contactId: 'c-7' })).fields.user).toEqual({ contactId: 'c-7' })
    expect(read({ ...BODY, user: { email: 'a@b.example' }, channels: [{ channel: 'Pager' }] }).warnings).toEqual([])
  })
})

describe('content', () => {
  const location = { latitude: 1.28, longitude: 103.85, name: 'Quay', address: '1 Quay' }
  const url = 'https://example.com/a'
  const good: Record<(typeof CONTENT_TYPES)[number], object> = {
    text: {
      text: 'Hi',
      sms: { encoding: 'AUTO', source: 'SHOP' },
      email: { subject: 'S', html: '<p>Hi', from: 'a@b.example' },
    },
    audio: { url, audio: { duration: 3 } },
    video: { url, video: { thumbnail: url, filesize: 3, duration: 4 }, text: 'caption' },
    image: { url, image: { thumbnail: url }, fallbackText: 'look' },
    location: { location },
    file: { url },
    interactive: {
      interactive: { type: 'button', header: {}, body: { text: 'Q' }, footer: {}, action: { buttons: [] } },
    },
    template: {
      template: {
        name: 'hello_1',
        language: 'en_US',
        components: [
          {
            type: 'header',
            parameters: [
              { type: 'image', url },
              { type: 'location', location },
            ],
          },
          {
            type: 'body',
            parameters: [
              { type: 'text', text: 'Ann', name: 'who' },
              { type: 'ttlMinutes', ttlMinutes: 5 },
            ],
          },
          { type: 'button', subType: 'QuickReply', index: 0, parameters: [{ type: 'payload', payload: 'yes' }] },
          { type: 'button', subType: 'copycode', index: '9', parameters: [{ type: 'couponCode', couponCode: 'X' }] },
          { type: 'carousel', cards: [{ components: [] }] },
        ],
      },
      whatsApp: { directSend: { category: 'utility', ttlSeconds: 600 } },
    },
    carousel: { carousel: { cards: [] }, suggestions: [{ reply: {} }] },
    richCard: { richCard: { title: 'T' } },
    buttons: { text: 'Hi', button: { caption: 'Open', action: url } },
  }
  test.each(Object.entries(good))('of type %s is kept with every field as it came', (type, content) => {
    const { fields, warnings } = read(withContent(type, content))
    expect(fields).toMatchObject({ type, content })
    expect(fields.content).toEqual(content)
    expect(warnings).toEqual([])
  })

  test('types and encodings are read in any case and spelling, and leave in ours', () => {
    expect(CONTENT_TYPES.map((type) => read(withContent(type.toUpperCase(), good[type])).fields.type)).toEqual([
      ...CONTENT_TYPES,
    ])
    const encodings = ['auto', 'gsm', 'GSM7', 'Unicode', 'ucs2'].map((encoding) => {
      return read(withContent('text', { text: 'Hi', sms: { encoding } })).fields.content.sms?.encoding
    })
    expect(encodings).toEqual(['AUTO', 'GSM7', 'GSM7', 'UCS2', 'UCS2'])
  })

  test('a field that is new to us is passed on with a warning; a slip is not', () => {
    const { fields, warnings } = read(withContent('text', { text: 'Hi', sticker: { id: 1 } }))
    expect(fields.content).toEqual({ text: 'Hi', sticker: { id: 1 } })
    expect(warnings).toEqual([expect.stringMatching(/^content\.sticker: /)])
    expect(codeOf(withContent('text', { text: 'Hi', fallbacktext: 'x' }))).toBe(1000)
  })

  test('is judged by what each channel will be given', () => {
    const body = (content: object) => ({
      ...BODY,
      type: 'image',
      content: { url: 'https://example.com/a.png', text: 'x'.repeat(1001), ...content },
      channels: [{ channel: 'WhatsApp' }, { channel: 'viber' }, { channel: 'sms' }],
    })
    expect(messageOf(body({}))).toBe('content.text: has 1001 characters; Viber takes at most 1000')
    expect(read(body({ fallbackText: '“A dog”' })).sms).toEqual({ encoding: 'UCS2', parts: 1 })
    expect(codeOf(body({ fallbackText: '“A dog”', sms: { encoding: 'gsm' } }))).toBe(1003)
  })
})

describe('times', () => {
  test('with any offset become moments', () => {
    const { fields } = read({ ...BODY, scheduled: '2026-01-05T18:00:00.1234567+08:00', expiry: '2026-01-06T00:00:00Z' })
    expect(fields.scheduledAt).toBe(Date.UTC(2026, 0, 5, 10, 0, 0, 123))
    expect(fields.expiresAt).toBe(Date.UTC(2026, 0, 6))
  })

  test('a schedule in the past means now, with a warning', () => {
    const { fields, warnings } = read({ ...BODY, scheduled: '2026-01-05T08:59:59Z' })
    expect(fields).not.toHaveProperty('scheduledAt')
    expect(warnings).toEqual([expect.stringMatching(/^scheduled: /)])
  })
})

test('the default sequence serves when no channels are given, and says so when it is wrong by now', () => {
  const { channels: _, ...body } = BODY
  expect(read(body, [{ channel: 'viber' }]).sequence.map(({ channel }) => channel)).toEqual(['Viber'])
  expect(() => read(body, [{ channel: 'Pigeon' }])).toThrow(/^channels \(default of the subaccount\)\[0\]\.channel: /)
})

describe('what is refused', () => {
  const text = (length: number) => 'x'.repeat(length)
  test.each<[code: number, path: string, body: unknown]>([
    [1002, 'user.msisdn', withUser({ msisdn: '12' })],
    [1002, 'user.msisdn', withUser({ msisdn: '+0590000001' })],
    [1002, 'user.msisdn', withUser({ msisdn: '+1234567890123456' })],
    [1002, 'user.msisdn', withUser({ msisdn: 'abc', country: 'SG' })],
    [1002, 'user.msisdn', withUser({ msisdn: 6590000001 })],
    [1009, 'user.country', withUser({ msisdn: '90000001', country: 'Singapore' })],
    [1009, 'user.country', withUser({ msisdn: '90000001', country: 'ZZ' })],
    [3001, 'user', { ...BODY, user: null }],
    [3001, 'user', { ...BODY, user: 'Ann' }],
    [3002, 'user', withUser({ country: 'SG' })],
    [3002, 'user.msisdn', withUser({ email: 'ann@example.com' })],
    [3015, 'user.lineUserId', { ...BODY, channels: [{ channel: 'Line' }] }],
    [1008, 'user.contactId', withUser({ contactId: 'a b' })],
    [1008, 'user.channelUserId', withUser({ channelUserId: '' })],
    [1000, 'user.email', withUser({ email: 'ann@example.com\r\nBcc: x@y.example' })],
    [1000, 'user.phone', withUser({ phone: '+6590000001' })],
    [3010, 'type', { ...BODY, type: undefined }],
    [3010, 'type', { ...BODY, type: 'poem' }],
    [3010, 'type', { ...BODY, type: 7 }],
    [3004, 'content', { ...BODY, content: undefined }],
    [3004, 'content', { ...BODY, content: 'Hi' }],
    [3004, 'content.carousel', withContent('carousel', {})],
    [3004, 'content.interactive', withContent('interactive', {})],
    [1000, 'content.interactive.type', withContent('interactive', { interactive: { type: 'dance' } })],
    [3049, 'content.interactive.action', withContent('interactive', { interactive: { type: 'list' } })],
    [3049, 'content.button', withContent('buttons', { text: 'Hi' })],
    [3005, 'content.text', withContent('text', {})],
    [3005, 'content.text', withContent('text', { text: ' \n' })],
    [1004, 'content.text', withContent('text', { text: 7 })],
    [3006, 'content.text', withContent('text', { text: text(35_001) })],
    [3017, 'content.fallbackText', withContent('text', { text: 'Hi', fallbackText: text(35_001) })],
    [3007, 'content.url', withContent('image', {})],
    [3008, 'content.url', withContent('image', { url: 'file:///etc/passwd' })],
    [3008, 'content.url', withContent('image', { url: 'https://' })],
    [3009, 'clientMessageId', { ...BODY, clientMessageId: text(51) }],
    [3011, 'content.sms.source', withContent('text', { text: 'Hi', sms: { source: text(17) } })],
    [1005, 'content.sms.source', withContent('text', { text: 'Hi', sms: { source: 'a\nb' } })],
    [1003, 'content.sms.encoding', withContent('text', { text: 'Hi', sms: { encoding: 'EBCDIC' } })],
    [1000, 'content.email.subject', withContent('text', { text: 'Hi', email: { subject: 'a\r\nBcc: x' } })],
    [3021, 'content.location', withContent('location', {})],
    [3021, 'content.location.latitude', withContent('location', { location: { latitude: 91, longitude: 0 } })],
    [3021, 'content.location.longitude', withContent('location', { location: { latitude: 0 } })],
    [
      1010,
      'content.whatsApp.directSend.ttlSeconds',
      withContent('text', { text: 'Hi', whatsApp: { directSend: { category: 'utility', ttlSeconds: 5 } } }),
    ],
    [3030, 'content.template', withTemplate(undefined)],
    [3031, 'content.template.name', withTemplate({ language: 'en' })],
    [3032, 'content.template.name', withTemplate({ name: 'a b', language: 'en' })],
    [3036, 'content.template.language', withTemplate({ name: 'a' })],
    [3037, 'content.template.language', withTemplate({ name: 'a', language: 'English!' })],
    [3039, 'content.template.components[0].type', withComponent({ type: 7 })],
    [3052, 'content.template.components[0].subType', withComponent({ type: 'button', subType: 'Jump' })],
    [3053, 'content.template.components[0].index', withComponent({ type: 'button', index: 10 })],
    [3040, 'content.template.components[0].parameters', withComponent({ type: 'body', parameters: {} })],
    [
      3033,
      'content.template.components[0].parameters',
      withComponent({ type: 'body', parameters: Array(101).fill({}) }),
    ],
    [3041, 'content.template.components[0].parameters[0]', withParameter('Ann')],
    [3042, 'content.template.components[0].parameters[0].type', withParameter({ type: 'song' })],
    [3040, 'content.template.components[0].parameters[0].text', withParameter({ type: 'text' })],
    [3043, 'content.template.components[0].parameters[0].text', withParameter({ type: 'text', text: text(32_769) })],
    [3044, 'content.template.components[0].parameters[0].location', withParameter({ type: 'location' })],
    [3046, 'content.template.components[0].parameters[0].url', withParameter({ type: 'image', url: 'x' })],
    [3049, 'content.template.components[0].parameters[0].payload', withParameter({ type: 'payload' })],
    [1011, 'scheduled', { ...BODY, scheduled: 'tomorrow' }],
    [1011, 'scheduled', { ...BODY, scheduled: '2026-02-30T00:00:00Z' }],
    [1011, 'scheduled', { ...BODY, scheduled: '2026-02-03T00:00:00' }],
    [1011, 'scheduled', { ...BODY, scheduled: '2027-02-03T00:00:00Z' }],
    [1006, 'expiry', { ...BODY, expiry: '2026-01-05T09:00:00Z' }],
    [1006, 'expiry', { ...BODY, scheduled: '2026-01-07T00:00:00Z', expiry: '2026-01-06T00:00:00Z' }],
    [3020, 'dlrCallbackUrl', { ...BODY, dlrCallbackUrl: 'javascript:alert(1)' }],
    [3029, 'context.umid', { ...BODY, context: {} }],
    [3022, 'channels[1].channel', { ...BODY, channels: [{ channel: 'SMS' }, { channel: 'Fax' }] }],
    [
      3025,
      'channels[0].successStatus',
      { ...BODY, user: { lineUserId: 'U1' }, channels: [{ channel: 'Line', successStatus: 'Delivered' }] },
    ],
    [1000, 'channels[0].onUncertain', { ...BODY, channels: [{ channel: 'SMS', onUncertain: 'pray' }] }],
  ])('%i at %s', (code, path, body) => {
    expect([codeOf(body), messageOf(body).slice(0, path.length + 2)]).toEqual([code, `${path}: `])
  })

  test('every problem of a sequence is told at once', () => {
    const body = { ...BODY, channels: [{ channel: 'Fax' }, { channel: 'SMS', fallbackAfter: 1 }] }
    expect(messageOf(body)).toMatch(/^channels\[0\]\.channel: .*; channels\[1\]\.fallbackAfter: /)
  })
})

describe('whatever comes', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('toString', 'text', 'type', 'msisdn', 'umid')), tie('value')),
    ),
  })).value
  const names = [
    'user',
    'type',
    'content',
    'channels',
    'scheduled',
    'expiry',
    'context',
    'clientMessageId',
    'dlrCallbackUrl',
  ]
  /** A good message with one thing somewhere replaced. */
  const spoilt = fc.tuple(fc.constantFrom(...names), anything).map(([name, value]) => ({ ...BODY, [name]: value }))

  test('is read or refused with a code, and never breaks the reader', () => {
    fc.assert(
      fc.property(fc.oneof(anything, spoilt), (body) => {
        try {
          read(body)
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('the walk that words a problem finds one exactly when the compiled check says no', () => {
    const check = judge(SendShape)
    fc.assert(
      fc.property(fc.oneof(anything, spoilt), (body) => {
        const problem = findProblem(SendShape, body)
        let refused: unknown
        try {
          check(body)
        } catch (error) {
          refused = error
        }
        expect((refused as Error | undefined)?.message).toBe(problem?.message)
      }),
      { numRuns: 2000 },
    )
  })
})

function refusal(body: unknown): ApiError {
  try {
    read(body)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('was not refused')
}
const codeOf = (body: unknown) => refusal(body).code
const messageOf = (body: unknown) => refusal(body).message

describe('a template that outlives its step', () => {
  const channels = [{ channel: 'WhatsApp', successStatus: 'Delivered', fallbackAfter: 60 }, { channel: 'SMS' }]
  const body = (template: object, more: object = {}) => ({
    ...BODY,
    type: 'template',
    content: { template: { name: 'order_update', language: 'en', ...template }, fallbackText: 'It is here', ...more },
    channels,
  })

  test('is told of, and how long the wait should be', () => {
    const { sequence, warnings } = read(body({}))
    expect(sequence[0]?.fallbackAfterMs).toBe(60_000)
    expect(warnings).toEqual([
      'channels[0].fallbackAfter: 60 s is not longer than the 600 s in which WhatsApp may still deliver it, so the person ' +
        'may get both; use at least 601, or give the template a shorter life',
    ])
  })

  test('is refused, or waited for, where the subaccount says so', () => {
    expect(() => read(body({}), undefined, 'refuse')).toThrow(
      expect.objectContaining({ code: 3023, message: expect.stringMatching(/^channels\[0\]\.fallbackAfter: /) }),
    )
    const { sequence, warnings } = read(body({}), undefined, 'raise')
    expect(sequence.map(({ fallbackAfterMs }) => fallbackAfterMs)).toEqual([601_000, undefined])
    expect(warnings).toEqual([expect.stringContaining('it was raised to 601')])
  })

  test('is known from the message too, which wins, and a template of which nothing is known is nobody’s concern', () => {
    expect(read(body({ ttlSeconds: 59 })).warnings).toEqual([])
    expect(read(body({ name: 'other' })).warnings).toEqual([])
    expect(read(body({ name: 'other', ttlSeconds: 60 })).warnings).toHaveLength(1)
    const direct = { whatsApp: { directSend: { category: 'utility', ttlSeconds: 600 } } }
    expect(read({ ...BODY, content: { text: 'Hi', ...direct }, channels }).warnings).toHaveLength(1)
    expect(() => read(body({ ttlSeconds: 'long' }))).toThrow('content.template.ttlSeconds')
  })
})
