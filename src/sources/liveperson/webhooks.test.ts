import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SourceResult } from '../../engine/ports/source.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { receive, type WebhookOptions } from './webhooks.ts'

const SECRET = 'example_client_secret'
const READ =
  '{"kind":"notification","body":{"changes":[{"sequence":4,"originatorId":"con-1","originatorMetadata":{"id":"con-1","role":"CONSUMER"},"serverTimestamp":1700000123456,"event":{"type":"AcceptStatusEvent","status":"READ","sequenceList":[2,3]},"conversationId":"conv-1","dialogId":"conv-1"}]},"type":"ms.MessagingEventNotification"}'
const OPTIONS: WebhookOptions = { account: '12345678', secrets: [SECRET], callOff: 'read' }

function post(
  body: string,
  headers: Record<string, string | undefined>,
  options: Partial<WebhookOptions> = {},
): SourceResult {
  const request = {
    method: 'POST',
    url: '/sources/lp',
    body: Buffer.from(body),
    headers: { 'x-liveperson-account-id': '12345678', ...headers },
  }
  return receive(request, { ...OPTIONS, ...options }, new MovableClock(99))
}
function signed(
  body: object | string,
  options: Partial<WebhookOptions> = {},
  headers: Record<string, string | undefined> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const signature = `sha1=${createHmac('sha1', SECRET).update(text).digest('base64')}`
  return post(text, { 'x-liveperson-signature': signature, ...headers }, options)
}
const messaging = (...changes: object[]) => ({
  kind: 'notification',
  type: 'ms.MessagingEventNotification',
  body: { changes },
})
const line = (over: object = {}) => ({
  sequence: 2,
  originatorId: 'agent-1',
  originatorMetadata: { id: 'agent-1', role: 'ASSIGNED_AGENT' },
  serverTimestamp: 1_700_000_000_000,
  event: { type: 'ContentEvent', contentType: 'text/plain', message: 'Hello 👋' },
  conversationId: 'conv-1',
  dialogId: 'conv-1',
  messageAudience: 'ALL',
  ...over,
})
const consumer = { originatorId: 'con-1', originatorMetadata: { id: 'con-1', role: 'CONSUMER' } }
const change = (over: object = {}, id = 'conv-1') => ({
  kind: 'notification',
  type: 'cqm.ExConversationChangeNotification',
  body: {
    changes: [
      {
        type: 'UPSERT',
        result: {
          convId: id,
          conversationDetails: { brandId: '12345678', state: 'CLOSE', endTs: 1_700_000_500_000, ...over },
        },
      },
    ],
  },
})
const IGNORED = { kind: 'events', events: [], ignored: 1 }

describe('the signature of a webhook', () => {
  const good = { kind: 'events', ignored: 0 }

  it.each([
    'sha1=mdkdeeOxDHFFzviZLL5etlB8+MQ=',
    'sha256=q/WcS/HLbMJvqtdcnCy2CNNuz9fPADUMC2hdDsCCjEU=',
    `sha1=${Buffer.from('mdkdeeOxDHFFzviZLL5etlB8+MQ=', 'base64').toString('hex')}`,
    `SHA256=${Buffer.from('q/WcS/HLbMJvqtdcnCy2CNNuz9fPADUMC2hdDsCCjEU=', 'base64').toString('hex').toUpperCase()}`,
  ])('may be %s', (signature) => {
    expect(post(READ, { 'x-liveperson-signature': signature })).toMatchObject(good)
  })

  it.each([
    ['', 'it is not signed'],
    [undefined, 'it is not signed'],
    ['mdkdeeOxDHFFzviZLL5etlB8+MQ=', 'its signature does not match'],
    ['sha1=', 'its signature does not match'],
    ['sha1=ndkdeeOxDHFFzviZLL5etlB8+MQ=', 'its signature does not match'],
    ['sha256=mdkdeeOxDHFFzviZLL5etlB8+MQ=', 'its signature does not match'],
    ['md5=mdkdeeOxDHFFzviZLL5etlB8+MQ=', 'its signature does not match'],
    ['__proto__=x', 'its signature does not match'],
  ])('may not be %s', (signature, detail) => {
    expect(post(READ, { 'x-liveperson-signature': signature })).toEqual({ kind: 'refused', detail })
  })

  it('covers the bytes as they came', () => {
    const signature = 'sha1=mdkdeeOxDHFFzviZLL5etlB8+MQ='
    expect(post(READ.replace('[2,3]', '[2, 3]'), { 'x-liveperson-signature': signature })).toMatchObject({
      kind: 'refused',
    })
    expect(signed('{"body":{"changes":[]},"x":"\\ud83d\\udc4b 👋"}')).toEqual({
      kind: 'events',
      events: [],
      ignored: 0,
    })
  })

  it('may be by either secret while one is being changed', () => {
    expect(signed(READ, { secrets: ['the next one', SECRET] })).toMatchObject(good)
    expect(signed(READ, { secrets: ['the next one'] })).toMatchObject({ kind: 'refused' })
  })

  it('cannot be checked without a secret, so nothing is taken', () => {
    expect(signed(READ, { secrets: [] })).toEqual({
      kind: 'refused',
      detail: 'this source takes no webhooks: it has no webhookSecret',
    })
  })

  it('does not help a webhook of another account', () => {
    expect(signed(READ, {}, { 'x-liveperson-account-id': '87654321' })).toEqual({
      kind: 'refused',
      detail: 'it is from another account',
    })
    expect(signed(READ, {}, { 'x-liveperson-account-id': undefined })).toMatchObject(good)
  })
})

describe('a webhook', () => {
  const events = (result: SourceResult) => (result.kind === 'events' ? result.events : [])

  it('tells of an agent’s line, and leaves to the poll whom it is for', () => {
    expect(events(signed(messaging(line())))).toEqual([
      {
        key: 'hook:conv-1:2',
        at: 1_700_000_000_000,
        conversation: 'conv-1',
        type: 'sent',
        item: { id: 'conv-1:2', position: 2, text: 'Hello 👋' },
        author: { id: 'agent-1', kind: 'person' },
      },
    ])
  })

  it('tells of a consumer’s line as one for nobody, and of an automatic one as the system’s', () => {
    expect(events(signed(messaging(line(consumer))))[0]).toMatchObject({
      author: { id: 'con-1', kind: 'person' },
      recipients: [],
    })
    const automatic = line({ originatorMetadata: { id: 'ctrl', role: 'controller' } })
    expect(events(signed(messaging(automatic)))[0]).toMatchObject({ author: { id: 'ctrl', kind: 'system' } })
  })

  it('tells of reading up to the furthest line that it names', () => {
    expect(events(signed(READ))).toEqual([
      {
        key: 'hook:conv-1:4',
        at: 1_700_000_123_456,
        conversation: 'conv-1',
        type: 'read',
        person: 'con-1',
        span: { upTo: 3 },
      },
    ])
    expect(signed(READ, { callOff: 'reply' })).toEqual(IGNORED)
  })

  it('tells of a conversation’s end', () => {
    expect(events(signed(change()))).toEqual([
      { key: 'ended:conv-1:1700000500000', at: 1_700_000_500_000, conversation: 'conv-1', type: 'ended' },
    ])
    expect(events(signed(change({ endTs: -1 })))[0]).toMatchObject({ at: 99 })
  })

  it('takes the dialog for the conversation where older ones name it alone, and does without time and audience', () => {
    const old = line({ conversationId: undefined, messageAudience: undefined, serverTimestamp: undefined })
    expect(events(signed(messaging(old)))[0]).toMatchObject({ conversation: 'conv-1', at: 99 })
  })

  it.each([
    ['a private note', messaging(line({ messageAudience: 'AGENTS_AND_MANAGERS' }))],
    ['a survey', messaging(line({ dialogId: 'survey-1' }))],
    ['a role that is not known', messaging(line({ originatorMetadata: { id: 'x', role: 'READER' } }))],
    ['no role', messaging(line({ originatorMetadata: undefined }))],
    ['a role out of the language', messaging(line({ originatorMetadata: { id: 'x', role: 'CONSTRUCTOR' } }))],
    [
      'typing',
      messaging({
        originatorId: 'con-1',
        event: { type: 'ChatStateEvent', chatState: 'COMPOSING' },
        dialogId: 'conv-1',
      }),
    ],
    [
      'an agent’s reading',
      messaging(line({ event: { type: 'AcceptStatusEvent', status: 'READ', sequenceList: [1] } })),
    ],
    [
      'arrival',
      messaging(line({ ...consumer, event: { type: 'AcceptStatusEvent', status: 'ACCEPT', sequenceList: [1] } })),
    ],
    ['an open conversation', change({ state: 'OPEN' })],
    ['a conversation of another brand', change({ brandId: '1' })],
    ['another kind of notification', { type: 'x', body: { changes: [{}] } }],
  ])('is passed over when it tells of %s', (_, body) => {
    expect(signed(body)).toEqual(IGNORED)
  })

  it.each([
    ['not JSON', '{"kind":'],
    ['null', 'null'],
    ['no changes', '{"body":{}}'],
    ['no place', JSON.stringify(messaging(line({ dialogId: undefined, conversationId: {} })))],
    ['no number', JSON.stringify(messaging(line({ sequence: 'x' })))],
    [
      'no lines that were read',
      JSON.stringify(
        messaging(line({ ...consumer, event: { type: 'AcceptStatusEvent', status: 'READ', sequenceList: 'x' } })),
      ),
    ],
    ['no event', JSON.stringify(messaging({ dialogId: 'conv-1', event: [] }))],
    ['a conversation without an id', JSON.stringify(change({}, ''))],
    ['changes that are none', '{"type":"ms.MessagingEventNotification","body":{"changes":[{},{}]}}'],
  ])('is unreadable with %s', (_, body) => {
    expect(signed(body)).toMatchObject({ kind: 'unreadable' })
  })

  it('with several changes loses none to a bad one', () => {
    const result = signed(messaging(line({ sequence: 'x' }), line(), line({ ...consumer, sequence: 3 })))
    expect(result).toMatchObject({ kind: 'events', ignored: 1 })
    expect(events(result).map(({ key }) => key)).toEqual(['hook:conv-1:2', 'hook:conv-1:3'])
  })
})
