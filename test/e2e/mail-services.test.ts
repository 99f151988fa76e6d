import { afterEach, expect, test } from 'vitest'
import { MAILCHIMP_KEY, MAILCHIMP_WEBHOOK_KEY, startMailchimp } from '../fakes/mailchimp-transactional.ts'
import { SENDGRID_KEY, startSendGrid } from '../fakes/sendgrid.ts'
import { type Service, startService } from '../support/service.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function serviceWith(settings: Readonly<Record<string, string>>): Promise<Service> {
  const lines = Object.entries(settings).map(([name, value]) => `    ${name}: ${value}`)
  const config = ['connections:', '  mail:', '    from: hello@mail.example', ...lines].join('\n')
  const service = await startService({ config, environment: {} })
  closers.push(async () => {
    await service.stop()
    await service.cleanUp()
  })
  return service
}

const mail = {
  channels: [{ channel: 'Email', successStatus: 'Delivered' }],
  user: { email: 'ann@example.org' },
  type: 'text',
  content: { text: 'Your table is ready.' },
}
const DELIVERED = { state: 'succeeded', status: 'delivered' }

test('a mail through SendGrid succeeds with its event, although the answer to the send was lost', async () => {
  const fake = await startSendGrid({ now: Date.now })
  closers.push(fake.close)
  const { verificationKey, url: baseUrl } = fake
  const service = await serviceWith({ provider: 'sendgrid', apiKey: SENDGRID_KEY, verificationKey, baseUrl })
  fake.behave({ do: 'cut' })
  const umid = await service.send(mail)
  const { id, body } = await fake.arrived()
  const attemptRef = body.personalizations[0].custom_args?.untilread_attempt ?? ''
  const post = fake.post([fake.event({ id, attemptRef }, { event: 'delivered' })])
  const answer = await fetch(`${service.url}/callbacks/mail`, { method: 'POST', ...post })
  expect(answer.status).toBe(200)
  expect((await service.timeline(umid)).outcome).toMatchObject(DELIVERED)
  expect(fake.messages).toHaveLength(1)
})

test('Mailchimp finds the address when it looks for it, and its events are signed for that address', async () => {
  const fake = await startMailchimp({ now: Date.now })
  closers.push(fake.close)
  const keys = { apiKey: MAILCHIMP_KEY, webhookKey: MAILCHIMP_WEBHOOK_KEY }
  const service = await serviceWith({ provider: 'mailchimp-transactional', ...keys, baseUrl: fake.url })
  const url = `${service.url}/callbacks/mail`
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(url, { method: 'POST', ...fake.post(url, [], 'test-webhook') })).status).toBe(200)

  const umid = await service.send(mail)
  const { id, message } = await fake.arrived()
  const attemptRef = String(message.metadata?.untilread_attempt)
  const events = [fake.event({ id, attemptRef }, 'send'), fake.event({ id, attemptRef }, 'delivered')]
  expect((await fetch(url, { method: 'POST', ...fake.post(url, events, 'a guess') })).status).toBe(401)
  expect((await fetch(url, { method: 'POST', ...fake.post(url, events, MAILCHIMP_WEBHOOK_KEY) })).status).toBe(200)
  expect((await service.timeline(umid)).outcome).toMatchObject(DELIVERED)
})
