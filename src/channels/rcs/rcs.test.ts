import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { revocationOf } from '../../../test/contract/channel-contract.ts'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { keyFileOf, RCS_AGENT, RCS_CLIENT_TOKEN, type RcsOptions, startRcs } from '../../../test/fakes/rcs.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing, Revocation } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { rcs } from './rcs.ts'

type Config = Parameters<typeof rcs.create>[0]
const NOW = Date.parse('2026-03-01T12:00:00Z')

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}, options: Partial<RcsOptions> = {}) {
  const clock = new MovableClock(NOW)
  const fake = await startRcs({ now: () => clock.now(), ...options })
  closers.push(fake.close)
  const given = {
    agentId: RCS_AGENT,
    serviceAccount: fake.keyFile,
    clientToken: RCS_CLIENT_TOKEN,
    baseUrl: `${fake.url}/prefix/`,
    tokenUrl: `${fake.url}/prefix/token`,
    ...config,
  }
  const channel = rcs.create(given, channelWorld({ clock }))
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const never = () => new AbortController().signal
const outgoing = (over: Partial<Outgoing> = {}) => outgoingOf({}, { channel: 'RCS', ...over })
const send = (channel: Channel, over: Partial<Outgoing> = {}) => channel.send(outgoing(over), never())

const revocation = (providerRef?: string): Revocation => revocationOf({ outgoing: outgoing(), providerRef })

describe('what is sent', () => {
  it('is the text to the number, under an id that is always the same for the same try', async () => {
    const { fake, channel } = await start()
    // Two installations, and one that has been started anew, must agree: this never changes.
    const id = '0727d339-1e09-588b-8e75-12a624f822d9'
    expect(await send(channel)).toEqual({ kind: 'accepted', providerRef: id })
    expect(fake.messages).toEqual([
      { id, phone: '+6591234567', agentMessage: { contentMessage: { text: 'Your table is ready.' } } },
    ])
    const request = fake.requests.at(-1)
    expect(request?.path).toBe('/prefix/v1/phones/+6591234567/agentMessages')
    expect(Object.fromEntries(request?.query ?? [])).toEqual({ messageId: id, agentId: RCS_AGENT })
  })

  it('says how long it may live and what kind of message it is', async () => {
    const { fake, channel } = await start({ messageTrafficType: 'TRANSACTION' })
    await send(channel, { validForMs: 300_000 })
    expect(fake.messages[0]?.agentMessage).toMatchObject({ ttl: '300s', messageTrafficType: 'TRANSACTION' })
  })

  it('once stays once, however Google ignores a repeat', async () => {
    const { fake, channel } = await start({}, { repeats: 'ok' })
    const [one, two] = [await send(channel), await send(channel)]
    expect(two).toEqual(one)
    expect(fake.messages).toHaveLength(1)
  })

  it.each(['6591234567', 'whatsapp:+6591234567', '', '+0591234567', '+65/../x'])(
    'to %j is rejected before anybody is asked',
    async (address) => {
      const { fake, channel } = await start()
      expect(await send(channel, { address })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
      expect(await channel.revoke?.({ ...revocation(), address }, never())).toMatchObject({ kind: 'unclear' })
      expect(fake.requests).toEqual([])
    },
  )

  it('with nothing in it is rejected before anybody is asked', async () => {
    const { fake, channel } = await start()
    expect(await send(channel, { content: { type: 'text', content: {} } })).toMatchObject({ reason: 'content' })
    expect(fake.requests).toEqual([])
  })

  it('to a phone without RCS goes to the next channel', async () => {
    const { channel } = await start({}, { without: ['+6591234567'] })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason: 'recipient', code: 'NOT_FOUND' })
  })

  it('from an agent that the account may not use is the operator’s to mend', async () => {
    const { channel } = await start({ agentId: 'somebody_elses_agent' })
    expect(await send(channel)).toMatchObject({ reason: 'credentials', code: 'PERMISSION_DENIED' })
  })

  it('waits while the login is away, and is not lost', async () => {
    const { channel, fake } = await start({}, { login: { status: 503 } })
    expect(await send(channel)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('login') })
    expect(fake.messages).toEqual([])
  })
})

describe('taking back', () => {
  it('knows the message also where its answer was lost', async () => {
    const { fake, channel } = await start()
    fake.behave({ do: 'cut' })
    expect((await send(channel)).kind).toBe('uncertain')
    expect(await channel.revoke?.(revocation(), never())).toEqual({ kind: 'revoked' })
    expect(fake.messages).toEqual([])
  })

  it('says that the person has it where Google does, of a message that Google had', async () => {
    const { fake, channel } = await start()
    const outcome = await send(channel)
    const ref = outcome.kind === 'accepted' ? outcome.providerRef : undefined
    fake.deliver(ref ?? '')
    expect(await channel.revoke?.(revocation(ref), never())).toEqual({ kind: 'too-late', status: 'delivered' })
    expect(await channel.revoke?.(revocation(), never())).toMatchObject({ kind: 'unclear' })
  })

  it('is not clear without a login', async () => {
    const { channel } = await start({ serviceAccount: keyFileOf({ strange: true }) })
    expect(await channel.revoke?.(revocation('x'), never())).toMatchObject({ kind: 'unclear' })
  })
})

describe('the check', () => {
  it('tells what it has tried, and what not', async () => {
    const { channel, fake } = await start()
    expect(await channel.check?.(never())).toEqual({
      kind: 'good',
      detail:
        'Google knows rbm@my-shop.iam.gserviceaccount.com; whether it may use the agent shows with the first message',
    })
    expect(fake.requests).toHaveLength(1)
  })

  it('that is called off knows nothing', async () => {
    const { channel } = await start()
    expect(await channel.check?.(AbortSignal.abort())).toMatchObject({ kind: 'unknown' })
  })
})

describe('what may be waited for', () => {
  it('is reading, as long as callbacks can be checked', () => {
    const config = { agentId: RCS_AGENT, serviceAccount: keyFileOf() }
    const all = rcs.abilities('RCS', { ...config, clientToken: 't' })
    expect(all).toMatchObject({ reports: ['accepted', 'delivered', 'read'], hearsReplies: true })
    const less = rcs.abilities('RCS', config)
    expect(less.reports).toEqual(['accepted'])
    expect(less).not.toHaveProperty('hearsReplies')
  })
})

describe('a configuration', () => {
  const good = { agentId: RCS_AGENT, serviceAccount: keyFileOf() }

  it.each([
    [good, []],
    [{ ...good, region: 'europe' as const }, []],
    [{ ...good, region: 'us' as const, baseUrl: 'https://rbm.example.com' }, ['region']],
    [{ ...good, serviceAccount: '/run/secrets/rbm.json' }, ['serviceAccount']],
    [
      { ...good, serviceAccount: '{}', region: 'us' as const, baseUrl: 'https://a.example' },
      ['serviceAccount', 'region'],
    ],
  ])('that cannot work is told by its fields (%#)', (config, fields) => {
    expect(rcs.check?.(config).map(({ field }) => field)).toEqual(fields)
  })

  it('that is only half there is no reason to stumble', () => {
    expect(rcs.check?.({} as Config)).toEqual([])
  })

  it.each([
    ['my_shop_ab12cd34_agent', true],
    ['welcome-bot@rbm.goog', true],
    ['', false],
    ['my shop', false],
    ['brands/b/agents/a', false],
  ])('with the agent %j is good: %s', (agentId, isGood) => {
    expect(Value.Check(rcs.config, { ...good, agentId })).toBe(isGood)
  })
})
