import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { neverStopped, sentOf, typesOf, useLivePerson } from '../../../test/support/liveperson-source.ts'
import type { AskedAbout } from '../../engine/ports/source.ts'

const { clock, closers, startFake, watch } = useLivePerson()

describe('people', () => {
  const personal = (contact: object) => ({
    sdeType: 'PERSONAL_INFO',
    serverTimeStamp: '1699995600500',
    personalInfo: { personalInfo: { contacts: [{ personalContact: contact }] } },
  })
  const customer = {
    sdeType: 'CUSTOMER_INFO',
    serverTimeStamp: '1699995600000',
    customerInfo: { customerInfo: { customerId: 'google-oauth2|1083' } },
  }
  const about: AskedAbout = { conversation: 'conv-1', person: 'con-1', items: [] }

  it('are asked for by id when something is new for them, for the search gives their last attribute only', async () => {
    const fake = await startFake()
    const id = fake.open({ consumer: 'con-1', sdes: [customer, personal({ email: 'lee@example.org' })] })
    fake.write(id, { text: 'Hello' })
    const { poll } = watch(fake)
    const events = await poll()
    expect(sentOf(events)[0]?.people).toEqual({
      'con-1': { name: 'Visitor', email: 'lee@example.org', contactId: 'google-oauth2|1083' },
    })
    expect(await poll()).toEqual([])
    expect(fake.requests.filter(({ place }) => place === 'byId')).toHaveLength(1)
    fake.write(id, { text: 'Anybody?' })
    expect(sentOf(await poll())[0]?.people).toMatchObject({ 'con-1': { contactId: 'google-oauth2|1083' } })
  })

  it('who are not waited for are not asked for', async () => {
    const fake = await startFake()
    fake.write(fake.open(), { by: 'consumer', text: 'Hello?' })
    expect(typesOf(await watch(fake).poll())).toEqual(['described', 'sent'])
    expect(fake.requests.map(({ place }) => place)).not.toContain('byId')
  })

  it('can be looked up again right before a notice', async () => {
    const fake = await startFake()
    const { source } = watch(fake, { defaultCountry: 'US' })
    expect(await source.personOf?.(about, neverStopped())).toBeUndefined()
    const id = fake.open({
      consumer: 'con-1',
      unAuthSdes: [personal({ phone: '(212) 555-0123' }), personal({ email: 'lee@example.org' })],
    })
    expect(await source.personOf?.({ ...about, conversation: id }, neverStopped())).toEqual({
      name: 'Visitor',
      email: 'lee@example.org',
      msisdn: '+12125550123',
    })
    const strict = watch(fake, { trustUnauthenticated: false })
    expect(await strict.source.personOf?.(about, neverStopped())).toEqual({ name: 'Visitor' })
  })
})

describe('right before a notice', () => {
  it('LivePerson is asked whether it is still unread', async () => {
    const fake = await startFake()
    const { source } = watch(fake)
    const id = fake.open({ consumer: 'con-1' })
    const { seq } = fake.write(id, { text: 'Hello' })
    const about: AskedAbout = {
      conversation: id,
      person: 'con-1',
      items: [{ id: `${id}:${seq}`, position: seq, at: clock.now() }],
    }
    const confirm = () => source.confirm?.(about, neverStopped())
    expect(await source.confirm?.({ ...about, conversation: 'not there yet' }, neverStopped())).toEqual({
      kind: 'unknown',
    })
    expect(await confirm()).toEqual({
      kind: 'unread',
      items: [{ id: `${id}:${seq}`, at: clock.now(), text: 'Hello', author: 'Ana' }],
    })
    fake.report(id, [seq], { status: 'ACCEPT' })
    expect(await confirm()).toMatchObject({ kind: 'unread' })
    fake.report(id, [seq])
    expect(await confirm()).toEqual({ kind: 'read' })
    fake.end(id)
    expect(await confirm()).toEqual({ kind: 'gone', why: 'conversation-gone' })
  })
})

describe('a webhook and a poll', () => {
  it('tell of the same line and the same reading in the same words', async () => {
    const fake = await startFake()
    const { source, poll } = watch(fake, { webhookSecret: 'example_client_secret' })
    const hook = async (notification: Parameters<typeof fake.signed>[0]) => {
      const { body, headers } = fake.signed(notification, { algorithm: 'sha256', encoding: 'hex' })
      const result = await source.handle?.({ method: 'POST', url: '/sources/lp', headers, body: Buffer.from(body) })
      return result?.kind === 'events' ? result.events : result
    }
    const id = fake.open({ consumer: 'con-1' })
    const { seq, notification } = fake.write(id, { text: 'Hello' })
    const hooked = await hook(notification)
    const [polled] = sentOf(await poll())
    expect(hooked).toMatchObject([{ type: 'sent', conversation: id, at: polled?.at, item: polled?.item }])
    const read = await hook(fake.report(id, [seq]))
    const [readLater] = await poll()
    expect(read).toMatchObject([{ type: 'read', person: 'con-1', span: { upTo: seq }, at: readLater?.at }])
    expect(readLater).toMatchObject({ type: 'read', person: 'con-1', span: { upTo: seq } })
    const ended = await hook(fake.end(id))
    expect(ended).toEqual(await poll())
  })
})

describe('the sender of webhooks', () => {
  it('signs what it posts, and repeats what was not taken', async () => {
    const fake = await startFake()
    const { source } = watch(fake, { webhookSecret: ['the next one', 'example_client_secret'] })
    const keys: string[] = []
    const server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
      const result = await source.handle?.({ method: 'POST', url: '/sources/lp', headers, body: Buffer.concat(chunks) })
      if (result?.kind === 'events') keys.push(...result.events.map(({ key }) => key))
      response.writeHead(keys.length < 2 ? 503 : 200).end()
    })
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    closers.push(() => new Promise((resolve) => server.close(() => resolve())))
    const { notification } = fake.write(fake.open(), { text: 'Hello' })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sources/lp`
    expect(await fake.deliver(url, notification)).toEqual([503, 200])
    expect(keys).toEqual(['hook:conv-1:0', 'hook:conv-1:0'])
    expect(await fake.deliver(url, notification, { secret: 'wrong', tries: 1 })).toEqual([200])
    expect(keys).toHaveLength(2)
  })
})
