import { describe, expect, it } from 'vitest'
import {
  bodyOf,
  customerEnd,
  EVENT_FORMS,
  type EventForm,
  type GenesysEvent,
  undeliveredMessages,
} from '../../../test/fakes/genesys-events.ts'
import type { RawRequest } from '../../engine/ports/channel.ts'
import type { SourceResult } from '../../engine/ports/source.ts'
import { type HookOptions, readHook } from './hook.ts'

const NOW = Date.parse('2024-05-02T09:20:01Z')
const TOKEN = 'a-token-of-sixteen'
const CONVERSATION = '2f7bf00a-0fc2-4d6a-9b56-92238191433e'
const SESSION = 'c03d300e-fa79-4353-9695-b97a71322785'
const CONTACT = '12456349-b5c7-4d8f-9eb4-f4df18bce9a9'
const DEPLOYMENT = '0a1b2c3d-0000-4000-8000-000000000003'
const OPTIONS: HookOptions = { tokens: [TOKEN], waitMs: 60_000 }

function requestOf(body: unknown, headers: RawRequest['headers'] = { authorization: `Bearer ${TOKEN}` }): RawRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method: 'POST', url: '/sources/chat', headers, body: Buffer.from(text) }
}

function read(event: GenesysEvent, form: EventForm, options: Partial<HookOptions> = {}, serial = 1): SourceResult {
  return readHook(requestOf(bodyOf(event, form, serial)), { ...OPTIONS, ...options }, NOW)
}

function eventsOf(result: SourceResult) {
  if (result.kind !== 'events') throw new Error(`${result.kind}: ${JSON.stringify(result)}`)
  return result.events
}

describe('the end of a customer’s session', () => {
  it.each(EVENT_FORMS)('is one thing that may be unread, in the form %s', (form) => {
    const result = read(customerEnd(), form)
    expect(result).toMatchObject({ kind: 'events', ignored: 0 })
    expect(eventsOf(result)).toEqual([
      {
        type: 'sent',
        key: `customer.end:${CONVERSATION}:${SESSION}`,
        at: Date.parse('2024-05-02T09:20:00Z'),
        conversation: CONVERSATION,
        about: { channel: 'webmessaging', metadata: { disconnectType: 'PEER' } },
        item: { id: `end:${SESSION}`, position: Date.parse('2024-05-02T09:20:00Z'), tentative: true },
        author: { kind: 'person' },
        recipients: ['customer'],
        people: { customer: { contactId: CONTACT } },
        waitMs: 60_000,
      },
    ])
  })

  it('that comes twice, by whatever way, is the same event', () => {
    const keys = EVENT_FORMS.flatMap((form, index) =>
      eventsOf(read(customerEnd(), form, {}, index)).map(({ key }) => key),
    )
    expect(new Set(keys).size).toBe(1)
    const other = eventsOf(read(customerEnd({ sessionId: 'another' }), 'json'))
    expect(other[0]?.key).not.toBe(keys[0])
  })

  it('needs no more than a conversation', () => {
    const [event] = eventsOf(readHook(requestOf({ conversationId: CONVERSATION }), OPTIONS, NOW))
    expect(event).toMatchObject({ at: NOW, item: { id: `end:${CONVERSATION}` }, key: `customer.end:${CONVERSATION}:` })
    expect(event).not.toHaveProperty('people')
  })

  it('takes the contact from the conversation’s contacts where the event names none of its own', () => {
    const [event] = eventsOf(read(customerEnd({ externalContactId: undefined }), 'json'))
    expect(event).toMatchObject({ people: { customer: { contactId: CONTACT } } })
    const none = customerEnd({ externalContactId: undefined, conversationExternalContactIds: [] })
    expect(eventsOf(read(none, 'json'))[0]).not.toHaveProperty('people')
  })

  it.each([{ messageType: 'SMS' }, { messageType: 'whatsapp' }, { mediaType: 'VOICE', messageType: undefined }])(
    'of another kind is ignored: %j',
    (over) => {
      for (const form of EVENT_FORMS) {
        expect(read(customerEnd(over), form)).toEqual({ kind: 'events', events: [], ignored: 1 })
      }
    },
  )

  it('counts whatever case the type is written in', () => {
    expect(eventsOf(read(customerEnd({ messageType: 'webmessaging' }), 'json'))).toHaveLength(1)
  })

  it('is ignored where a few deployments are watched, unless it names one of them', () => {
    const watched = { deployments: [DEPLOYMENT] }
    expect(read(customerEnd(), 'json', watched)).toMatchObject({ events: [], ignored: 1 })
    expect(eventsOf(read(customerEnd({ addressTo: DEPLOYMENT }), 'json', watched))[0]?.about?.metadata).toMatchObject({
      deploymentId: DEPLOYMENT,
    })
  })
})

describe('undelivered messages', () => {
  const three = undeliveredMessages({
    messages: [
      { id: 'm-3', eventTimeMs: 1_714_641_300_000 },
      { id: 'm-4', eventTimeMs: 1_714_641_310_000 },
      { id: 'm-3', eventTimeMs: 1_714_641_300_000 },
      { id: 'm-5' },
    ],
  })

  it.each(['json', 'envelope', 'event-bridge'] as const)('are one thing each, in the form %s', (form) => {
    const events = eventsOf(read(three, form))
    expect(events).toMatchObject([
      { item: { id: 'm-3', position: 1_714_641_300_000 }, at: 1_714_641_300_000, conversation: CONVERSATION },
      { item: { id: 'm-4', position: 1_714_641_310_000 }, at: 1_714_641_310_000, recipients: ['customer'] },
      { item: { id: 'm-5' }, at: Date.parse('2024-05-02T09:15:30Z'), people: { customer: { contactId: CONTACT } } },
    ])
    expect(events[0]?.about).toEqual({ channel: 'webmessaging', metadata: { deploymentId: DEPLOYMENT } })
    expect(new Set(events.map(({ key }) => key)).size).toBe(3)
  })

  it.each(['primitives', 'quoted'] as const)('that are not named are one thing, in the form %s', (form) => {
    const at = Date.parse('2024-05-02T09:15:30Z')
    expect(eventsOf(read(three, form))).toMatchObject([
      { item: { id: `undelivered:d1e2f3a4-0000-4000-8000-000000000002:${at}` }, at },
    ])
  })

  it('of a deployment that is not watched are ignored', () => {
    const watched = { deployments: ['another'] }
    for (const form of EVENT_FORMS) expect(read(three, form, watched)).toMatchObject({ events: [], ignored: 1 })
    expect(eventsOf(read(three, 'json', { deployments: [DEPLOYMENT] }))).toHaveLength(3)
  })

  it('have their deployment in the topic, if not in the body', () => {
    const envelope = bodyOf(three, 'envelope')
    const body = { ...envelope, eventBody: { ...three.body, deploymentId: undefined } }
    const options = { ...OPTIONS, deployments: [DEPLOYMENT] }
    expect(eventsOf(readHook(requestOf(body), options, NOW))).toHaveLength(3)
  })

  it('without a single id cannot be read', () => {
    const result = read(undeliveredMessages({ messages: [{ id: 7 }] }), 'json')
    expect(result).toMatchObject({ kind: 'unreadable', detail: expect.stringMatching(/^messages: /) })
  })
})

describe('a request', () => {
  it.each([
    {},
    { authorization: 'Bearer another-token-of-16' },
    { authorization: TOKEN },
    { authorization: `Basic ${TOKEN}` },
    { authorization: `Bearer ${TOKEN}x` },
    { 'x-untilread-token': '' },
    { 'x-untilread-token': TOKEN.slice(1) },
  ])('with %j is refused, whatever is in it', (headers) => {
    for (const body of [customerEnd().body, 'not JSON']) {
      expect(readHook(requestOf(body, headers), OPTIONS, NOW)).toMatchObject({ kind: 'refused' })
    }
  })

  it.each([{ authorization: `bearer  ${TOKEN}` }, { 'x-untilread-token': TOKEN }])('with %j is let in', (headers) => {
    expect(eventsOf(readHook(requestOf(customerEnd().body, headers), OPTIONS, NOW))).toHaveLength(1)
  })

  it('is let in by either of two tokens while they are being changed', () => {
    const tokens = ['the-new-token-0123', TOKEN]
    for (const token of tokens) {
      const request = requestOf(customerEnd().body, { 'x-untilread-token': token })
      expect(readHook(request, { ...OPTIONS, tokens }, NOW).kind).toBe('events')
    }
  })

  it.each([
    ['', /not JSON/],
    ['{"conversationId":', /not JSON/],
    ['<html>', /not JSON/],
    ['null', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['7', /not a JSON object/],
    [{}, /^conversationId: missing/],
    [{ conversationId: 7 }, /^conversationId: missing/],
    [{ ...bodyOf(customerEnd(), 'envelope'), eventBody: undefined }, /^conversationId: missing/],
    [{ ...bodyOf(customerEnd(), 'envelope'), eventBody: 'x' }, /^eventBody: /],
    [{ ...bodyOf(undeliveredMessages(), 'envelope'), eventBody: {} }, /^conversationId: missing/],
    [{ ...bodyOf(customerEnd(), 'event-bridge'), detail: 'x' }, /^conversationId: missing/],
  ])('of %j cannot be read', (body, words) => {
    expect(readHook(requestOf(body), OPTIONS, NOW)).toMatchObject({
      kind: 'unreadable',
      detail: expect.stringMatching(words),
    })
  })

  it.each([
    'v2.detail.events.conversation.x.user.end',
    'v2.detail.events.conversation.x.customer.start',
    'channel.metadata',
    'xv2.detail.events.conversation.x.customer.end',
  ])('about %s is ignored', (topicName) => {
    const body = { topicName, eventBody: { message: 'WebSocket Heartbeat' } }
    expect(readHook(requestOf(body), OPTIONS, NOW)).toEqual({ kind: 'events', events: [], ignored: 1 })
  })

  it('with ids of any length makes keys that can be kept', () => {
    const long = 'x'.repeat(100)
    const [event] = eventsOf(read(undeliveredMessages({ conversationId: long, messages: [{ id: long }] }), 'json'))
    expect(event?.key).toMatch(/^[0-9a-f]{64}$/)
  })
})
