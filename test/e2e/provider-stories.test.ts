import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RCS_AGENT, RCS_CLIENT_TOKEN, type RcsFake, startRcs } from '../fakes/rcs.ts'
import { startTwilio, TWILIO_SENDER, type TwilioFake } from '../fakes/twilio.ts'
import {
  errorItem,
  signedWebhook,
  startWhatsApp,
  statusItem,
  WHATSAPP_APP_SECRET,
  WHATSAPP_NUMBER_ID,
  WHATSAPP_TOKEN,
  WHATSAPP_VERIFY_TOKEN,
  type WhatsAppFake,
  webhookBody,
} from '../fakes/whatsapp-cloud.ts'
import { type Service, startService } from '../support/service.ts'

const ANN = '+6591234567'
const STOPPED = '+6598765432'

let whatsApp: WhatsAppFake
let rcs: RcsFake
let twilio: TwilioFake
let service: Service

beforeEach(async () => {
  whatsApp = await startWhatsApp()
  rcs = await startRcs({ now: Date.now })
  twilio = await startTwilio({ optedOut: [STOPPED] })
  const config = [
    'sandbox: true', // for its clock: all channels here are real
    'engine:',
    '  callTimeout: 1s',
    'connections:',
    '  whatsapp:',
    '    provider: whatsapp-cloud',
    `    phoneNumberId: "${WHATSAPP_NUMBER_ID}"`,
    `    accessToken: ${WHATSAPP_TOKEN}`,
    `    appSecret: ${WHATSAPP_APP_SECRET}`,
    `    verifyToken: ${WHATSAPP_VERIFY_TOKEN}`,
    `    baseUrl: ${whatsApp.url}`,
    '  rcs:',
    '    provider: rcs',
    `    agentId: ${RCS_AGENT}`,
    `    serviceAccount: \${RCS_KEY}`,
    `    clientToken: ${RCS_CLIENT_TOKEN}`,
    `    baseUrl: ${rcs.url}`,
    `    tokenUrl: ${rcs.tokenUrl}`,
    '  sms:',
    '    provider: twilio',
    `    accountSid: ${twilio.accountSid}`,
    `    authToken: ${twilio.authToken}`,
    `    from: "${TWILIO_SENDER}"`,
    `    baseUrl: ${twilio.url}`,
  ]
  service = await startService({ config: config.join('\n'), environment: { RCS_KEY: rcs.keyFile } })
})
afterEach(async () => {
  twilio.release()
  await service.stop()
  await service.cleanUp()
  await Promise.all([whatsApp.close(), rcs.close(), twilio.close()])
})

const message = (channels: object[], msisdn = ANN) => ({
  channels,
  user: { msisdn },
  type: 'text',
  content: { text: 'Your table is ready.' },
})
const DELIVERED = { state: 'succeeded', status: 'delivered' }

describe('WhatsApp takes a message and finds no such person a second later', () => {
  const read = { channel: 'WhatsApp', successStatus: 'Read', fallbackAfter: 3600 }
  const tell = (...statuses: Record<string, unknown>[]) =>
    fetch(`${service.url}/callbacks/whatsapp`, { method: 'POST', ...signedWebhook(webhookBody({ statuses })) })

  test('the SMS goes out at once, and not after the hour of the step', async () => {
    const umid = await service.send(message([read, { channel: 'SMS' }]))
    const { id } = await whatsApp.arrived()
    expect((await tell(statusItem(id, 'failed', { errors: [errorItem(131026)] }))).status).toBe(200)
    const { sid } = await twilio.arrived()
    await twilio.report(sid, 'delivered')
    const { outcome, timeline } = await service.timeline(umid)
    expect(outcome).toMatchObject({ ...DELIVERED, channel: 'SMS' })
    const words = timeline.map(({ text }) => text).join('\n')
    expect(words).toContain('131026')
    expect(words).not.toContain(ANN)
  })

  test('a callback with one id that nobody knows loses none of the others', async () => {
    const umids = [await service.send(message([read])), await service.send(message([read], '+6590000001'))]
    while (whatsApp.messages.length < 2) {
      whatsApp.behave({ do: 'accept' })
      await whatsApp.arrived()
    }
    const [one, two] = whatsApp.messages.map(({ id }) => id)
    const answer = await tell(
      statusItem(one ?? '', 'read'),
      statusItem('wamid.of-somebody-else', 'failed', { errors: [errorItem(131026)] }),
      { id: 7, status: ['nonsense'] },
      statusItem(two ?? '', 'read'),
    )
    expect(answer.status).toBe(200)
    for (const umid of umids) {
      expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'read' })
    }
  })
})

describe('RCS is to be taken back', () => {
  const step = { channel: 'RCS', fallbackAfter: 60, successStatus: 'Delivered', revokeOnFallback: true }

  test('and Google says that it has arrived: nothing more is sent', async () => {
    const umid = await service.send(message([step, { channel: 'SMS' }]))
    const { id } = await rcs.arrived()
    rcs.deliver(id)
    await service.advance(61)
    const { outcome, timeline } = await service.timeline(umid)
    expect(outcome).toMatchObject({ ...DELIVERED, channel: 'RCS', doubleExposure: false })
    expect(timeline.map(({ code }) => code)).toContain('recall-too-late')
    await service.advance(3600)
    expect(twilio.messages).toHaveLength(0)
  })

  test('and is: only then the SMS goes out, and the person gets one', async () => {
    const umid = await service.send(message([step, { channel: 'SMS' }]))
    await rcs.arrived()
    await service.advance(61)
    expect(rcs.messages).toHaveLength(0)
    const { sid } = await twilio.arrived()
    await twilio.report(sid, 'delivered')
    const { outcome, timeline } = await service.timeline(umid)
    expect(outcome).toMatchObject({ ...DELIVERED, channel: 'SMS', doubleExposure: false })
    expect(timeline.map(({ text }) => text)).toContain(
      "RCS's provider has taken the message back: it will not arrive there any more.",
    )
  })
})

describe('SMS', () => {
  test('whose answer runs out of time after the provider has taken it is sent once', async () => {
    twilio.behave({ do: 'hold' })
    const umid = await service.send(message([{ channel: 'SMS', fallbackAfter: 60 }, { channel: 'WhatsApp' }]))
    const { sid } = await twilio.arrived()
    await service.advance(59)
    expect((await service.timeline(umid)).timeline.map(({ code }) => code)).toContain('send-uncertain')
    expect(twilio.messages).toHaveLength(1)
    await twilio.report(sid, 'delivered')
    expect((await service.timeline(umid)).outcome).toMatchObject(DELIVERED)
    await service.advance(3600)
    expect([twilio.messages.length, whatsApp.messages.length]).toEqual([1, 0])
  })

  test('to a person who has said STOP goes to the next channel, and is not tried again', async () => {
    const both = [{ channel: 'SMS' }, { channel: 'WhatsApp' }]
    const first = await service.send(message(both, STOPPED))
    await whatsApp.arrived()
    expect(twilio.requests()).toBe(1)
    whatsApp.behave({ do: 'accept' })
    const second = await service.send(message(both, STOPPED))
    await whatsApp.arrived()
    expect(twilio.requests()).toBe(1)
    const codes = async (umid: string) => (await service.timeline(umid)).timeline.map(({ code }) => code)
    expect(await codes(first)).toEqual(expect.arrayContaining(['send-rejected', 'fell-back']))
    expect(await codes(second)).toContain('step-skipped')
    const path = `/api/v1/subaccounts/default/suppressions?address=${encodeURIComponent(STOPPED)}`
    expect((await service.call('GET', path)).json.suppressions).toMatchObject([{ channel: 'SMS', reason: 'opted-out' }])
    expect(service.output()).not.toContain(STOPPED)

    await service.stop()
    const renamed = await startService({ dataDir: service.dataDir, config: 'sandbox: true\n' })
    expect(renamed.output()).toContain('people have said stop to connections that are not configured')
    await renamed.stop()
  })
})
