import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTwilio, TWILIO_SENDER, TWILIO_WHATSAPP_SENDER, type TwilioFake } from '../fakes/twilio.ts'
import { type Service, startService } from '../support/service.ts'

let fake: TwilioFake
let service: Service

beforeEach(async () => {
  fake = await startTwilio()
  const config = [
    'connections:',
    '  sms:',
    '    provider: twilio',
    `    accountSid: ${fake.accountSid}`,
    `    authToken: \${TWILIO_AUTH_TOKEN}`,
    `    from: "${TWILIO_SENDER}"`,
    `    whatsappFrom: "${TWILIO_WHATSAPP_SENDER}"`,
    `    baseUrl: ${fake.url}`,
  ]
  service = await startService({ config: config.join('\n'), environment: { TWILIO_AUTH_TOKEN: fake.authToken } })
})
afterEach(async () => {
  await service.stop()
  await service.cleanUp()
  await fake.close()
})

const sms = {
  channels: [{ channel: 'SMS', successStatus: 'Delivered' }],
  user: { msisdn: '+6591234567' },
  type: 'text',
  content: { text: 'Your table is ready.' },
}

test('an SMS goes out, and its message succeeds when Twilio reports that it was delivered', async () => {
  const umid = await service.send(sms)
  const { sid, fields } = await fake.arrived()
  expect(fields).toMatchObject({ To: '+6591234567', From: TWILIO_SENDER, Body: 'Your table is ready.' })
  expect(await fake.report(sid, 'delivered')).toEqual([200])
  expect(await fake.report(sid, 'sent')).toEqual([200]) // late
  expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'delivered' })
})

test('a WhatsApp that is not to be had becomes an SMS, and one that is read does not', async () => {
  const channels = [
    { channel: 'WhatsApp', successStatus: 'Read' },
    { channel: 'SMS', successStatus: 'Delivered' },
  ]
  const umid = await service.send({ ...sms, channels })
  const whatsApp = await fake.arrived()
  expect(whatsApp.fields).toMatchObject({ To: 'whatsapp:+6591234567', From: `whatsapp:${TWILIO_WHATSAPP_SENDER}` })
  fake.behave({ do: 'accept' })
  expect(await fake.report(whatsApp.sid, 'undelivered', 63024)).toEqual([200])
  const { sid, fields } = await fake.arrived()
  expect(fields).toMatchObject({ To: '+6591234567', From: TWILIO_SENDER })
  expect(await fake.report(sid, 'delivered')).toEqual([200])
  expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'delivered' })

  fake.behave({ do: 'accept' })
  const second = await service.send({ ...sms, channels })
  const { sid: read } = await fake.arrived()
  expect(await fake.report(read, 'read')).toEqual([200])
  expect((await service.timeline(second)).outcome).toMatchObject({ state: 'succeeded', status: 'read' })
  expect(fake.messages).toHaveLength(3)
})

test('a send whose answer is lost is told by the callback, and is not made twice', async () => {
  fake.behave({ do: 'cut' })
  const umid = await service.send(sms)
  const { sid } = await fake.arrived()
  expect(await fake.report(sid, 'undelivered', 30003)).toEqual([200])
  const { outcome, steps } = await service.timeline(umid)
  expect({ outcome, steps }).toMatchObject({ outcome: { state: 'exhausted' }, steps: [{ status: 'failed' }] })
  expect(fake.messages).toHaveLength(1)
})

test('a callback that Twilio did not sign is refused', async () => {
  const url = `${service.url}/callbacks/sms`
  const forged = fake.signed(url, { MessageSid: 'SM1', MessageStatus: 'delivered' }, 'another token')
  expect((await fetch(url, { method: 'POST', ...forged })).status).toBe(401)
})
