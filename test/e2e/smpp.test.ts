import { afterEach, beforeEach, expect, test } from 'vitest'
import { LOGIN, type SmscFake, startSmsc } from '../fakes/smsc.ts'
import { type Service, startService } from '../support/service.ts'

let fake: SmscFake
let service: Service

beforeEach(async () => {
  fake = await startSmsc()
  const config = [
    'connections:',
    '  sms:',
    '    provider: smpp',
    '    host: 127.0.0.1',
    `    port: ${fake.port}`,
    `    systemId: ${LOGIN.systemId}`,
    `    password: \${SMPP_PASSWORD}`,
    '    from: "+15551234567"',
  ]
  service = await startService({ config: config.join('\n'), environment: { SMPP_PASSWORD: LOGIN.password } })
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

test('an SMS goes out over the session that is kept, and its message succeeds when the receipt comes', async () => {
  await fake.bound() // before there was anything to send
  const umid = await service.send(sms)
  const { id, text } = await fake.arrived()
  expect(text).toBe('Your table is ready.')
  expect((await fake.receipt(id, 'DELIVRD')).command_status).toBe(0)
  expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'delivered' })
})

test('the service says goodbye to the SMSC when it stops', async () => {
  await fake.bound()
  const unbound = fake.next('unbind')
  await service.stop()
  await unbound
  await fake.left()
})
