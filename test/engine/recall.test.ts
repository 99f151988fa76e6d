import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { RevokeOutcome } from '../../src/domain/message.ts'
import type { Step } from '../../src/domain/sequence.ts'
import { type House, openHouse } from '../support/house.ts'
import { newMessage, T0 } from '../support/messages.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

const RCS: Step = {
  channel: 'RCS',
  successStatus: 'delivered',
  fallbackAfterMs: 60_000,
  onUncertain: 'wait',
  revokeOnFallback: true,
}
const SEQUENCE: Step[] = [RCS, { channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' }]
const PERSON = '+6590000001'

describe.each(Object.entries(PLACES))('a step that takes back what has not arrived, on %s', (_name, makePlace) => {
  let place: Place
  let house: House
  let rcs: ScriptedConnection
  let sms: ScriptedConnection

  beforeEach(async () => {
    place = await makePlace(inject('postgresUrl'))
    rcs = scriptedConnection({ id: 'rcs', serves: ['RCS'], revokes: true })
    sms = scriptedConnection({ id: 'sms', serves: ['SMS'] })
    house = await openHouse(place, [rcs, sms])
  })
  afterEach(async () => {
    await house.stop()
    await place.cleanUp()
  })

  test('is told which message, under the provider’s id and the key of the send, and only then sends the next', async () => {
    const umid = await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(59_999)
    expect([rcs.recalls.length, sms.calls.length]).toEqual([0, 0])
    await house.advance(1)
    const { idempotencyKey } = rcs.calls[0] ?? {}
    const attemptRef = `${umid}.1`
    expect(rcs.calls[0]).toMatchObject({ validForMs: 60_000, willBeRevoked: true })
    expect(rcs.recalls).toEqual([
      {
        umid,
        attemptRef,
        idempotencyKey,
        channel: 'RCS',
        address: PERSON,
        providerRef: `ref-${attemptRef}`,
        leftAt: T0,
        validForMs: 60_000,
      },
    ])
    expect(sms.calls).toHaveLength(1)
    expect(await house.codesOf(umid)).toEqual(expect.arrayContaining(['recall-asked', 'recalled', 'fell-back']))
  })

  test('sends nothing more when it had arrived, and that was what was wanted', async () => {
    rcs.answerRecalls(() => ({ kind: 'too-late', status: 'delivered' }))
    const umid = await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(600_000)
    expect(sms.calls).toHaveLength(0)
    expect(await house.stateOf(umid)).toBe('succeeded')
  })

  test('waits ten seconds where the answer tells nothing, and counts a receipt that comes meanwhile', async () => {
    rcs.answerRecalls(() => ({ kind: 'unclear', detail: 'no such message' }))
    const late = await house.send(newMessage({ sequence: SEQUENCE }))
    const reached = await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(69_999)
    expect(sms.calls).toHaveLength(0)
    const report = { status: 'delivered' } as const
    await house.engine.take('rcs', { receipts: [{ attemptRef: `${reached}.1`, report }], ignored: 0 })
    await house.advance(1)
    expect(sms.calls.map(({ umid }) => umid)).toEqual([late])
    expect(await house.stateOf(reached)).toBe('succeeded')
  })

  test('goes on where the channel fails in the middle of the recall', async () => {
    rcs.answerRecalls(() => {
      throw new Error('broken')
    })
    await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(70_000)
    expect(sms.calls).toHaveLength(1)
    expect(house.log.map(({ sentence }) => sentence)).toContain('a channel threw while taking back')
  })

  test('takes nothing back that has failed, has arrived, or was the last step', async () => {
    const failed = await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(0)
    await house.receipt(failed, 1, 'failed')
    const read: Step[] = [{ ...RCS, successStatus: 'read' }, ...SEQUENCE.slice(1)]
    const arrived = await house.send(newMessage({ sequence: read }))
    await house.advance(0)
    await house.receipt(arrived, 1, 'delivered')
    await house.send(newMessage({ sequence: [RCS] }))
    await house.advance(120_000)
    expect(rcs.recalls).toEqual([])
    expect(sms.calls).toHaveLength(2)
  })

  test('asks no faster than its connection may be called, however many have waited for a node', async () => {
    await house.stop()
    rcs = scriptedConnection({ id: 'rcs', serves: ['RCS'], revokes: true, perSecond: 5 })
    house = await openHouse(place, [rcs, sms])
    for (let n = 0; n < 10; n++) await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(3000)
    expect(rcs.calls).toHaveLength(10)
    const { clock } = house
    await house.stop()
    await clock.advance(120_000)
    house = await openHouse(place, [rcs, sms], { clock })
    await house.advance(0)
    expect(rcs.recalls).toHaveLength(1)
    await house.advance(1000)
    expect(rcs.recalls).toHaveLength(6)
    await house.advance(1000)
    expect(rcs.recalls).toHaveLength(10)
  })

  test('forgets what it could not ask for in time: the provider is in trouble, and the next channel has told it', async () => {
    await house.stop()
    rcs = scriptedConnection({ id: 'rcs', serves: ['RCS'], revokes: true, concurrency: 1 })
    const stuck = Promise.withResolvers<RevokeOutcome>()
    rcs.answerRecalls(() => stuck.promise)
    house = await openHouse(place, [rcs, sms])
    for (let n = 0; n < 10; n++) await house.send(newMessage({ sequence: SEQUENCE }))
    await house.advance(59_999)
    // A call that is under way keeps the engine from being idle.
    await house.clock.advance(1)
    while (rcs.recalls.length === 0) await nextTurn()
    await house.clock.advance(10_000)
    while (sms.calls.length < 10) await sms.nextCall()
    await house.clock.advance(60_000)
    stuck.resolve({ kind: 'unclear', detail: 'timed out' })
    await house.advance(0)
    expect(rcs.recalls).toHaveLength(1)
    expect(sms.calls).toHaveLength(10)
  })
})
