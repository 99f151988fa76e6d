import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { SendOutcome } from '../../src/domain/message.ts'
import type { Step } from '../../src/domain/sequence.ts'
import { type House, openHouse } from '../support/house.ts'
import { newMessage } from '../support/messages.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

const SMS: Step = { channel: 'SMS', successStatus: 'delivered', fallbackAfterMs: 60_000, onUncertain: 'wait' }
const EMAIL_NEXT: Step[] = [SMS, { channel: 'Viber', successStatus: 'delivered', onUncertain: 'wait' }]
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
})
