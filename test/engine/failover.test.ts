import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { SendOutcome } from '../../src/domain/message.ts'
import type { Step } from '../../src/domain/sequence.ts'
import { type House, openHouse } from '../support/house.ts'
import { newMessage } from '../support/messages.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

const SMS: Step = { channel: 'SMS', successStatus: 'delivered', fallbackAfterMs: 60_000, onUncertain: 'wait' }
const EMAIL_NEXT: Step[] = [SMS, { channel: 'Viber', successStatus: 'delivered', onUncertain: 'wait' }]
const PERSON = '+6590000001'
const AWAY: SendOutcome = { kind: 'retry', afterMs: 1000, detail: 'the connection was refused' }

describe.each(Object.entries(PLACES))('two connections for one channel, on %s', (_name, makePlace) => {
  let place: Place
  let house: House
  let first: ScriptedConnection
  let second: ScriptedConnection
  let bot: ScriptedConnection

  beforeEach(async () => {
    place = await makePlace(inject('postgresUrl'))
    first = scriptedConnection({ id: 'first', serves: ['SMS'] })
    second = scriptedConnection({ id: 'second', serves: ['SMS'] })
    bot = scriptedConnection({ id: 'bot', serves: ['Viber'] })
    house = await openHouse(place, [first, second, bot])
  })
  afterEach(async () => {
    await house.stop()
    await place.cleanUp()
  })

  const counts = () => [first.calls.length, second.calls.length, bot.calls.length]

  test('what the first turns away goes through the second in the same moment', async () => {
    first.answer(() => AWAY)
    const umid = await house.send(newMessage({ sequence: EMAIL_NEXT }))
    await house.advance(0)
    expect(counts()).toEqual([1, 1, 0])
    expect(second.calls[0]?.idempotencyKey).not.toBe(first.calls[0]?.idempotencyKey)
    await house.receipt(umid, 1, 'delivered')
    expect(await house.stateOf(umid)).toBe('succeeded')
  })

  test('what the first may have taken goes to nobody else, and on to the next step when its time is over', async () => {
    first.answer(() => ({ kind: 'uncertain', detail: 'timed out' }))
    const umid = await house.send(newMessage({ sequence: EMAIL_NEXT }))
    await house.advance(59_999)
    expect(counts()).toEqual([1, 0, 0])
    await house.advance(1)
    expect(counts()).toEqual([1, 0, 1])
    expect(await house.stateOf(umid)).toBe('live')
  })

  test('a refusal of the person is the last word of the step: no other provider is asked', async () => {
    first.answer(() => ({ kind: 'rejected', reason: 'recipient', detail: 'no such number' }))
    await house.send(newMessage({ sequence: EMAIL_NEXT }))
    await house.advance(0)
    expect(counts()).toEqual([1, 0, 1])
  })

  test('when all turn it away it waits, and is tried again from the first on', async () => {
    for (const connection of [first, second]) connection.answer(() => AWAY)
    await house.send(newMessage({ sequence: EMAIL_NEXT }))
    await house.advance(0)
    expect(counts()).toEqual([1, 1, 0])
    first.answer(() => ({ kind: 'accepted', providerRef: 'ref' }))
    await house.advance(4000)
    expect(counts()).toEqual([2, 1, 0])
  })

  test('one that is down is passed over, tried again by itself, and used again when it is back', async () => {
    first.answer(() => AWAY)
    for (let n = 0; n < 5; n++) {
      await house.send(newMessage({ sequence: EMAIL_NEXT }))
      await house.advance(0)
    }
    expect(counts()).toEqual([5, 5, 0])
    for (let n = 0; n < 20; n++) await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    expect(counts()).toEqual([5, 25, 0])
    // One send tries it; while its answer is not known, the others keep to the second.
    const trial = Promise.withResolvers<SendOutcome>()
    first.answer(() => trial.promise)
    await house.advance(10_000)
    for (let n = 0; n < 20; n++) await house.send(newMessage({ sequence: [SMS] }))
    while (second.calls.length < 44) await second.nextCall()
    first.answer(({ attemptRef }) => ({ kind: 'accepted', providerRef: attemptRef }))
    trial.resolve({ kind: 'accepted', providerRef: 'back' })
    await house.advance(0)
    expect(counts()).toEqual([6, 44, 0])
    await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    expect(counts()).toEqual([7, 44, 0])
    expect(house.log.map(({ sentence }) => sentence)).toEqual(
      expect.arrayContaining([
        'a connection is down, and others are used where there are any',
        'a connection is up again',
      ]),
    )
  })

  test('what waits its turn at one that goes down is taken by the other, and what is under way is not', async () => {
    const slow = scriptedConnection({ id: 'slow', serves: ['Telegram'], concurrency: 5 })
    const other = scriptedConnection({ id: 'other', serves: ['Telegram'] })
    await house.stop()
    house = await openHouse(place, [slow, other])
    const answers = Array.from({ length: 5 }, () => Promise.withResolvers<SendOutcome>())
    slow.answer(() => answers[slow.calls.length - 1]?.promise ?? AWAY)
    const chat: Step = { channel: 'Telegram', successStatus: 'accepted', onUncertain: 'wait' }
    for (let n = 0; n < 30; n++) await house.send(newMessage({ sequence: [chat] }))
    while (slow.calls.length < 5) await slow.nextCall()
    for (const { resolve } of answers) resolve({ kind: 'uncertain', detail: 'timed out' })
    await house.advance(0)
    // Five may be on their phones; a few more were on their way when it went down, and were turned away.
    expect(slow.calls.length).toBeLessThan(20)
    expect(new Set(other.calls.map(({ umid }) => umid)).size).toBe(25)
    expect(other.calls).toHaveLength(25)
  })

  test('a stop that one of them heard holds for both, and for this channel only', async () => {
    const stop = { kind: 'suppress', channel: 'SMS', address: '+6590000001', reason: 'opted-out' } as const
    await house.engine.take('second', { receipts: [], heard: [stop], ignored: 0 })
    const umid = await house.send(newMessage({ sequence: EMAIL_NEXT }))
    await house.advance(0)
    expect(counts()).toEqual([0, 0, 1])
    expect(await house.codesOf(umid)).toContain('step-skipped')
    await house.engine.take('second', { receipts: [], heard: [{ ...stop, kind: 'lift' }], ignored: 0 })
    await house.send(newMessage({ sequence: EMAIL_NEXT }))
    await house.advance(0)
    expect(counts()).toEqual([1, 0, 1])
  })

  test('a stop that comes while the message waits is heeded by the step after it', async () => {
    await house.send(newMessage({ sequence: [{ ...SMS, channel: 'Viber' }, SMS] }))
    await house.advance(30_000)
    const heard = [{ kind: 'suppress', channel: 'SMS', address: '+6590000001', reason: 'opted-out' } as const]
    await house.engine.take('first', { receipts: [], heard, ignored: 0 })
    await house.advance(30_000)
    expect(counts()).toEqual([0, 0, 1])
  })

  test('a refusal that says that the person has opted out is remembered', async () => {
    first.answer(() => ({
      kind: 'rejected',
      reason: 'recipient',
      detail: 'STOP',
      code: '21610',
      suppress: 'opted-out',
    }))
    for (let n = 0; n < 3; n++) {
      await house.send(newMessage({ sequence: EMAIL_NEXT }))
      await house.advance(0)
    }
    expect(counts()).toEqual([1, 0, 3])
  })

  test('a first failure of many sends at once is one failure: after ten seconds it is tried again', async () => {
    const away = Promise.withResolvers<SendOutcome>()
    first.answer(() => away.promise)
    for (let n = 0; n < 16; n++) await house.send(newMessage({ sequence: [SMS] }))
    while (first.calls.length < 16) await first.nextCall()
    away.resolve(AWAY)
    await house.advance(0)
    expect(counts()).toEqual([16, 16, 0])
    await house.advance(10_000)
    await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    expect(counts()).toEqual([17, 17, 0])
  })

  test('a message that goes to nobody does not use up the try of one that is down', async () => {
    await takeOut(first)
    const heard = [{ kind: 'suppress', channel: 'SMS', address: PERSON, reason: 'opted-out' } as const]
    await house.engine.take('first', { receipts: [], heard, ignored: 0 })
    await house.advance(10_000)
    await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    await house.send(newMessage({ sequence: [SMS], user: { msisdn: '+6590000002' } }))
    await house.advance(0)
    expect(first.calls).toHaveLength(6)
  })

  test('the log says of a provider in trouble nothing that may name a person', async () => {
    first.answer(({ address }) => ({ kind: 'retry', afterMs: 1000, detail: `no route to ${address}` }))
    for (let n = 0; n < 5; n++) await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    expect(house.log).not.toEqual([])
    expect(JSON.stringify(house.log)).not.toContain(PERSON)
  })

  test('what a dead node may have sent is repeated by the same connection, whichever is up at the next', async () => {
    await house.stop()
    const keyed = ['first', 'second'].map((id) =>
      scriptedConnection({ id, serves: ['SMS'], takesIdempotencyKey: true }),
    )
    const [one, two] = keyed as [ScriptedConnection, ScriptedConnection]
    house = await openHouse(place, keyed)
    one.answer(() => AWAY)
    for (let n = 0; n < 5; n++) await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    two.answer(() => new Promise(() => {}))
    const umid = await house.send(newMessage({ sequence: [{ ...SMS, fallbackAfterMs: 600_000 }] }))
    while (two.calls.at(-1)?.umid !== umid) await two.nextCall()
    const { clock } = house
    house.kill()
    two.answer(() => ({ kind: 'accepted' }))
    house = await openHouse(place, keyed, { clock })
    await house.advance(70_000)
    const calls = [...one.calls, ...two.calls].filter((call) => call.umid === umid)
    expect(calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([`${umid}.1.1`, `${umid}.1.1`])
    expect(one.calls.filter((call) => call.umid === umid)).toEqual([])
  })

  test('of which nothing is heard is still better than one that turns messages away', async () => {
    await house.stop()
    second = scriptedConnection({ id: 'second', serves: ['SMS'], receiptsWithinMs: 60_000 })
    house = await openHouse(place, [first, second])
    await takeOut(first)
    for (let n = 0; n < 20; n++) await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(61_000)
    await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    const [, health] = house.engine.connectionsFor('SMS').map((each) => each.health)
    expect(health?.because).toBe('no receipts come in')
    const umid = await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    expect(second.calls.at(-1)?.umid).toBe(umid)
  })

  async function takeOut(connection: ScriptedConnection): Promise<void> {
    connection.answer(() => AWAY)
    for (let n = 0; n < 5; n++) await house.send(newMessage({ sequence: [SMS] }))
    await house.advance(0)
    expect(connection.calls).toHaveLength(5)
  }
})

test('a stop under another name of the same person on the channel is heeded too', async () => {
  const place = await PLACES['sqlite file'](inject('postgresUrl'))
  const chat = scriptedConnection({ id: 'chat', serves: ['WhatsApp'] })
  const house = await openHouse(place, [chat])
  const heard = [{ kind: 'suppress', channel: 'WhatsApp', address: 'SG.1234', reason: 'opted-out' } as const]
  await house.engine.take('chat', { receipts: [], heard, ignored: 0 })
  const sequence = [{ ...SMS, channel: 'WhatsApp' }]
  await house.send(newMessage({ sequence, user: { msisdn: PERSON, channelUserId: 'SG.1234' } }))
  await house.advance(0)
  expect(chat.calls).toHaveLength(0)
  await house.send(newMessage({ sequence, user: { msisdn: PERSON } }))
  await house.advance(0)
  expect(chat.calls).toHaveLength(1)
  await house.stop()
  await place.cleanUp()
})

test('a stop for a mailbox is heeded however the address is written', async () => {
  const place = await PLACES['sqlite file'](inject('postgresUrl'))
  const mail = scriptedConnection({ id: 'mail', serves: ['Email'], address: 'email' })
  const house = await openHouse(place, [mail])
  const hear = async (kind: 'suppress' | 'lift', address: string) => {
    const heard = [{ kind, channel: 'Email', address, reason: 'opted-out' } as const]
    await house.engine.take('mail', { receipts: [], heard, ignored: 0 })
  }
  const write = async (email: string) => {
    await house.send(newMessage({ sequence: [{ ...SMS, channel: 'Email' }], user: { email } }))
    await house.advance(0)
  }
  await hear('suppress', 'Ann@Example.org')
  await write('ann@example.org')
  await write('ANN@example.org')
  expect(mail.calls).toHaveLength(0)
  await hear('lift', 'ann@EXAMPLE.org')
  await write('Ann@Example.org')
  expect(mail.calls.map(({ address }) => address)).toEqual(['Ann@Example.org'])
  await house.stop()
  await place.cleanUp()
})

describe('two connections of which one carries pictures', () => {
  const PICTURE = { type: 'image', content: { url: 'https://example.com/cat.jpg' } } as const

  test('a picture goes by that one alone, also when it is in trouble', async () => {
    const place = await PLACES['sqlite file'](inject('postgresUrl'))
    const plain = scriptedConnection({ id: 'plain', serves: ['WhatsApp'] })
    const rich = scriptedConnection({ id: 'rich', serves: ['WhatsApp'], carries: ['text', 'image'] })
    const house = await openHouse(place, [plain, rich])
    rich.answer(() => AWAY)
    const umid = await house.send(newMessage({ sequence: [{ ...SMS, channel: 'WhatsApp' }], ...PICTURE }))
    await house.advance(0)
    expect([plain.calls.length, rich.calls.length]).toEqual([0, 1])
    rich.answer(() => ({ kind: 'accepted' }))
    await house.advance(5000)
    expect([plain.calls.length, rich.calls.length]).toEqual([0, 2])
    expect(await house.codesOf(umid)).not.toContain('step-skipped')
    await house.stop()
    await place.cleanUp()
  })
})
