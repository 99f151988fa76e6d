import { afterEach, expect, test } from 'vitest'
import { startTwilio, TWILIO_SENDER, type TwilioFake } from '../fakes/twilio.ts'
import { type Service, startService } from '../support/service.ts'

/** Two providers for one channel, one of which dies in the middle of its work, and is there again later. */
const AT_ONCE = 8
const ACCOUNTS = { main: `AC${'1'.repeat(32)}`, spare: `AC${'2'.repeat(32)}` }

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(name: keyof typeof ACCOUNTS, port?: number): Promise<TwilioFake> {
  const fake = await startTwilio({ accountSid: ACCOUNTS[name], ...(port !== undefined && { port }) })
  closers.push(fake.close)
  return fake
}

async function startBoth(main: TwilioFake, spare: TwilioFake): Promise<Service> {
  const connection = (name: string, { accountSid, authToken, url }: TwilioFake) => [
    `  ${name}:`,
    '    provider: twilio',
    `    accountSid: ${accountSid}`,
    `    authToken: ${authToken}`,
    `    from: "${TWILIO_SENDER}"`,
    `    baseUrl: ${url}`,
    `    concurrency: ${AT_ONCE}`,
  ]
  const config = ['sandbox: true', 'connections:', ...connection('main', main), ...connection('spare', spare)]
  const service = await startService({ config: config.join('\n') })
  closers.push(async () => {
    await service.stop()
    await service.cleanUp()
  })
  return service
}

test('everything goes through the other while one is dead, nobody gets two, and it comes back by itself', async () => {
  const main = await start('main')
  const spare = await start('spare')
  const service = await startBoth(main, spare)
  let people = 0
  const umids: string[] = []
  const load = async (count: number) => {
    const messages = Array.from({ length: count }, () => ({ user: { msisdn: `+65${91_000_000 + people++}` } }))
    const template = {
      type: 'text',
      content: { text: 'Your table is ready.' },
      channels: [{ channel: 'SMS', successStatus: 'Delivered', fallbackAfter: 86_400 }, { channel: 'Email' }],
    }
    const body = { messages, template, includeMessagesInResponse: true }
    const { json } = await service.call('POST', '/api/v1/subaccounts/default/messages/batch', body)
    for (const { umid } of json.messages as { umid: string }[]) umids.push(umid)
  }
  const counts = () => [main.messages.length, spare.messages.length]

  await load(100)
  await service.advance(1)
  expect(counts()).toEqual([100, 0])

  // The first calls of this load reach it and are never answered; then it is gone, and so are their connections.
  main.behave({ do: 'hold' })
  await load(200)
  while (main.messages.length < 100 + AT_ONCE) await main.arrived().then(() => new Promise(setImmediate))
  await main.close()
  await load(200)
  await service.advance(1)
  expect(counts()).toEqual([100 + AT_ONCE, 400 - AT_ONCE])
  expect(service.output()).toContain('a connection is down, and others are used where there are any')

  // It is back. A single message tries it, and then it has its place again.
  const again = await start('main', Number(new URL(main.url).port))
  await service.advance(300)
  await load(1)
  await service.advance(1)
  expect(again.messages).toHaveLength(1)
  await load(50)
  await service.advance(1)
  expect(again.messages).toHaveLength(51)
  expect(spare.messages).toHaveLength(400 - AT_ONCE)
  expect(service.output()).toContain('a connection is up again')

  const took = [main, spare, again].flatMap((fake) => fake.messages.map(({ fields }) => fields.To))
  expect(new Set(took).size).toBe(took.length)
  expect(took).toHaveLength(people)

  // What it had taken before it died is reported when it is back: by then the service knows it under our reference.
  for (const fake of [main, spare, again]) {
    for (const { sid } of fake.messages) expect(await fake.report(sid, 'delivered')).toEqual([200])
  }
  const ends = await Promise.all(umids.map(async (umid) => (await service.timeline(umid)).outcome?.state))
  expect(ends.filter((state) => state === 'succeeded')).toHaveLength(people)
})
