import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SourceEvent } from '../../domain/source-event.ts'
import type { RawRequest } from '../../engine/ports/channel.ts'
import { readWebhook } from './webhook.ts'

const SECRET = 'layer-test-secret'
const NOW = Date.parse('2016-05-04T09:00:02Z')
const CREATED_AT = '2016-05-04T09:00:00.000Z'
const CONVERSATION = 'c0ffee00-0000-4000-8000-000000000001'
const MESSAGE = '7a1d3c50-11d2-4b6b-8c1a-0f1e2d3c4b5a'

function requestOf(body: unknown, version = '1.0', headers: Record<string, string> = {}): RawRequest {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    method: 'POST',
    url: '/sources/chat',
    headers: {
      'content-type': `application/vnd.layer.webhooks+json; version=${version}`,
      'layer-webhook-signature': createHmac('sha1', SECRET).update(bytes).digest('hex'),
      ...headers,
    },
    body: bytes,
  }
}
const read = (body: unknown, version?: string, now = NOW) => readWebhook(requestOf(body, version), [SECRET], now)

function eventsOf(body: unknown, version?: string): readonly SourceEvent[] {
  const result = read(body, version)
  if (result.kind !== 'events') throw new Error(`it is ${JSON.stringify(result)}`)
  expect(new Set(result.events.map(({ key }) => key)).size).toBe(result.events.length)
  expect(result.ignored).toBe(result.events.length === 0 ? 1 : 0)
  return result.events
}
const withoutKeys = (events: readonly SourceEvent[]) => events.map(({ key: _, ...event }) => event)

describe('webhooks 1.0', () => {
  const event = (type: string, actor?: string, more: object = {}) => ({
    event: {
      created_at: CREATED_AT,
      type,
      id: `of ${type} by ${actor}`,
      ...(actor && { actor: { user_id: actor } }),
      ...more,
    },
    config: { name: 'unread-fallback' },
  })
  const message = (over: object = {}) => ({
    id: `layer:///messages/${MESSAGE}`,
    conversation: { id: `layer:///conversations/${CONVERSATION}`, url: `https://api.layer.com/apps/a/conversations/c` },
    parts: [
      { id: `layer:///messages/${MESSAGE}/parts/0`, mime_type: 'text/plain', body: 'Dinner at 6?' },
      { id: `layer:///messages/${MESSAGE}/parts/1`, mime_type: 'image/png', content: { id: 'layer:///content/9' } },
    ],
    sent_at: '2016-05-04T09:00:00+00:00',
    sender: { user_id: 'alice' },
    recipient_status: { alice: 'read', bob: 'sent', carol: 'sent' },
    ...over,
  })
  const conversation = (over: object = {}) => ({
    id: `layer:///conversations/${CONVERSATION}`,
    created_at: '2016-05-01T04:44:47+00:00',
    distinct: false,
    participants: ['alice', 'bob', 'carol'],
    metadata: { title: 'Dinner' },
    ...over,
  })
  const sent = (over: object = {}) => ({ ...event('message.sent', 'alice'), message: message(over) })

  it('message.sent is for everybody but its author', () => {
    expect(withoutKeys(eventsOf(sent()))).toEqual([
      {
        type: 'sent',
        at: Date.parse(CREATED_AT),
        conversation: CONVERSATION,
        item: { id: MESSAGE, text: 'Dinner at 6?' },
        author: { id: 'alice', kind: 'person' },
        recipients: ['bob', 'carol'],
      },
    ])
  })

  it('message.sent says of those who have it already that they do', () => {
    const recipient_status = { alice: 'read', bob: 'delivered', carol: 'read', dan: 'seen-somehow' }
    const [first, ...others] = eventsOf(sent({ recipient_status }))
    expect(first).toMatchObject({ type: 'sent', recipients: ['bob', 'carol', 'dan'] })
    expect(others).toMatchObject([
      { type: 'delivered', person: 'bob', span: { ids: [MESSAGE] } },
      { type: 'read', person: 'carol', span: { ids: [MESSAGE] } },
    ])
  })

  it('message.sent of the app itself has a name and is for everybody', () => {
    const system = { sender: { name: 'Reminder', user_id: null }, recipient_status: { alice: 'sent', bob: 'sent' } }
    expect(eventsOf(sent(system))).toMatchObject([
      { author: { kind: 'system', name: 'Reminder' }, recipients: ['alice', 'bob'] },
    ])
    expect(eventsOf(sent({ ...system, sender: null }))).toMatchObject([{ author: { kind: 'system' } }])
  })

  it.each([null, {}, undefined, 'sent', ['bob']])(
    'message.sent with recipient_status %j leaves open for whom',
    (it) => {
      const [first] = eventsOf(sent({ recipient_status: it }))
      expect(first).not.toHaveProperty('recipients')
    },
  )

  it('joins all parts of text, decodes base64, and has no text for a picture', () => {
    const textOf = (parts: unknown) => (eventsOf(sent({ parts }))[0] as { item: { text?: string } }).item.text
    const base64 = Buffer.from('Café 😀').toString('base64')
    expect(
      textOf([
        { mime_type: 'text/plain; charset=utf-8', body: 'One' },
        { mime_type: 'text/plain', body: base64, encoding: 'base64' },
        { mime_type: 'application/vnd.layer.text+json; role=root', body: '{"text":"Three"}' },
        { mime_type: 'application/vnd.layer.text+json', body: '{"text":' },
        { mime_type: 'text/html', body: '<b>no</b>' },
        { mime_type: 'text/plain', content: { id: 'layer:///content/9', size: 172_114 } },
        null,
        'text/plain',
      ]),
    ).toBe('One\nCafé 😀\nThree')
    expect(textOf([{ mime_type: 'image/png', content: {} }])).toBeUndefined()
    expect(textOf(undefined)).toBeUndefined()
    expect(textOf([{ mime_type: 'text/plain', body: 'a\0b\uD800' }])).toBe('ab\uFFFD')
  })

  it.each(['read', 'delivered'])('message.%s is of the one who acted, whatever the message still shows', (status) => {
    expect(withoutKeys(eventsOf({ ...event(`message.${status}`, 'bob'), message: message() }))).toEqual([
      {
        type: status,
        at: Date.parse(CREATED_AT),
        conversation: CONVERSATION,
        person: 'bob',
        span: { ids: [MESSAGE] },
      },
    ])
  })

  it('message.delivered tells also what the message shows of the others, and never less of the one who acted', () => {
    const recipient_status = { alice: 'read', bob: 'read', carol: 'delivered', dan: 'sent' }
    expect(eventsOf({ ...event('message.delivered', 'bob'), message: message({ recipient_status }) })).toMatchObject([
      { type: 'read', person: 'bob' },
      { type: 'delivered', person: 'carol' },
    ])
  })

  it('a receipt is the same event whichever webhook tells it, and another for another person, message or rung', () => {
    const keyOf = (type: string, actor: string, over: object = {}) =>
      eventsOf({ ...event(type, actor), message: message(over) }).map(({ key }) => key)
    const [bob] = keyOf('message.read', 'bob')
    const recipient_status = { alice: 'read', bob: 'read', carol: 'sent' }
    expect(keyOf('message.read', 'carol', { recipient_status })).toContain(bob)
    expect(keyOf('message.read', 'carol')).not.toContain(bob)
    expect(keyOf('message.delivered', 'bob')).not.toContain(bob)
    expect(keyOf('message.read', 'bob', { id: 'layer:///messages/other' })).not.toContain(bob)
  })

  it('an author’s own receipt says nothing', () => {
    expect(eventsOf({ ...event('message.read', 'alice'), message: message() })).toEqual([])
  })

  it('message.deleted is for everybody', () => {
    expect(eventsOf({ ...event('message.deleted', 'alice'), message: message() })).toMatchObject([
      { type: 'deleted', conversation: CONVERSATION, ids: [MESSAGE] },
    ])
  })

  it.each([
    'conversation.created',
    'conversation.updated.participants',
    'conversation.updated.metadata',
    'conversation.participants_updated',
    'conversation.metadata_updated',
  ])('%s tells who takes part, and the metadata as flat texts', (type) => {
    const metadata = { title: 'Dinner', order: { id: '4711', place: { city: 'Łódź' } }, seats: 4, none: null, list: [] }
    expect(withoutKeys(eventsOf({ ...event(type), conversation: conversation({ metadata }) }))).toEqual([
      {
        type: 'described',
        at: Date.parse(CREATED_AT),
        conversation: CONVERSATION,
        about: {
          participants: ['alice', 'bob', 'carol'],
          metadata: { title: 'Dinner', 'order.id': '4711', 'order.place.city': 'Łódź', seats: '4' },
        },
      },
    ])
  })

  it('who takes part is not believed to be complete when one of them cannot be read', () => {
    const odd = conversation({ participants: ['alice', 7] })
    const [described] = eventsOf({ ...event('conversation.updated.participants'), conversation: odd })
    expect(described?.about).toEqual({ metadata: { title: 'Dinner' } })
  })

  it('conversation.deleted ends it', () => {
    expect(eventsOf({ ...event('conversation.deleted'), conversation: conversation() })).toMatchObject([
      { type: 'ended', conversation: CONVERSATION },
    ])
  })

  it('users with numbers, slashes and names of Object are as good as others', () => {
    const recipient_status = '{"12345":"read","999":"sent","__proto__":"sent","a/b":"sent"}'
    const body = JSON.stringify(sent({ sender: { user_id: '12345' } })).replace(
      /"recipient_status":\{[^}]*\}/,
      `"recipient_status":${recipient_status}`,
    )
    expect(body).toContain(recipient_status)
    expect(eventsOf(body)).toMatchObject([{ recipients: ['999', '__proto__', 'a/b'] }])
  })

  it('a change of participants back and forth is told each time, and each once', () => {
    const change = (id: string, at: string) => {
      const body = { ...event('conversation.updated.participants'), conversation: conversation() }
      return eventsOf({ ...body, event: { ...body.event, id, created_at: at } })[0]?.key
    }
    expect(change('d1', CREATED_AT)).toBe(change('d1', CREATED_AT))
    expect(change('d2', CREATED_AT)).not.toBe(change('d1', CREATED_AT))
    expect(change('d1', '2016-05-04T09:00:01Z')).not.toBe(change('d1', CREATED_AT))
  })

  it.each([undefined, null, '', 'yesterday', '1970-01-01T00:00:00Z', '2016-05-04T09:30:00Z', 17])(
    'created_at %j counts as now',
    (created_at) => {
      expect(eventsOf({ ...sent(), event: { ...event('message.sent').event, created_at } })).toMatchObject([
        { at: NOW },
      ])
    },
  )

  it('the time of an event is its own when it was retried for half an hour', () => {
    const result = read(sent(), '1.0', NOW + 30 * 60_000)
    expect(result).toMatchObject({ events: [{ at: Date.parse(CREATED_AT) }] })
  })
})

describe('webhooks 2.0 and 3.0', () => {
  const identity = (user: string, more: object = {}) => ({
    id: `layer:///identities/${encodeURIComponent(user)}`,
    url: `https://api.layer.com/apps/APP/identities/${user}`,
    user_id: user,
    display_name: user.toUpperCase(),
    avatar_url: null,
    ...more,
  })
  const POSITION = 177_831_018_496
  const event = (type: string, actor = 'alice') => ({
    event: { id: MESSAGE, type, created_at: CREATED_AT },
    actor: identity(actor),
  })
  const message = (over: object = {}) => ({
    id: `layer:///messages/${MESSAGE}`,
    url: `https://api.layer.com/apps/APP/conversations/${CONVERSATION}/messages/${MESSAGE}`,
    conversation: { id: `layer:///conversations/${CONVERSATION}` },
    parts: [{ id: `layer:///messages/${MESSAGE}/parts/d8150000`, mime_type: 'text/plain', body: 'hello' }],
    sent_at: CREATED_AT,
    sender: identity('alice'),
    recipient_status: { 'layer:///identities/alice': 'read', 'layer:///identities/b%2Fo%20b': 'sent' },
    position: POSITION,
    ...over,
  })
  const about = (type: string, body: object, actor?: string) => eventsOf({ ...event(type, actor), ...body }, '3.0')

  it.each(['2.0', '3.0'])(
    'Message.created of %s has a position, the author’s name, and users by their own ids',
    (v) => {
      expect(withoutKeys(eventsOf({ ...event('Message.created'), message: message() }, v))).toEqual([
        {
          type: 'sent',
          at: Date.parse(CREATED_AT),
          conversation: CONVERSATION,
          item: { id: MESSAGE, position: POSITION, text: 'hello' },
          author: { id: 'alice', kind: 'person', name: 'ALICE' },
          recipients: ['b/o b'],
          people: { alice: { name: 'ALICE' } },
        },
      ])
    },
  )

  it('Message.created of a bot says so', () => {
    const sender = identity('alice', { identity_type: 'bot' })
    expect(about('Message.created', { message: message({ sender }) })).toMatchObject([{ author: { kind: 'bot' } }])
  })

  it('Message.created is the same event as message.sent', () => {
    const old = { event: { id: 'x', type: 'message.sent', created_at: CREATED_AT }, message: message() }
    expect(eventsOf(old)[0]?.key).toBe(about('Message.created', { message: message() })[0]?.key)
  })

  it('messages and receipts of channels are passed over', () => {
    const channel = { id: 'layer:///channels/c' }
    expect(about('Message.created', { message: message({ conversation: null, channel }) })).toEqual([])
    expect(about('Message.deleted', { message: message({ conversation: undefined, channel }) })).toEqual([])
    expect(about('Receipt.created', { channel, receipt: { type: 'Read', positions: { from: 1, to: 2 } } })).toEqual([])
  })

  it('Message.updated is an edit, and tells who has it', () => {
    const read = { 'layer:///identities/alice': 'read', 'layer:///identities/bob': 'read' }
    expect(about('Message.updated', { message: message({ recipient_status: read }) })).toMatchObject([
      { type: 'edited', id: MESSAGE, text: 'hello' },
      { type: 'read', person: 'bob' },
    ])
    expect(about('Message.updated', { message: message({ parts: undefined }) })).toEqual([])
  })

  it('MessagePart.updated is an edit when the message comes with it', () => {
    const part = { id: `layer:///messages/${MESSAGE}/parts/d8150000`, mime_type: 'text/plain', body: 'hello' }
    expect(about('MessagePart.updated', { message: message(), part })).toMatchObject([
      { type: 'edited', text: 'hello' },
    ])
    expect(about('MessagePart.updated', { part })).toEqual([])
    expect(about('MessagePart.updated', { message: { id: MESSAGE }, part })).toEqual([])
  })

  it('Message.deleted is for everybody', () => {
    expect(about('Message.deleted', { message: message() })).toMatchObject([{ type: 'deleted', ids: [MESSAGE] }])
  })

  it.each([
    ['Read', 'read'],
    ['read', 'read'],
    ['Delivery', 'delivered'],
    ['DELIVERED', 'delivered'],
  ])('Receipt.created of type %s is %s, from a position to another', (word, type) => {
    const conversation = { id: `layer:///conversations/${CONVERSATION}` }
    const body = { conversation, receipt: { type: word, positions: { from: POSITION, to: POSITION + 9 } } }
    expect(withoutKeys(eventsOf({ ...event('Receipt.created', 'bob'), ...body }, '3.0'))).toEqual([
      {
        type,
        at: Date.parse(CREATED_AT),
        conversation: CONVERSATION,
        person: 'bob',
        span: { from: POSITION, to: POSITION + 9 },
      },
    ])
  })

  it('Receipt.created of other people, ranges and types are other events', () => {
    const keyOf = (actor: string, type: string, from: number, to: number) =>
      about('Receipt.created', { conversation: CONVERSATION, receipt: { type, positions: { from, to } } }, actor)[0]
        ?.key
    const keys = [keyOf('bob', 'Read', 1, 2), keyOf('carol', 'Read', 1, 2), keyOf('bob', 'Read', 1, 3)]
    expect(new Set([...keys, keyOf('bob', 'Delivery', 1, 2)]).size).toBe(4)
    expect(keyOf('bob', 'Read', 2, 1)).toBe(keys[0])
  })

  it('Receipt.created of a type that we do not know is passed over', () => {
    expect(about('Receipt.created', { conversation: CONVERSATION, receipt: { type: 'Typing' } })).toEqual([])
  })

  it('Participation.created and .deleted are people who joined and left', () => {
    const conversation = { id: `layer:///conversations/${CONVERSATION}` }
    const changes = [{ id: 'layer:///identities/carol' }, { id: 'layer:///identities/dan' }]
    expect(about('Participation.created', { conversation, changes })).toMatchObject([
      { type: 'joined', people: ['carol', 'dan'] },
    ])
    expect(about('Participation.deleted', { conversation, changes })).toMatchObject([
      { type: 'left', people: ['carol', 'dan'] },
    ])
    expect(about('Participation.deleted', { conversation, changes: [] })).toEqual([])
    const complete = { ...conversation, participants: [identity('alice')] }
    expect(about('Participation.deleted', { conversation: complete, changes })).toMatchObject([
      { type: 'left', about: { participants: ['alice'] } },
    ])
    expect(about('Participation.deleted', { conversation: complete })).toMatchObject([
      { type: 'described', about: { participants: ['alice'] } },
    ])
  })

  it('Conversation events tell what they carry', () => {
    const conversation = {
      id: `layer:///conversations/${CONVERSATION}`,
      participants: [identity('alice')],
      metadata: {},
    }
    expect(about('Conversation.created', { conversation })).toMatchObject([
      { type: 'described', about: { participants: ['alice'], metadata: {} } },
    ])
    expect(about('Conversation.updated', { conversation: { id: conversation.id } })).toEqual([])
    expect(about('Conversation.deleted', { conversation })).toMatchObject([{ type: 'ended' }])
  })

  it.each(['Channel.created', 'Membership.deleted', 'Something.new', 'constructor'])('%s is passed over', (type) => {
    expect(about(type, {})).toEqual([])
  })
})

describe('what does not belong', () => {
  const body = { event: { id: 'x', type: 'message.sent', created_at: CREATED_AT } }
  const refusal = (request: RawRequest) => readWebhook(request, [SECRET], NOW)

  it('is refused without a signature, with a wrong one, or when a byte is missing', () => {
    const request = requestOf(body)
    const { 'layer-webhook-signature': _, ...unsigned } = request.headers
    expect(refusal({ ...request, headers: unsigned })).toMatchObject({ kind: 'refused' })
    expect(refusal({ ...request, body: request.body.subarray(1) })).toMatchObject({ kind: 'refused' })
    expect(readWebhook(request, ['another'], NOW)).toMatchObject({ kind: 'refused' })
    expect(refusal({ ...request, method: 'PUT' })).toMatchObject({ kind: 'refused' })
  })

  it.each(['4.0', '0.9', '"3.1"', '10'])(
    'is unreadable in version %s, and the detail says which are read',
    (version) => {
      expect(read(body, version)).toMatchObject({
        kind: 'unreadable',
        detail: expect.stringContaining('1.0, 2.0 or 3.0'),
      })
    },
  )

  it('is read when a proxy has taken the version away', () => {
    const plain = requestOf({ event: { ...body.event, type: 'message.noticed' } }, '1.0', {
      'content-type': 'application/json',
    })
    expect(refusal(plain)).toEqual({ kind: 'events', events: [], ignored: 1 })
  })

  it.each([
    ['', 'JSON'],
    ['{"event":', 'JSON'],
    ['[]', 'JSON'],
    ['null', 'JSON'],
    ['{}', 'event.type'],
    ['{"event":{"type":7}}', 'event.type'],
    ['{"event":{"type":"message.sent"}}', 'message.id'],
    ['{"event":{"type":"message.read"},"message":[]}', 'message.id'],
    ['{"event":{"type":"message.read"},"message":{"id":"m","conversation":7}}', 'conversation.id'],
    ['{"event":{"type":"conversation.deleted"},"conversation":{}}', 'conversation.id'],
    [`{"event":{"type":"message.sent"},"message":{"id":"${'m'.repeat(300)}"}}`, 'message.id'],
    ['{"event":{"type":"message.sent"},"message":{"id":"a\\u0000b"}}', 'message.id'],
    ['{"event":{"type":"Receipt.created"}}', 'conversation.id'],
    ['{"event":{"type":"Receipt.created"},"conversation":"c"}', 'receipt.type'],
    ['{"event":{"type":"Receipt.created"},"conversation":"c","receipt":{"type":"Read"}}', 'actor.id'],
    [
      '{"event":{"type":"Receipt.created"},"actor":{"user_id":"b"},"conversation":"c","receipt":{"type":"Read","positions":{"from":"1","to":2}}}',
      'positions',
    ],
    ['{"event":{"type":"Participation.deleted"},"conversation":"c","changes":[{}]}', 'changes'],
  ])('%s is unreadable because of %s', (text, word) => {
    expect(read(text)).toMatchObject({ kind: 'unreadable', detail: expect.stringContaining(word) })
  })

  it('nests as deep as it likes', () => {
    const metadata = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const deep = `{"event":{"type":"conversation.created"},"conversation":{"id":"c","metadata":${metadata}}}`
    expect(read(deep)).toMatchObject({ kind: 'events', events: [{ about: { metadata: {} } }] })
  })

  it('has a key by its bytes where it has no id', () => {
    const keyOf = (title: string) =>
      eventsOf({ event: { type: 'conversation.created' }, conversation: { id: 'c', metadata: { title } } })[0]?.key
    expect(keyOf('a')).toBe(keyOf('a'))
    expect(keyOf('a')).not.toBe(keyOf('b'))
  })
})

describe('the question whether we are here', () => {
  const ask = (url: string) => readWebhook({ method: 'GET', url, headers: {}, body: Buffer.alloc(0) }, [SECRET], NOW)

  it('is answered with its own word and nothing else', () => {
    expect(ask('/sources/chat?verification_challenge=a%20b%2Bc%3C')).toEqual({
      kind: 'reply',
      status: 200,
      body: 'a b+c<',
      contentType: 'text/plain; charset=utf-8',
    })
  })

  it.each([
    '/sources/chat',
    '/sources/chat?verification_challenge=',
    '//',
    `/?verification_challenge=${'x'.repeat(1001)}`,
  ])('is refused as %s', (url) => {
    expect(ask(url)).toMatchObject({ kind: 'refused' })
  })
})
