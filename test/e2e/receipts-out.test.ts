import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTwilio, TWILIO_SENDER } from '../fakes/twilio.ts'
import { type Service, startService } from '../support/service.ts'

type Received = { headers: IncomingMessage['headers']; body: string; json: Receipt }
type Receipt = {
  version: number
  namespace: string
  eventType: string
  payload: {
    umid: string
    clientMessageId?: string
    channel: string
    step: number
    eventNumber: number
    user: { msisdn: string }
    status: { state: string; detail?: string; errorMessage?: string }
  }
}
type Inbound = {
  eventType: string
  payload: { user: object; recipient: object; content: { text: string } }
}

let service: Service
let receiver: Server
let received: Received[]
let answer: number

beforeEach(async () => {
  service = await startService()
  received = []
  answer = 200
  receiver = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    received.push({ headers: request.headers, body, json: JSON.parse(body) })
    response.writeHead(answer).end()
    receiver.emit('received')
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await service.cleanUp()
  await new Promise((resolve) => receiver.close(resolve))
})

const receiverUrl = (path: string) => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`
const message = (more: object = {}) => ({
  channels: [{ channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' }, { channel: 'SMS' }],
  user: { msisdn: '+6590000001' },
  type: 'text',
  content: { text: 'Hello' },
  clientMessageId: 'order-7',
  ...more,
})
/** In the order of their numbers, as a receiver should read them. */
const story = () =>
  received
    .map(({ json: { payload } }) => payload)
    .sort((a, b) => a.eventNumber - b.eventNumber)
    .map(({ step, channel, status }) => `${step} ${channel} ${status.state}`)

test('the sender hears of each step in the v9 shape, signed, with the authorization that was configured', async () => {
  const { json } = await service.call('POST', '/api/v1/accounts/my_account/webhooks', [
    { subAccountId: 'default', url: receiverUrl('/dlr'), httpAuthorization: 'Basic c2VjcmV0' },
  ])
  const secret = await signingSecret(json)
  const umid = await service.send(message())
  await service.advance(120)
  expect(story()).toEqual([
    '1 whatsapp queued',
    '1 whatsapp sent',
    '1 whatsapp delivered',
    '2 sms queued',
    '2 sms sent',
    '2 sms delivered',
  ])
  for (const { headers, body, json } of received) {
    expect(headers.authorization).toBe('Basic c2VjcmV0')
    expect(json).toMatchObject({
      version: 9,
      namespace: 'ChatApps',
      eventType: 'outbound_message_status_changed',
      payload: { umid, clientMessageId: 'order-7', user: { msisdn: '+6590000001' } },
    })
    // An independent reader of the signature; its tolerance is for real time, so the header's own time is taken for now.
    expect(() => verifyAtItsTime(secret, body, headers)).not.toThrow()
  }
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(received.length)
})

test('a URL of the message’s own wins, and a refusal tells why', async () => {
  await service.call('POST', '/api/v1/accounts/a/webhooks', [{ subAccountId: 'default', url: receiverUrl('/all') }])
  const channels = { WhatsApp: { reject: 'not on WhatsApp' } }
  await service.call('PUT', '/sandbox/handsets/+6590000001', { channels })
  await service.send(message({ dlrCallbackUrl: receiverUrl('/own') }))
  await service.advance(1)
  expect(story()).toEqual([
    '1 whatsapp queued',
    '1 whatsapp undelivered',
    '2 sms queued',
    '2 sms sent',
    '2 sms delivered',
  ])
  const refusal = received.find(({ json }) => json.payload.status.state === 'undelivered')
  expect(refusal?.json.payload.status).toMatchObject({ detail: 'rejected_by_operator' })
  expect(refusal?.json.payload.status.errorMessage).toContain('not on WhatsApp')
})

test('a receiver that is down gets its receipts when it is up again, each under the id that it had', async () => {
  answer = 503
  await service.send(message({ channels: [{ channel: 'SMS' }], dlrCallbackUrl: receiverUrl('/') }))
  await service.advance(5)
  const refused = new Set(received.map(({ headers }) => headers['webhook-id']))
  expect(refused.size).toBe(3)
  received.length = 0
  answer = 204
  await service.advance(40)
  expect(story()).toEqual(['1 sms queued', '1 sms sent', '1 sms delivered'])
  expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(refused)
})

async function signingSecret(json: unknown): Promise<string> {
  const found = JSON.stringify(json).match(/whsec_[A-Za-z0-9+/=]+/)
  if (found === null) throw new Error('the answer holds no signing secret')
  return found[0]
}

function verifyAtItsTime(secret: string, body: string, headers: IncomingMessage['headers']): void {
  const id = String(headers['webhook-id'])
  const at = new Date(Number(headers['webhook-timestamp']) * 1000)
  const expected = new Webhook(secret).sign(id, at, body)
  if (headers['webhook-signature'] !== expected) throw new Error('the signature does not match')
}

test('what a person answers goes to the subaccount’s webhook, once, and STOP stops', async () => {
  const twilio = await startTwilio()
  const config = [
    'connections:',
    '  sms:',
    '    provider: twilio',
    `    accountSid: ${twilio.accountSid}`,
    `    authToken: ${twilio.authToken}`,
    `    from: "${TWILIO_SENDER}"`,
    `    baseUrl: ${twilio.url}`,
  ]
  const house = await startService({ config: config.join('\n') })
  try {
    const hook = [{ subAccountId: 'default', type: 'MSG', url: receiverUrl('/in') }]
    expect((await house.call('POST', '/api/v1/accounts/default/webhooks', hook)).status).toBe(200)
    const url = `${house.url}/callbacks/sms`
    const arrivals = received.length
    const inbound = (sid: string, Body: string) =>
      twilio.signed(url, {
        AccountSid: twilio.accountSid,
        From: '+6590000001',
        To: TWILIO_SENDER,
        MessageSid: sid,
        SmsSid: sid,
        SmsStatus: 'received',
        NumMedia: '0',
        Body,
      })
    const sid = `SM${'0b'.repeat(16)}`
    for (const _ of [1, 2]) {
      expect((await fetch(url, { method: 'POST', ...inbound(sid, 'On my way') })).status).toBe(200)
    }
    expect((await fetch(url, { method: 'POST', ...inbound(`SM${'0c'.repeat(16)}`, 'STOP') })).status).toBe(200)
    while (received.length < arrivals + 2) await once(receiver, 'received')
    const payloads = received.slice(arrivals).map(({ json }) => json as unknown as Inbound)
    expect(payloads.map(({ eventType }) => eventType)).toEqual(Array(2).fill('inbound_message_received'))
    expect(payloads.map(({ payload }) => payload.content.text).sort()).toEqual(['On my way', 'STOP'])
    expect(payloads[0]?.payload).toMatchObject({ user: { msisdn: '+6590000001' }, recipient: { channel: 'sms' } })
    const { json } = await house.call('GET', '/api/v1/subaccounts/default/suppressions')
    expect(json.suppressions).toMatchObject([{ channel: 'SMS', address: '+6590000001', reason: 'opted-out' }])
    expect(house.output()).not.toMatch(/On my way|6590000001/)
  } finally {
    await house.stop()
    await house.cleanUp()
    await twilio.close()
  }
})
