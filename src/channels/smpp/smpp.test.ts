import { type AddressInfo, createServer, type Socket } from 'node:net'
import smppPackage from 'smpp'
import { afterEach, describe, expect, it } from 'vitest'
import { revocationOf } from '../../../test/contract/channel-contract.ts'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { freePort } from '../../../test/fakes/http-provider.ts'
import { LOGIN, type SmscFake, startSmsc } from '../../../test/fakes/smsc.ts'
import { LOCALHOST_CERTIFICATE } from '../../../test/fakes/smtp-server.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing, Told } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import type { World } from '../define-channel.ts'
import { smpp } from './smpp.ts'

type Config = Parameters<typeof smpp.create>[0]

const { errors } = smppPackage
const statusOf = (name: string) => errors[name] ?? -1
const closers: (() => Promise<void> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Setting = { channel: Channel; fake: SmscFake; clock: MovableClock; told: Told[] }

async function start(
  config: Partial<Config> = {},
  options: Parameters<typeof startSmsc>[0] & Partial<Pick<World, 'tell'>> = {},
): Promise<Setting> {
  const { tell, ...smsc } = options
  const fake = await startSmsc(smsc)
  closers.push(fake.close)
  const clock = new MovableClock(Date.parse('2026-03-01T12:00:00Z'))
  const world = channelWorld({ connectionId: 'sms', clock, ...(tell && { tell }) })
  const channel = smpp.create({ host: '127.0.0.1', port: fake.port, ...LOGIN, from: '+15551234567', ...config }, world)
  closers.push(() => {
    fake.release()
    return channel.close?.()
  })
  channel.start?.()
  return { channel, fake, clock, told: world.told }
}

const key = (number: number): Partial<Outgoing> => ({ idempotencyKey: `message-${number}.1.1` })
const send = (channel: Channel, over: Partial<Outgoing> = {}, signal = new AbortController().signal) =>
  channel.send(outgoingOf({}, over), signal)
const long: Partial<Outgoing> = { content: { type: 'text', text: 'a'.repeat(400), content: {} } }

/** A message that the SMSC has, and has answered. */
async function sent(setting: Setting, over: Partial<Outgoing> = {}) {
  const outcome = await send(setting.channel, over)
  if (outcome.kind !== 'accepted' || outcome.providerRef === undefined) throw new Error(`it is ${outcome.kind}`)
  const { providerRef } = outcome
  return { ...revocationOf({ outgoing: outgoingOf({}, over), providerRef }), providerRef }
}

describe('the bind', () => {
  it('says who we are, and which messages are ours', async () => {
    const { fake } = await start({ systemType: 'VMA', addressRange: '^1555', addressTon: 1, addressNpi: 1 })
    await fake.bound()
    expect(fake.received('bind_transceiver')).toMatchObject([
      {
        system_id: LOGIN.systemId,
        password: LOGIN.password,
        system_type: 'VMA',
        interface_version: 0x34,
        addr_ton: 1,
        addr_npi: 1,
        address_range: '^1555',
      },
    ])
  })

  it('is encrypted where it is asked for', async () => {
    const { channel, fake } = await start({ tls: true, certificateAuthority: LOCALHOST_CERTIFICATE }, { tls: true })
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.binds()).toBe(1)
  })

  it('is not made to an SMSC whose certificate is not trusted', async () => {
    const { channel, fake } = await start({ tls: true }, { tls: true })
    expect(await send(channel)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('SELF_SIGNED') })
    expect(fake.received('bind_transceiver')).toEqual([])
  })

  it('is waited for by sends, which share one session', async () => {
    const { channel, fake } = await start()
    const outcomes = await Promise.all([1, 2, 3].map((number) => send(channel, key(number))))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(fake.binds()).toBe(1)
  })

  it('that is refused for now is made again, after pauses that grow', async () => {
    const { channel, fake, clock } = await start()
    await fake.bound()
    const binds = () => fake.received('bind_transceiver').length
    fake.refuseBinds(statusOf('ESME_RALYBND'))
    const again = fake.next('bind_transceiver')
    fake.cut()
    await again // at once
    expect(await send(channel)).toMatchObject({
      kind: 'retry',
      afterMs: 1_000,
      detail: expect.stringContaining('RALYBND'),
    })
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      const before = binds()
      await clock.advance(pauseMs - 1)
      expect(binds()).toBe(before)
      const next = fake.next('bind_transceiver')
      await clock.advance(1)
      await next
      expect((await send(channel)).kind).toBe('retry')
    }
    fake.refuseBinds(undefined)
    await clock.advance(60_000)
    await fake.bound()
    expect((await send(channel)).kind).toBe('accepted')
  })

  it('that is refused for its password rejects at once, so that the next step can go', async () => {
    const { channel, fake } = await start({ password: 'guess' })
    expect(await send(channel)).toEqual({
      kind: 'rejected',
      reason: 'credentials',
      code: '0x0E',
      detail: 'the SMSC answered ESME_RINVPASWD (0x0E): the password is wrong',
    })
    expect((await send(channel)).kind).toBe('rejected') // without asking again
    expect(fake.received('bind_transceiver')).toHaveLength(1)
  })

  it('that is not answered is given up after a while', async () => {
    const silent = await startSilent()
    const { channel, clock } = await start({ port: silent.port, responseTimeoutSeconds: 5 })
    const outcome = send(channel)
    await silent.asked
    await clock.advance(5_000)
    expect(await outcome).toMatchObject({ kind: 'retry', detail: expect.stringContaining('bind was not answered') })
  })
})

/** Takes connections and says nothing. */
async function startSilent(): Promise<{ port: number; asked: Promise<void> }> {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.once('data', () => resolve())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((closed) => server.close(() => closed()))
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

describe('the window', () => {
  it('holds back what is more than may be unanswered', async () => {
    const { channel, fake } = await start({ window: 2 })
    fake.behave({ do: 'hold' })
    const outcomes = [1, 2, 3, 4, 5].map((number) => send(channel, key(number)))
    for (const count of [2, 3, 4, 5]) {
      await fake.seen('submit_sm', count)
      fake.release(1)
    }
    fake.release()
    expect((await Promise.all(outcomes)).map(({ kind }) => kind)).toEqual(Array(5).fill('accepted'))
    expect(fake.mostUnanswered()).toBe(2)
    expect(fake.messages).toHaveLength(5)
  })

  it('keeps the place of a send that was called off, until the SMSC has answered it', async () => {
    const { channel, fake } = await start({ window: 1 })
    fake.behave({ do: 'hold' })
    const controller = new AbortController()
    const first = send(channel, key(1), controller.signal)
    await fake.arrived()
    controller.abort()
    expect((await first).kind).toBe('uncertain')
    const second = send(channel, key(2))
    const third = new AbortController()
    const waiting = send(channel, key(3), third.signal)
    third.abort()
    expect(await waiting).toMatchObject({ kind: 'retry' }) // it had no place yet
    const next = fake.next('submit_sm')
    fake.release()
    await next
    fake.release()
    expect((await second).kind).toBe('accepted')
    expect(fake.messages).toHaveLength(2)
  })

  it('gives its places back when answers never come', async () => {
    const { channel, fake, clock } = await start({ window: 1, responseTimeoutSeconds: 5, enquireLinkSeconds: 3600 })
    fake.behave({ do: 'hold' })
    const first = send(channel, key(1))
    await fake.arrived()
    await clock.advance(5_000)
    expect(await first).toMatchObject({ kind: 'uncertain', detail: expect.stringContaining('did not answer in time') })
    fake.behave({ do: 'accept' })
    expect((await send(channel, key(2))).kind).toBe('accepted')
  })
})

describe('a session that is lost', () => {
  it('leaves what was written uncertain, and what was not to be tried again', async () => {
    const { channel, fake } = await start({ window: 1 })
    fake.behave({ do: 'hold' })
    const written = send(channel, key(1))
    await fake.arrived()
    const waiting = send(channel, key(2))
    fake.cut()
    expect((await written).kind).toBe('uncertain')
    expect((await waiting).kind).toBe('retry')
    fake.behave({ do: 'accept' })
    expect((await send(channel, key(2))).kind).toBe('accepted')
    expect(fake.binds()).toBe(2)
    expect(fake.messages).toHaveLength(2)
  })

  it('is bound again without a send, so that receipts go on', async () => {
    const setting = await start()
    const { providerRef } = await sent(setting)
    const again = setting.fake.next('bind_transceiver')
    setting.fake.cut()
    await again
    expect((await setting.fake.receipt(providerRef, 'DELIVRD')).command_status).toBe(0)
    expect(setting.told).toMatchObject([{ receipts: [{ providerRef, report: { status: 'delivered' } }] }])
  })

  it('that the SMSC ends with unbind is answered and bound again', async () => {
    const { channel, fake } = await start()
    await fake.bound()
    const again = fake.next('bind_transceiver')
    expect(await fake.ask('unbind')).toMatchObject({ command: 'unbind_resp', command_status: 0 })
    await again
    expect((await send(channel)).kind).toBe('accepted')
  })

  it('in the middle of a message of several parts is uncertain', async () => {
    const { channel, fake } = await start()
    fake.behave({ do: 'hold' })
    const outcome = send(channel, long)
    const second = fake.arrived().then(() => fake.next('submit_sm'))
    await fake.arrived()
    fake.release()
    await second
    fake.cut()
    expect((await outcome).kind).toBe('uncertain')
  })

  it.each([
    ['that it could not read us', new smppPackage.PDU('generic_nack', { command_status: 2 }).toBuffer()],
    ['a response to another question', new smppPackage.PDU('enquire_link_resp', { sequence_number: 2 }).toBuffer()],
    ['a PDU too long to be true', Buffer.from('7fffffff00000005', 'hex')],
    ['a PDU too short to be one', Buffer.from('0000000800000005', 'hex')],
  ])('because the SMSC says %s is left and bound anew', async (_what, bytes) => {
    const { channel, fake } = await start()
    await fake.bound()
    fake.behave({ do: 'write', bytes })
    expect((await send(channel, key(1))).kind).toBe('uncertain')
    fake.behave({ do: 'accept' })
    expect((await send(channel, key(2))).kind).toBe('accepted')
    expect(fake.binds()).toBe(2)
  })

  it('because the SMSC holds it for unbound is bound anew', async () => {
    const { channel, fake } = await start()
    fake.behave({ do: 'refuse', status: statusOf('ESME_RINVBNDSTS') })
    expect(await send(channel)).toMatchObject({ kind: 'retry', afterMs: 1_000 })
    fake.behave({ do: 'accept' })
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.binds()).toBe(2)
  })
})

describe('the heartbeat', () => {
  it('asks an SMSC that has been silent, and not one that speaks', async () => {
    const { channel, fake, clock } = await start({ enquireLinkSeconds: 30 })
    await fake.bound()
    await clock.advance(20_000)
    expect((await send(channel)).kind).toBe('accepted')
    await clock.advance(20_000)
    expect(fake.received('enquire_link')).toEqual([])
    const asked = fake.next('enquire_link')
    await clock.advance(10_000)
    await asked
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.binds()).toBe(1)
  })

  it('leaves an SMSC that does not answer', async () => {
    const { channel, fake, clock } = await start({ enquireLinkSeconds: 30, responseTimeoutSeconds: 5 })
    await fake.bound()
    fake.isSilentOnLink = true
    const asked = fake.next('enquire_link')
    await clock.advance(30_000)
    await asked
    const again = fake.next('bind_transceiver')
    await clock.advance(5_000)
    await again
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.binds()).toBe(2)
  })

  it('of the SMSC is answered', async () => {
    const { fake } = await start()
    await fake.bound()
    expect(await fake.ask('enquire_link')).toMatchObject({ command: 'enquire_link_resp', command_status: 0 })
  })

  it('is not upset by what has no answer, or what we do not know', async () => {
    const { fake } = await start()
    await fake.bound()
    fake.write(new smppPackage.PDU('alert_notification', { sequence_number: 7 }).toBuffer())
    expect(await fake.ask('query_sm', { message_id: '1' })).toMatchObject({
      command: 'generic_nack',
      command_status: 3,
    })
    expect(fake.received('generic_nack')).toHaveLength(1)
  })
})

describe('a message', () => {
  it('in parts is accepted under the id of the last, and a receipt for that tells of all', async () => {
    const setting = await start()
    const { providerRef } = await sent(setting, long)
    expect(providerRef).toBe('id-3')
    expect(setting.fake.messages.map(({ pdu }) => pdu.registered_delivery)).toEqual([0, 0, 1])
    expect(setting.fake.messages.map(({ text }) => text).join('')).toBe('a'.repeat(400))
    await setting.fake.receipt('id-3', 'DELIVRD')
    expect(setting.told).toMatchObject([{ receipts: [{ providerRef, report: { status: 'delivered' } }] }])
  })

  it('is not sent on when one of its parts was refused', async () => {
    const { channel, fake } = await start()
    const isSecond = () => fake.messages.length === 1
    fake.behave({ do: 'refuse', status: statusOf('ESME_RTHROTTLED'), to: isSecond })
    expect(await send(channel, long)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(fake.messages).toHaveLength(1)
  })

  it('that is too much for now is tried again later', async () => {
    const { channel, fake } = await start()
    fake.behave({ do: 'refuse', status: statusOf('ESME_RTHROTTLED') })
    expect(await send(channel)).toMatchObject({
      kind: 'retry',
      afterMs: 5_000,
      detail: expect.stringContaining('0x58'),
    })
    fake.behave({ do: 'accept' })
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.binds()).toBe(1)
  })

  it('that is answered by a nack of its number is not taken', async () => {
    const { channel, fake } = await start()
    await fake.bound()
    fake.behave({
      do: 'write',
      bytes: new smppPackage.PDU('generic_nack', { command_status: 8, sequence_number: 2 }).toBuffer(),
    })
    expect(await send(channel)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('ESME_RSYSERR') })
  })

  it('that is answered by a nack without a status may have been taken', async () => {
    const { channel, fake } = await start()
    await fake.bound()
    fake.behave({ do: 'write', bytes: new smppPackage.PDU('generic_nack', { sequence_number: 2 }).toBuffer() })
    expect((await send(channel)).kind).toBe('uncertain')
  })

  it('whose answer has no id is accepted without one', async () => {
    const { channel } = await start({}, { ids: () => '' })
    expect(await send(channel)).toEqual({ kind: 'accepted' })
  })

  it('that cannot be sent costs no word with the SMSC', async () => {
    const { channel, fake } = await start()
    expect(await send(channel, { address: '12345' })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
    expect(fake.received('submit_sm')).toEqual([])
  })
})

describe('what comes in', () => {
  it('may be the receipt before the answer', async () => {
    const setting = await start()
    setting.fake.behave({ do: 'receipt-first' })
    const { providerRef } = await sent(setting)
    expect(setting.told).toEqual([
      { receipts: [{ providerRef, report: { status: 'delivered', native: 'DELIVRD' } }], ignored: 0 },
    ])
  })

  it('is confirmed once it is stored, and not before', async () => {
    const stored = Promise.withResolvers<void>()
    const { fake, channel } = await start({}, { tell: () => stored.promise })
    expect((await send(channel)).kind).toBe('accepted')
    let isConfirmed = false
    const confirmed = fake.receipt('id-1', 'DELIVRD').then(() => {
      isConfirmed = true
    })
    await fake.ask('enquire_link') // an answer that comes behind, if ours had been written
    expect(isConfirmed).toBe(false)
    stored.resolve()
    await confirmed
  })

  it('is left to the SMSC when it cannot be stored', async () => {
    const setting = await start(
      {},
      {
        tell: async () => {
          throw new Error('the database is away')
        },
      },
    )
    const { providerRef } = await sent(setting)
    expect((await setting.fake.receipt(providerRef, 'DELIVRD')).command_status).toBe(statusOf('ESME_RX_T_APPN'))
    expect((await send(setting.channel)).kind).toBe('accepted')
  })

  it('is refused for good when its fields cannot be read', async () => {
    const { fake } = await start()
    await fake.bound()
    const answered = fake.next('deliver_sm_resp')
    fake.write(Buffer.from('00000012000000050000000000000009ffff', 'hex'))
    expect(await answered).toMatchObject({ sequence_number: 9, command_status: statusOf('ESME_RX_P_APPN') })
  })

  it('may be cut into pieces, or come several at once', async () => {
    const { fake, told } = await start()
    await fake.bound()
    const reply = (sequence_number: number) =>
      new smppPackage.PDU('deliver_sm', {
        sequence_number,
        source_addr: '6591234567',
        source_addr_ton: 1,
        short_message: Buffer.from(`Reply ${sequence_number}`),
      }).toBuffer()
    const bytes = Buffer.concat([reply(11), reply(12), reply(13)])
    const [head, ...rest] = [bytes.subarray(0, 3), bytes.subarray(3, 90), bytes.subarray(90)]
    fake.write(head ?? bytes)
    for (const piece of rest) {
      await new Promise((resolve) => setImmediate(resolve)) // so that it may go by itself
      fake.write(piece)
    }
    await fake.seen('deliver_sm_resp', 3)
    const texts = told.map(({ heard }) => heard?.map((each) => each.kind === 'reply' && each.text))
    expect(texts).toEqual([['Reply 11'], ['Reply 12'], ['Reply 13']])
  })

  it('is matched to its message when the SMSC writes ids in two ways', async () => {
    const setting = await start({ messageIdFormat: 'hex-then-decimal' }, { ids: (count) => `0000C0FFE${count}` })
    const { providerRef } = await sent(setting)
    await setting.fake.receipt(String(0xc0ffe1), 'DELIVRD')
    expect(setting.told).toMatchObject([{ receipts: [{ providerRef }] }])
  })

  it('is a reply of a person, too', async () => {
    const { fake, told } = await start()
    await fake.bound()
    const fields = { source_addr: '6591234567', source_addr_ton: 1, short_message: Buffer.from('STOP') }
    expect((await fake.ask('deliver_sm', fields)).command_status).toBe(0)
    expect(told).toMatchObject([{ heard: [{ kind: 'reply' }, { kind: 'suppress', address: '+6591234567' }] }])
  })
})

describe('a recall', () => {
  it('takes back each part of a message, whoever it was from', async () => {
    const setting = await start()
    const one = await sent(setting, {
      content: { type: 'text', text: 'a'.repeat(400), content: { sms: { source: 'Bistro' } } },
    })
    expect(await setting.channel.revoke?.(one, new AbortController().signal)).toEqual({ kind: 'revoked' })
    expect(setting.fake.messages).toEqual([])
  })

  it('uses the id as the SMSC wrote it', async () => {
    const setting = await start({ messageIdFormat: 'hex' }, { ids: () => '0000C0FFEE' })
    const one = await sent(setting)
    expect(one.providerRef).toBe('12648430')
    expect(await setting.channel.revoke?.(one, new AbortController().signal)).toEqual({ kind: 'revoked' })
  })

  it('of what nobody remembers here asks by the id alone', async () => {
    const setting = await start()
    const one = await sent(setting)
    const world = channelWorld()
    const config = { host: '127.0.0.1', port: setting.fake.port, ...LOGIN, from: '+15551234567' }
    const restarted = smpp.create(config, world)
    closers.push(() => restarted.close?.())
    expect(await restarted.revoke?.(one, new AbortController().signal)).toEqual({ kind: 'revoked' })
  })

  it('is unclear when a part has arrived, or there is no id', async () => {
    const setting = await start()
    const one = await sent(setting, long)
    const [first] = setting.fake.messages
    if (first) first.isDelivered = true
    expect(await setting.channel.revoke?.(one, new AbortController().signal)).toMatchObject({
      kind: 'unclear',
      detail: expect.stringContaining('ESME_RCANCELFAIL'),
    })
    const { providerRef: _, ...nameless } = one
    expect(await setting.channel.revoke?.(nameless, new AbortController().signal)).toMatchObject({ kind: 'unclear' })
  })
})

describe('a check', () => {
  const check = (channel: Channel) => channel.check?.(new AbortController().signal)

  it('binds and unbinds on a connection of its own', async () => {
    const { channel, fake } = await start()
    await fake.bound()
    const unbound = fake.next('unbind')
    expect(await check(channel)).toEqual({ kind: 'good', detail: 'bound to FAKE-SMSC' })
    await unbound
    expect(fake.binds()).toBe(2)
  })

  it('believes an SMSC that allows one session and says that it has it', async () => {
    const { channel, fake } = await start()
    await fake.bound()
    expect((await send(channel)).kind).toBe('accepted')
    fake.refuseBinds(statusOf('ESME_RALYBND'))
    expect(await check(channel)).toMatchObject({ kind: 'good' })
  })

  it('knows nothing of an SMSC that is busy', async () => {
    const { channel, fake } = await start()
    fake.refuseBinds(statusOf('ESME_RSYSERR'))
    expect(await check(channel)).toMatchObject({ kind: 'unknown' })
  })
})

describe('closing', () => {
  it('says goodbye, and leaves no connection', async () => {
    const { channel, fake } = await start()
    await fake.bound()
    const unbound = fake.next('unbind')
    await channel.close?.()
    await unbound
    await fake.left()
    expect(fake.received('unbind')).toHaveLength(1)
    expect(await send(channel)).toMatchObject({ kind: 'retry' })
    expect(fake.binds()).toBe(1)
  })

  it('waits for what was written, and calls off what was not', async () => {
    const { channel, fake } = await start({ window: 1 })
    fake.behave({ do: 'hold' })
    const written = send(channel, key(1))
    await fake.arrived()
    const waiting = send(channel, key(2))
    const closed = channel.close?.()
    expect((await waiting).kind).toBe('retry')
    fake.release()
    expect((await written).kind).toBe('accepted')
    await closed
    expect(fake.messages).toHaveLength(1)
  })

  it('ends the pause before another bind', async () => {
    const clock = new MovableClock(0)
    const channel = smpp.create({ host: '127.0.0.1', port: await freePort(), ...LOGIN }, channelWorld({ clock }))
    channel.start?.()
    expect(await send(channel)).toMatchObject({ kind: 'retry', detail: expect.stringContaining('ECONNREFUSED') })
    await channel.close?.()
  })
})

describe('what is configured', () => {
  const config = { host: 'smsc.example.com', ...LOGIN }

  it('is what the channel can do', () => {
    expect(smpp.abilities('SMS', config)).toMatchObject({
      reports: ['accepted', 'sent', 'delivered'],
      revokes: true,
      hearsReplies: true,
    })
    const { validity, hearsReplies, reports } = smpp.abilities('SMS', {
      ...config,
      from: 'My Shop',
      receipts: false,
      validity: false,
    })
    expect({ validity, hearsReplies, reports }).toEqual({ reports: ['accepted'] })
  })

  it.each([
    [{ password: 'gehéim' }, ['password']],
    [{ certificateAuthority: 'PEM' }, ['certificateAuthority']],
    [{ sourceTon: 1, sourceNpi: 1 }, ['sourceTon', 'sourceNpi']],
    [{ sourceTon: 1, from: '12345' }, []],
  ])('as %j is told by its fields', (more, fields) => {
    expect(smpp.check?.({ ...config, ...more }).map(({ field }) => field)).toEqual(fields)
  })
})
