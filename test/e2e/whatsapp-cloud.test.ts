import { afterEach, beforeEach, expect, test } from 'vitest'
import {
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

let fake: WhatsAppFake
let service: Service

beforeEach(async () => {
  fake = await startWhatsApp()
  const config = [
    'connections:',
    '  whatsapp:',
    '    provider: whatsapp-cloud',
    `    phoneNumberId: "${WHATSAPP_NUMBER_ID}"`,
    `    accessToken: \${WHATSAPP_ACCESS_TOKEN}`,
    `    appSecret: \${WHATSAPP_APP_SECRET}`,
    `    verifyToken: ${WHATSAPP_VERIFY_TOKEN}`,
    `    baseUrl: ${fake.url}`,
  ]
  const environment = { WHATSAPP_ACCESS_TOKEN: WHATSAPP_TOKEN, WHATSAPP_APP_SECRET }
  service = await startService({ config: config.join('\n'), environment })
})
afterEach(async () => {
  await service.stop()
  await service.cleanUp()
  await fake.close()
})

const callbackUrl = () => `${service.url}/callbacks/whatsapp`
const tell = (...statuses: Record<string, unknown>[]) =>
  fetch(callbackUrl(), { method: 'POST', ...signedWebhook(webhookBody({ statuses })) })

test('Meta finds the address when it asks for it', async () => {
  const question = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${WHATSAPP_VERIFY_TOKEN}`
  const answer = await fetch(`${callbackUrl()}?${question}`)
  expect([answer.status, await answer.text()]).toEqual([200, '1158201444'])
  expect((await fetch(`${callbackUrl()}?${question}x`)).status).toBe(401)
})

test('a message whose answer was lost is told by its status, and succeeds when it is read', async () => {
  fake.behave({ do: 'cut' })
  const umid = await service.send({
    channels: [{ channel: 'WhatsApp', successStatus: 'Read' }],
    user: { msisdn: '+6591234567' },
    type: 'text',
    content: { text: 'Your table is ready.' },
  })
  const { id, body } = await fake.arrived()
  const echo = { biz_opaque_callback_data: body.biz_opaque_callback_data }
  expect((await tell(statusItem(id, 'delivered', echo))).status).toBe(200)
  expect((await tell(statusItem(id, 'read', echo), statusItem(id, 'sent', echo))).status).toBe(200)
  expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'read' })
  expect(fake.messages).toHaveLength(1)
})
