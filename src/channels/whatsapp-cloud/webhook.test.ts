import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  errorItem,
  signedWebhook,
  statusItem,
  WHATSAPP_APP_SECRET,
  WHATSAPP_NUMBER_ID,
  WHATSAPP_VERIFY_TOKEN,
  webhookBody,
} from '../../../test/fakes/whatsapp-cloud.ts'
import type { CallbackResult, Told } from '../../engine/ports/channel.ts'
import { readWebhook, type WebhookSettings } from './webhook.ts'

const REF = '0199c0de-0000-7000-8000-000000000001.1'
const WAMID = 'wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA='
const OTHER = 'wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRgA='
const PERSON = '+6591234567'
const AT = 1_772_366_398_000
const SETTINGS: WebhookSettings = {
  appSecrets: [WHATSAPP_APP_SECRET],
  verifyToken: WHATSAPP_VERIFY_TOKEN,
  phoneNumberId: WHATSAPP_NUMBER_ID,
  heedsMarketingStop: true,
}

function receive(body: unknown, settings: Partial<WebhookSettings> = {}, secret?: string): CallbackResult {
  const request = { method: 'POST', url: '/callbacks/whatsapp', ...signedWebhook(body, secret) }
  return readWebhook(request, { ...SETTINGS, ...settings })
}

function toldBy(value: Record<string, unknown>, settings?: Partial<WebhookSettings>): Told {
  const result = receive(webhookBody(value), settings)
  if (result.kind !== 'receipts') throw new Error(`got ${result.kind}`)
  const { kind: _, ...told } = result
  return told
}

const stop = (address: string) => ({ kind: 'suppress', channel: 'WhatsApp', address, reason: 'opted-out' })
const lift = (address: string) => ({ kind: 'lift', channel: 'WhatsApp', address })
const read = (providerRef: string, native = 'reply') => ({
  providerRef,
  report: { status: 'read', native, providerAt: AT },
})

describe('the signature', () => {
  const body = webhookBody({ statuses: [statusItem(WAMID, 'sent')], contacts: [{ profile: { name: 'Zoë 😀' } }] })

  it('covers the bytes as they came, escapes and all', () => {
    expect(receive(body).kind).toBe('receipts')
    const { headers } = signedWebhook(body)
    const rewritten = { method: 'POST', url: '/', headers, body: Buffer.from(JSON.stringify(body)) }
    expect(readWebhook(rewritten, SETTINGS).kind).toBe('refused')
  })

  it('is that of RFC 4231’s key and data', () => {
    const headers = {
      'x-hub-signature-256': 'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    }
    const request = { method: 'POST', url: '/', headers, body: Buffer.from('what do ya want for nothing?') }
    expect(readWebhook(request, { ...SETTINGS, appSecrets: ['Jefe'] }).kind).toBe('unreadable')
    expect(readWebhook(request, SETTINGS).kind).toBe('refused')
  })

  it('may be made with the old secret or the new one', () => {
    expect(receive(body, { appSecrets: ['new', WHATSAPP_APP_SECRET] }).kind).toBe('receipts')
    expect(receive(body, { appSecrets: [WHATSAPP_APP_SECRET, 'new'] }).kind).toBe('receipts')
    expect(receive(body, { appSecrets: ['new'] }).kind).toBe('refused')
    expect(receive(body, { appSecrets: [] }, '').kind).toBe('refused')
  })

  it.each([undefined, '', 'sha256=', 'sha1=abc', 'abc'])('is not %j', (signature) => {
    const { body: bytes } = signedWebhook(body)
    const request = { method: 'POST', url: '/', headers: { 'x-hub-signature-256': signature }, body: bytes }
    expect(readWebhook(request, SETTINGS).kind).toBe('refused')
  })
})

describe('the question when the webhook is set up', () => {
  const ask = (query: string, settings: Partial<WebhookSettings> = {}) =>
    readWebhook(
      { method: 'GET', url: `/callbacks/whatsapp?${query}`, headers: {}, body: Buffer.alloc(0) },
      {
        ...SETTINGS,
        ...settings,
      },
    )
  const question = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${WHATSAPP_VERIFY_TOKEN}`

  it('is answered with its challenge', () => {
    expect(ask(question)).toEqual({ kind: 'reply', status: 200, body: '1158201444', contentType: 'text/plain' })
  })

  it.each([
    ['', {}],
    [question.replace('our-own-word', 'a-guess'), {}],
    [question.replace('subscribe', 'unsubscribe'), {}],
    ['hub.mode=subscribe&hub.verify_token=our-own-word', {}],
    [question, { verifyToken: undefined }],
  ])('is refused as %j', (query, settings) => {
    const result = ask(query, settings)
    expect(result.kind).toBe('refused')
    expect(JSON.stringify(result)).not.toContain(WHATSAPP_VERIFY_TOKEN)
  })
})

describe('a status', () => {
  it.each([
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
    ['played', 'read'],
  ])('%s is %s, with the time that Meta gives', (native, status) => {
    expect(toldBy({ statuses: [statusItem(WAMID, native)] })).toEqual({
      receipts: [{ providerRef: WAMID, report: { status, native, providerAt: AT } }],
      ignored: 0,
    })
  })

  it('names its attempt by our own reference where that came back', () => {
    const ours = statusItem(WAMID, 'sent', { biz_opaque_callback_data: REF })
    expect(toldBy({ statuses: [ours] }).receipts).toMatchObject([{ attemptRef: REF }])
    for (const theirs of ['campaign 7', '', 7, null, { a: 1 }]) {
      const item = statusItem(WAMID, 'sent', { biz_opaque_callback_data: theirs })
      expect(toldBy({ statuses: [item] }).receipts).toMatchObject([{ providerRef: WAMID }])
    }
  })

  it('needs neither a recipient nor a price', () => {
    const bare = { id: WAMID, status: 'delivered', timestamp: '1772366398' }
    expect(toldBy({ statuses: [bare] }).receipts).toHaveLength(1)
    const timeless = { id: WAMID, status: 'delivered', timestamp: 'soon' }
    expect(toldBy({ statuses: [timeless] }).receipts).toEqual([
      { providerRef: WAMID, report: { status: 'delivered', native: 'delivered' } },
    ])
  })

  it.each([
    [131026, 'WhatsApp cannot deliver: no such account, an old app, or terms that were not accepted'],
    [131047, 'the person has not written for 24 hours: only a template may go'],
    [131049, 'Meta held the template back: the person has had enough marketing for now'],
    [130472, 'the person is in an experiment of Meta’s and gets no marketing'],
    [131999, expect.stringContaining('error 131999, see https://')],
  ])('failed with %i says why in our words', (code, message) => {
    const told = toldBy({ statuses: [statusItem(WAMID, 'failed', { errors: [errorItem(code)] })] })
    expect(told).toEqual({
      receipts: [
        {
          providerRef: WAMID,
          report: { status: 'failed', native: 'failed', providerAt: AT, error: { code: String(code), message } },
        },
      ],
      ignored: 0,
    })
  })

  it.each([undefined, [], 'no', [null], [{ code: '131026' }]])(
    'failed with the errors %j says that nobody knows why',
    (errors) => {
      const [receipt] = toldBy({ statuses: [statusItem(WAMID, 'failed', { errors })] }).receipts
      expect(receipt?.report.error).toEqual({ message: 'failed, and Meta does not say why' })
    },
  )

  it('failed because marketing was stopped suppresses the person, unless that is not to be heeded', () => {
    const item = statusItem(WAMID, 'failed', { errors: [errorItem(131050)], recipient_user_id: 'SG.123' })
    expect(toldBy({ statuses: [item] }).heard).toEqual([stop(PERSON), stop('SG.123')])
    expect(toldBy({ statuses: [item] }, { heedsMarketingStop: false })).not.toHaveProperty('heard')
  })

  it.each([
    statusItem(WAMID, 'levitated'),
    statusItem(WAMID, 'toString'),
    statusItem(WAMID, 'Delivered'),
    { status: 'sent' },
    { id: 7, status: 'sent' },
    { id: WAMID, status: ['sent'] },
    { id: 'w'.repeat(300), status: 'sent' },
    'sent',
    null,
    [],
    7,
  ])('that is %j is ignored', (item) => {
    expect(toldBy({ statuses: [item] })).toEqual({ receipts: [], ignored: 1 })
  })
})

describe('a whole webhook', () => {
  it('may hold many entries, changes and items', () => {
    const body = webhookBody(
      { statuses: [statusItem(WAMID, 'sent'), 'poison', statusItem(WAMID, 'delivered')] },
      { statuses: [statusItem(OTHER, 'read')], errors: [errorItem(131005)] },
    )
    Object.assign(body, { entry: [...(body.entry as unknown[]), null, { changes: 'x' }, { changes: [null, {}] }] })
    const result = receive(body)
    expect(result).toMatchObject({ kind: 'receipts', ignored: 4 })
    expect(result.kind === 'receipts' && result.receipts.map(({ report }) => report.native)).toEqual([
      'sent',
      'delivered',
      'read',
    ])
  })

  it('about another number of the business is not ours', () => {
    const metadata = { phone_number_id: '999' }
    const statuses = [statusItem(WAMID, 'sent'), statusItem(OTHER, 'sent')]
    expect(toldBy({ metadata, statuses })).toEqual({ receipts: [], ignored: 2 })
    expect(toldBy({ metadata: undefined, statuses }).receipts).toHaveLength(2)
  })

  it('about something else is ignored', () => {
    expect(toldBy({ message_echoes: [{}] })).toEqual({ receipts: [], ignored: 1 })
    expect(toldBy({ statuses: {}, messages: 'x' })).toEqual({ receipts: [], ignored: 1 })
  })

  it('may be empty', () => {
    expect(receive({ object: 'whatsapp_business_account', entry: [] })).toEqual({
      kind: 'receipts',
      receipts: [],
      ignored: 0,
    })
  })

  it.each(['', 'null', '[]', '7', '{', '{}', '{"object":"page","entry":[]}', '{"object":"whatsapp_business_account"}'])(
    'that reads %j is unreadable',
    (text) => {
      expect(receive(text).kind).toBe('unreadable')
    },
  )

  it('that is no UTF-8 is unreadable', () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe])
    const signature = createHmac('sha256', WHATSAPP_APP_SECRET).update(body).digest('hex')
    const headers = { 'x-hub-signature-256': `sha256=${signature}` }
    expect(readWebhook({ method: 'POST', url: '/', headers, body }, SETTINGS).kind).toBe('unreadable')
  })
})

const written = (more: Record<string, unknown>) => ({
  from: '6591234567',
  id: OTHER,
  timestamp: '1772366398',
  ...more,
})
const text = (body: string, more: Record<string, unknown> = {}) => written({ type: 'text', text: { body }, ...more })
const reply = (more: Record<string, unknown> = {}) => ({
  kind: 'reply',
  channel: 'WhatsApp',
  address: PERSON,
  id: OTHER,
  at: AT,
  ...more,
})

describe('what people write', () => {
  it('is heard from their number', () => {
    expect(toldBy({ messages: [text('See you')] })).toEqual({
      receipts: [],
      heard: [reply({ text: 'See you' })],
      ignored: 0,
    })
  })

  it('in answer to a message of ours shows that it was read', () => {
    const context = { from: '15550783881', id: WAMID }
    expect(toldBy({ messages: [text('See you', { context })] }).receipts).toEqual([read(WAMID)])
  })

  it('in answer to themselves, or passed on, says nothing of a message of ours', () => {
    for (const context of [{ from: '6591234567', id: WAMID }, { forwarded: true }, { id: 7 }, null, 'x']) {
      expect(toldBy({ messages: [text('See you', { context })] })).toMatchObject({ receipts: [], ignored: 0 })
    }
  })

  it.each([
    ['STOP', stop(PERSON)],
    [' stop. ', stop(PERSON)],
    ['START', lift(PERSON)],
  ])('as %j is heeded', (word, wish) => {
    expect(toldBy({ messages: [text(word)] }).heard).toEqual([reply({ text: word.trim() }), wish])
  })

  it('as STOP is heeded under every address by which the person may be known', () => {
    const message = text('STOP', { from: '5215512345678', from_user_id: 'MX.123' })
    expect(toldBy({ messages: [message] }).heard).toEqual([
      reply({ address: '+525512345678', text: 'STOP' }),
      stop('+525512345678'),
      stop('+5215512345678'),
      stop('MX.123'),
    ])
  })

  it('comes from an id where the person shows no number', () => {
    const message = text('Hi', { from: undefined, from_user_id: 'US.13491208655302741918' })
    expect(toldBy({ messages: [message] }).heard).toEqual([reply({ address: 'US.13491208655302741918', text: 'Hi' })])
  })

  it('may be a picture with words below it, or without', () => {
    expect(toldBy({ messages: [written({ type: 'image', image: { id: '1', caption: 'Here' } })] }).heard).toEqual([
      reply({ text: 'Here' }),
    ])
    for (const more of [
      { type: 'sticker', sticker: { id: '1' } },
      { type: 'unsupported', errors: [] },
      { type: 'text' },
    ]) {
      expect(toldBy({ messages: [written(more)] }).heard).toEqual([reply()])
    }
  })

  it.each([
    text('Hi', { from: undefined }),
    text('Hi', { id: undefined }),
    text('STOP', { group_id: 'Y2FwaV9ncm91cDo' }),
    written({ type: 'system', system: { type: 'user_changed_number', wa_id: '12195555358' } }),
    written({ type: 'request_welcome' }),
    written({ type: 'reaction', reaction: { emoji: '👍' } }),
    null,
    'STOP',
  ])('is not %j', (item) => {
    expect(toldBy({ messages: [item] })).toEqual({ receipts: [], ignored: 1 })
  })
})

describe('what people tap', () => {
  const context = { from: '15550783881', id: WAMID }

  it('on the button of a template is a reply with its label', () => {
    const tap = written({ type: 'button', context, button: { text: 'I am coming', payload: 'YES' } })
    expect(toldBy({ messages: [tap] })).toEqual({
      receipts: [read(WAMID)],
      heard: [reply({ text: 'I am coming' })],
      ignored: 0,
    })
  })

  it('stops by the label or by the payload of the button', () => {
    for (const button of [
      { text: 'Unsubscribe', payload: 'p-1' },
      { text: 'No more of these', payload: 'STOP' },
    ]) {
      const { heard } = toldBy({ messages: [written({ type: 'button', context, button })] })
      expect(heard).toEqual([reply({ text: button.text }), stop(PERSON)])
    }
  })

  it.each([
    ['button_reply', { id: 'yes', title: 'Yes' }],
    ['list_reply', { id: 'slot-1', title: 'Yes', description: '9:00 AM' }],
  ])('as %s is a reply with its title', (type, tapped) => {
    const tap = written({ type: 'interactive', context, interactive: { type, [type]: tapped } })
    expect(toldBy({ messages: [tap] })).toMatchObject({ receipts: [read(WAMID)], heard: [reply({ text: 'Yes' })] })
  })

  it('as a reaction shows that the message was read, and says nothing', () => {
    const tap = written({ type: 'reaction', reaction: { message_id: WAMID, emoji: '👍' } })
    expect(toldBy({ messages: [tap] })).toEqual({ receipts: [read(WAMID, 'reaction')], ignored: 0 })
  })
})

describe('a wish about marketing', () => {
  const preference = (value: unknown, more: Record<string, unknown> = {}) => ({
    wa_id: '6591234567',
    detail: 'User requested to stop marketing messages',
    category: 'marketing_messages',
    value,
    timestamp: 1772366398,
    ...more,
  })

  it('stops the channel, or opens it again', () => {
    expect(toldBy({ user_preferences: [preference('stop')] })).toEqual({
      receipts: [],
      heard: [stop(PERSON)],
      ignored: 0,
    })
    expect(toldBy({ user_preferences: [preference('resume', { user_id: 'SG.1' })] }).heard).toEqual([
      lift(PERSON),
      lift('SG.1'),
    ])
  })

  it('stops nothing where no marketing is sent, but a STOP still does', () => {
    const how = { heedsMarketingStop: false }
    expect(toldBy({ user_preferences: [preference('stop')] }, how)).toEqual({ receipts: [], ignored: 1 })
    expect(toldBy({ messages: [text('STOP')] }, how).heard).toContainEqual(stop(PERSON))
  })

  it.each([
    preference('signup'),
    preference(undefined),
    preference('stop', { category: 'weather' }),
    preference('stop', { wa_id: undefined }),
    null,
  ])('is not %j', (item) => {
    expect(toldBy({ user_preferences: [item] })).toEqual({ receipts: [], ignored: 1 })
  })
})
