import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  signedByVonage,
  startVonage,
  VONAGE_APPLICATION,
  VONAGE_PRIVATE_KEY,
  VONAGE_SIGNATURE_SECRET,
  type VonageFake,
} from '../fakes/vonage.ts'
import { type Service, startService } from '../support/service.ts'

let fake: VonageFake
let service: Service

beforeEach(async () => {
  fake = await startVonage()
  const config = [
    'connections:',
    '  vonage:',
    '    provider: vonage',
    `    applicationId: ${VONAGE_APPLICATION}`,
    `    privateKey: \${VONAGE_PRIVATE_KEY}`,
    `    signatureSecret: \${VONAGE_SIGNATURE_SECRET}`,
    '    from: "+15551234567"',
    '    viberFrom: "12345"',
    `    baseUrl: ${fake.url}`,
  ]
  const environment = { VONAGE_PRIVATE_KEY, VONAGE_SIGNATURE_SECRET }
  service = await startService({ config: config.join('\n'), environment })
})
afterEach(async () => {
  await service.stop()
  await service.cleanUp()
  await fake.close()
})

const message = {
  channels: [
    { channel: 'Viber', successStatus: 'Read' },
    { channel: 'SMS', successStatus: 'Delivered' },
  ],
  user: { msisdn: '+6591234567' },
  type: 'text',
  content: { text: 'Your table is ready.' },
}

test('a person who is not on Viber has an SMS, and one who reads on Viber has none', async () => {
  const umid = await service.send(message)
  const viber = await fake.arrived()
  expect(viber.body).toMatchObject({ channel: 'viber_service', to: '6591234567', from: '12345' })
  fake.behave({ do: 'accept' })
  expect(await fake.report(viber.uuid, 'rejected', 1300)).toBe(200)
  const sms = await fake.arrived()
  expect(sms.body).toMatchObject({ channel: 'sms', text: 'Your table is ready.' })
  expect(await fake.report(sms.uuid, 'delivered')).toBe(200)
  expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'delivered' })

  fake.behave({ do: 'accept' })
  const second = await service.send(message)
  expect(await fake.report((await fake.arrived()).uuid, 'read')).toBe(200)
  expect((await service.timeline(second)).outcome).toMatchObject({ state: 'succeeded', status: 'read' })
  expect(fake.messages).toHaveLength(3)
})

test('a webhook that Vonage did not sign is refused', async () => {
  const url = `${service.url}/callbacks/vonage`
  const forged = signedByVonage({ message_uuid: 'x', status: 'delivered' }, 'another secret')
  expect((await fetch(url, { method: 'POST', ...forged })).status).toBe(401)
})
