import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Connection } from '../../src/engine/ports/channel.ts'
import { type House, openHouse } from '../support/house.ts'
import { deciding, intake, newMessage, T0, THREE_STEPS } from '../support/messages.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

for (const [name, makePlace] of Object.entries(PLACES)) {
  describe(`engine on ${name}`, () => {
    let place: Place
    let fake: ScriptedConnection
    let houses: House[]

    beforeEach(async () => {
      place = await makePlace(inject('postgresUrl'))
      fake = scriptedConnection()
      houses = []
    })
    afterEach(async () => {
      await Promise.all(houses.map((house) => house.stop()))
      await place.cleanUp()
    })

    async function open(
      connections: readonly Connection[] = [fake],
      options?: Parameters<typeof openHouse>[2],
    ): Promise<House> {
      const house = await openHouse(place, connections, options)
      houses.push(house)
      return house
    }
    /** The process dies; what it had not committed is gone. */
    function kill(house: House): void {
      house.kill()
      houses = houses.filter((each) => each !== house)
    }
    const channels = () => fake.calls.map(({ channel }) => channel)
    const never = () => new Promise<never>(() => {})

    describe('stories', () => {
      test('a message goes from channel to channel until one succeeds', async () => {
        const house = await open()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        expect(channels()).toEqual(['WhatsApp'])
        await house.advance(59_999)
        expect(channels()).toEqual(['WhatsApp'])
        await house.advance(1)
        expect(channels()).toEqual(['WhatsApp', 'Viber'])
        await house.advance(60_000)
        expect(channels()).toEqual(['WhatsApp', 'Viber', 'SMS'])
        await house.receipt(umid, 3, 'delivered')
        expect(await house.stateOf(umid)).toBe('succeeded')
        await house.advance(600_000)
        expect(channels()).toEqual(['WhatsApp', 'Viber', 'SMS'])
      })

      test('a receipt that is committed before the timer wakes calls the next channel off (a read races the timer)', async () => {
        const house = await open()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(59_999)
        await house.receipt(umid, 1, 'read')
        await house.advance(600_000)
        expect(channels()).toEqual(['WhatsApp'])
        expect(await house.codesOf(umid)).toEqual(['step-opened', 'send-accepted', 'receipt', 'succeeded'])
      })

      test('a refusal falls back at once', async () => {
        const house = await open()
        fake.answer(({ channel }) =>
          channel === 'WhatsApp'
            ? { kind: 'rejected', reason: 'recipient', detail: 'not on WhatsApp' }
            : { kind: 'accepted' },
        )
        await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        expect(channels()).toEqual(['WhatsApp', 'Viber'])
      })

      test('a person without an address on a channel is reached on the next', async () => {
        const house = await open()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS, user: { email: 'a@example.test' } }))
        await house.advance(0)
        expect(fake.calls).toEqual([])
        expect(await house.stateOf(umid)).toBe('exhausted')
        expect(await house.codesOf(umid)).toEqual(['step-skipped', 'step-skipped', 'step-skipped', 'exhausted'])
      })

      test('a scheduled message waits for its hour, and one in the past goes now', async () => {
        const house = await open()
        await house.send(newMessage({ scheduledAt: T0 + 3_600_000 }))
        await house.send(newMessage({ scheduledAt: T0 - 3_600_000, clientMessageId: 'past' }))
        await house.advance(3_599_999)
        expect(fake.calls.map(({ clientMessageId }) => clientMessageId)).toEqual(['past'])
        await house.advance(1)
        expect(fake.calls).toHaveLength(2)
      })

      test('the defaults of a subaccount may change: a message keeps the sequence that it was accepted with', async () => {
        const house = await open()
        await house.store.accounts.setDefaultSequence('default', [
          { channel: 'WhatsApp', fallbackAfter: 60 },
          { channel: 'SMS' },
        ])
        await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        await house.store.accounts.setDefaultSequence('default', [{ channel: 'SMS' }])
        await house.advance(60_000)
        expect(channels()).toEqual(['WhatsApp', 'Viber'])
      })

      test('a status on the message never hides the need for the next channel: each fallback is really sent', async () => {
        const house = await open()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        await house.receipt(umid, 1, 'sent')
        await house.receipt(umid, 1, 'delivered')
        await house.advance(60_000)
        await house.receipt(umid, 2, 'sent')
        await house.advance(60_000)
        expect(channels()).toEqual(['WhatsApp', 'Viber', 'SMS'])
      })
    })

    describe('receipts', () => {
      test('a receipt that arrives before its send was settled is not lost, when it echoes our reference', async () => {
        const house = await open()
        fake.answer(async ({ umid }) => {
          await house.engine.receive('fake', callback([{ attemptRef: `${umid}.1`, report: { status: 'read' } }]))
          return { kind: 'accepted', providerRef: 'p-1' }
        })
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(600_000)
        expect(channels()).toEqual(['WhatsApp'])
        expect(await house.stateOf(umid)).toBe('succeeded')
      })

      test('a receipt that arrives before its send was settled is parked and not lost, when it only knows the provider’s id', async () => {
        const house = await open()
        fake.answer(async () => {
          await house.engine.receive('fake', callback([{ providerRef: 'p-1', report: { status: 'read' } }]))
          return { kind: 'accepted', providerRef: 'p-1' }
        })
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(600_000)
        expect(channels()).toEqual(['WhatsApp'])
        expect(await house.stateOf(umid)).toBe('succeeded')
        expect(await house.store.messages.matchParked()).toEqual([])
      })

      test('a receipt for a send that we never made is kept for a day, then dropped with a warning', async () => {
        const house = await open()
        await house.engine.receive('fake', callback([{ providerRef: 'whose?', report: { status: 'read' } }]))
        await house.advance(24 * 3_600_000 + 600_000)
        expect(house.log.filter(({ level }) => level === 'warn').map(({ fields }) => fields.receipts)).toEqual([1])
      })

      test('the same receipt delivered many times is one receipt', async () => {
        const house = await open()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        const report = { status: 'delivered', providerAt: T0 } as const
        await Promise.all(Array.from({ length: 10 }, () => house.receipt(umid, 1, report)))
        expect((await house.codesOf(umid)).filter((code) => code === 'receipt')).toHaveLength(1)
      })

      test('one receipt that nobody can match takes none of the others with it', async () => {
        const house = await open()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        await house.engine.receive(
          'fake',
          callback([
            { attemptRef: 'garbage', report: { status: 'read' } },
            { attemptRef: `${umid}.7`, report: { status: 'read' } },
            { providerRef: 'unknown', report: { status: 'read' } },
            { attemptRef: `${umid}.1`, report: { status: 'read' } },
          ]),
        )
        expect(await house.stateOf(umid)).toBe('succeeded')
      })

      test('a callback for a connection that we do not have is not taken', async () => {
        const house = await open()
        expect(await house.engine.receive('other', callback([]))).toBeUndefined()
      })
    })

    describe('sends whose outcome is not known', () => {
      test('a call that never answers is uncertain and not repeated: the step’s deadline decides', async () => {
        const house = await open()
        fake.answer((_, signal) => aborted(signal).then(() => ({ kind: 'uncertain', detail: 'time-out' })))
        await house.send(newMessage({ sequence: THREE_STEPS }))
        const called = fake.nextCall()
        await house.clock.advance(0)
        await called
        await house.clock.advance(30_000)
        await house.engine.idle()
        fake.answer(() => ({ kind: 'accepted' }))
        await house.advance(59_999)
        expect(channels()).toEqual(['WhatsApp'])
        await house.advance(1)
        expect(channels()).toEqual(['WhatsApp', 'Viber'])
      })

      test('where the channel honours keys, an uncertain send is repeated with the same key', async () => {
        const email = scriptedConnection({ takesIdempotencyKey: true })
        const house = await open([email])
        const answers = ['uncertain', 'accepted'] as const
        email.answer(() => ({ kind: answers[email.calls.length - 1] ?? 'accepted', detail: 'cut' }) as never)
        await house.send(newMessage())
        await house.advance(10_000)
        expect(email.calls).toHaveLength(2)
        expect(new Set(email.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
      })

      test('a channel that throws is taken for uncertain, and said so in the log without the person’s data', async () => {
        const house = await open()
        fake.answer(() => {
          throw new Error('our own bug')
        })
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(0)
        expect(await house.codesOf(umid)).toEqual(['step-opened', 'send-uncertain'])
        const [line] = house.log
        expect(line?.level).toBe('error')
        expect(JSON.stringify(line)).not.toContain('+6590000001')
      })

      test('a provider that asks for patience gets it, and then the message', async () => {
        const house = await open()
        fake.answer(() => ({ kind: 'retry', afterMs: 7000, detail: '429' }))
        await house.send(newMessage({ sequence: THREE_STEPS }))
        await house.advance(6999)
        expect(fake.calls).toHaveLength(1)
        fake.answer(() => ({ kind: 'accepted' }))
        await house.advance(1)
        expect(fake.calls).toHaveLength(2)
        // The step's time runs from when the message left, not from when we first tried.
        await house.advance(59_999)
        expect(channels()).toEqual(['WhatsApp', 'WhatsApp'])
        await house.advance(1)
        expect(channels()).toEqual(['WhatsApp', 'WhatsApp', 'Viber'])
      })
    })

    describe('cancel', () => {
      test('wins over a send that has not started', async () => {
        const one = scriptedConnection({ concurrency: 1 })
        const house = await open([one])
        let letGo = () => {}
        one.answer(() => new Promise((resolve) => (letGo = () => resolve({ kind: 'accepted' }))))
        const first = one.nextCall()
        await house.send(newMessage({ clientMessageId: 'first' }))
        await first
        const second = await house.send(newMessage({ clientMessageId: 'second' }))
        await until(async () => (await house.codesOf(second)).includes('step-opened'))
        const answer = house.engine.cancel(second)
        await until(async () => (await house.stateOf(second)) === 'cancelled')
        letGo()
        expect(await answer).toEqual({ result: 'cancelled' })
        await house.engine.idle()
        expect(one.calls.map(({ clientMessageId }) => clientMessageId)).toEqual(['first'])
        expect(await house.codesOf(second)).toEqual(['step-opened', 'cancelled', 'send-withdrawn'])
      })

      test('waits for a call under way and tells which step was too late', async () => {
        const house = await open()
        let letGo = () => {}
        fake.answer(() => new Promise((resolve) => (letGo = () => resolve({ kind: 'accepted' }))))
        const called = fake.nextCall()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await called
        const answer = house.engine.cancel(umid)
        await until(async () => (await house.stateOf(umid)) === 'cancelled')
        letGo()
        expect(await answer).toEqual({ result: 'too-late', step: 0, at: T0 })
        await house.advance(600_000)
        expect(channels()).toEqual(['WhatsApp'])
      })

      test('gives up waiting for a call that hangs, and says that it is undecided', async () => {
        const house = await open()
        fake.answer(never)
        const called = fake.nextCall()
        const umid = await house.send(newMessage())
        await called
        const answer = house.engine.cancel(umid, 5000)
        await until(async () => (await house.stateOf(umid)) === 'cancelled')
        await house.clock.advance(5000)
        expect(await answer).toEqual({ result: 'undecided', step: 0 })
        kill(house)
      })

      test('of a message that had ended, or that nobody knows, says so', async () => {
        const house = await open()
        const umid = await house.send(newMessage())
        await house.advance(0)
        await house.receipt(umid, 1, 'delivered')
        expect(await house.engine.cancel(umid)).toEqual({ result: 'ended', outcome: 'succeeded' })
        expect(await house.engine.cancel('nobody')).toBeUndefined()
      })
    })

    describe('crashes', () => {
      test('nothing that matters is in memory: another process goes on with what was accepted', async () => {
        const clock = await (async () => {
          const house = await open()
          await house.send(newMessage({ sequence: THREE_STEPS }))
          await house.advance(0)
          await house.send(newMessage({ scheduledAt: T0 + 60_000, clientMessageId: 'scheduled' }))
          kill(house)
          return house.clock
        })()
        const house = await open([fake], { clock })
        await house.advance(60_000)
        expect(channels().sort()).toEqual(['SMS', 'Viber', 'WhatsApp'])
      })

      test('a crash between intent and outcome leaves the send uncertain, and it is not made again', async () => {
        const house = await open()
        fake.answer(never)
        const called = fake.nextCall()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await called
        kill(house)
        fake.answer(() => ({ kind: 'accepted' }))
        const successor = await open([fake], { clock: house.clock })
        await successor.advance(60_000)
        expect(await successor.codesOf(umid)).toEqual(['step-opened', 'send-uncertain'])
        await successor.receipt(umid, 1, 'read')
        await successor.advance(600_000)
        expect(channels()).toEqual(['WhatsApp'])
        expect(await successor.stateOf(umid)).toBe('succeeded')
      })

      test('a crash after the answer but before its commit is the same: the receipt decides', async () => {
        const house = await open()
        fake.answer(() => {
          house.kill()
          return { kind: 'accepted', providerRef: 'p-1' }
        })
        const called = fake.nextCall()
        const umid = await house.send(newMessage({ sequence: THREE_STEPS }))
        await called
        kill(house)
        fake.answer(() => ({ kind: 'accepted' }))
        const successor = await open([fake], { clock: house.clock })
        await successor.receipt(umid, 1, 'delivered')
        await successor.advance(59_999)
        expect(channels()).toEqual(['WhatsApp'])
        await successor.advance(1)
        expect(channels()).toEqual(['WhatsApp', 'Viber'])
      })

      test('whoever lost its lease makes no call any more, and what did not go is sent under a new one', async () => {
        const one = scriptedConnection({ concurrency: 1 })
        const house = await open([one])
        let letGo = () => {}
        one.answer(({ clientMessageId }) =>
          clientMessageId === 'first'
            ? new Promise((resolve) => (letGo = () => resolve({ kind: 'accepted' })))
            : { kind: 'accepted' },
        )
        const first = one.nextCall()
        await house.send(newMessage({ sequence: THREE_STEPS, clientMessageId: 'first' }))
        await first
        const second = await house.send(newMessage({ sequence: THREE_STEPS, clientMessageId: 'second' }))
        await until(async () => (await house.codesOf(second)).includes('step-opened'))
        // It stood in the queue behind the first for so long that another node took the message over.
        await house.store.messages.update(
          [second],
          deciding(() => ({ type: 'due', at: T0 + 60_000 })),
        )
        letGo()
        await house.engine.idle()
        expect(one.calls.map(({ clientMessageId }) => clientMessageId)).toEqual(['first', 'second'])
        expect(await house.codesOf(second)).toEqual([
          'step-opened',
          'send-uncertain',
          'send-withdrawn',
          'send-repeated',
          'send-accepted',
        ])
      })

      test('a graceful stop finishes the call under way and hands back what has not started', async () => {
        const one = scriptedConnection({ concurrency: 1 })
        const house = await open([one])
        let letGo = () => {}
        one.answer(() => new Promise((resolve) => (letGo = () => resolve({ kind: 'accepted' }))))
        const first = one.nextCall()
        const under = await house.send(newMessage())
        await first
        const queued = await house.send(newMessage())
        await until(async () => (await house.codesOf(queued)).includes('step-opened'))
        const stopped = house.stop()
        await until(async () => (await house.codesOf(queued)).includes('send-withdrawn'))
        letGo()
        await stopped
        houses = []
        expect(await house.codesOf(under)).toEqual(['step-opened', 'send-accepted'])
        one.answer(() => ({ kind: 'accepted' }))
        const successor = await open([one], { clock: house.clock })
        await successor.advance(0)
        expect(one.calls.map(({ umid }) => umid)).toEqual([under, queued])
      })

      test('after downtime what has expired is dropped, and the rest goes out oldest first', async () => {
        const first = await open([])
        await first.send(newMessage({ expiresAt: T0 + 60_000, scheduledAt: T0 + 1000, clientMessageId: 'stale' }))
        await first.send(newMessage({ scheduledAt: T0 + 3000, clientMessageId: 'later' }))
        await first.send(newMessage({ scheduledAt: T0 + 2000, clientMessageId: 'sooner' }))
        await first.stop()
        houses = []
        await first.clock.advance(3_600_000)
        const one = scriptedConnection({ concurrency: 1 })
        const house = await open([one], { clock: first.clock })
        await house.advance(0)
        expect(one.calls.map(({ clientMessageId }) => clientMessageId)).toEqual(['sooner', 'later'])
      })
    })

    describe('limits', () => {
      test('a connection makes no more calls at once than it may', async () => {
        const two = scriptedConnection({ concurrency: 2 })
        const house = await open([two])
        let running = 0
        let most = 0
        two.answer(async () => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setImmediate(resolve))
          running--
          return { kind: 'accepted' }
        })
        await house.engine.accept(intake(...Array.from({ length: 40 }, () => newMessage())))
        await house.advance(0)
        expect(two.calls).toHaveLength(40)
        expect(most).toBe(2)
      })

      test('a connection keeps its rate, and what it cannot take yet waits in the store', async () => {
        const slow = scriptedConnection({ concurrency: 1, perSecond: 10 })
        const house = await open([slow])
        await house.engine.accept(intake(...Array.from({ length: 50 }, () => newMessage())))
        await house.advance(999)
        expect(slow.calls.length).toBeLessThanOrEqual(11)
        expect(slow.calls.length).toBeGreaterThanOrEqual(9)
        await house.advance(9000)
        expect(slow.calls).toHaveLength(50)
      })

      test('a connection that hangs holds up nobody on another', async () => {
        const hanging = scriptedConnection({ id: 'hanging', serves: ['WhatsApp'], concurrency: 1 })
        hanging.answer(never)
        const sms = scriptedConnection({ id: 'sms', serves: ['SMS'] })
        const house = await open([hanging, sms])
        const stuck = Array.from({ length: 700 }, () => newMessage({ sequence: THREE_STEPS.slice(0, 1) }))
        await house.engine.accept(intake(...stuck))
        await house.engine.accept(intake(newMessage()))
        await until(async () => sms.calls.length === 1)
        kill(house)
      })
    })

    describe('a message that cannot be decided on', () => {
      test('stops nobody else, is held back after five failures, and goes on when it is released', async () => {
        let broken = true
        const poisoned: Connection = {
          ...fake,
          abilities: (channel) => {
            if (broken && channel === 'Viber') throw new Error('no such thing')
            return fake.abilities(channel)
          },
        }
        const house = await open([poisoned])
        const sequence = THREE_STEPS.slice(1)
        const umid = await house.send(newMessage({ sequence }))
        await house.send(newMessage({ clientMessageId: 'healthy' }))
        await house.advance(3_600_000)
        expect(fake.calls.map(({ clientMessageId }) => clientMessageId)).toEqual(['healthy'])
        expect((await house.store.messages.find(umid))?.heldBack).toBe(true)
        expect(await house.codesOf(umid)).toEqual(['held'])
        broken = false
        expect(await house.engine.release(umid)).toBe(true)
        expect(await house.engine.release(umid)).toBe(false)
        await house.advance(0)
        expect(channels()).toEqual(['SMS', 'Viber'])
      })
    })
  })
}

describe('several nodes on one PostgreSQL', () => {
  test('share the work: every message is sent once, and the others take over from one that dies', async () => {
    const place = await PLACES.postgres(inject('postgresUrl'))
    try {
      const fakes = ['a', 'b', 'c'].map(() => scriptedConnection({ concurrency: 4 }))
      const first = await openHouse(place, [fakes[0] as Connection])
      const { clock } = first
      const others = await Promise.all(fakes.slice(1).map((fake) => openHouse(place, [fake], { clock })))
      const messages = Array.from({ length: 300 }, () => newMessage({ sequence: THREE_STEPS }))
      await Promise.all(messages.map((message) => first.engine.accept(intake(message))))
      for (const { engine } of others) engine.poke(T0)
      const all = [first, ...others]
      await Promise.all(all.map(({ engine }) => engine.idle()))
      const sent = fakes.flatMap(({ calls }) => calls.map(({ attemptRef }) => attemptRef))
      expect(new Set(sent).size).toBe(300)
      expect(sent).toHaveLength(300)
      first.kill()
      await clock.advance(60_000, () => Promise.all(others.map(({ engine }) => engine.idle())).then(() => {}))
      const viber = fakes.slice(1).flatMap(({ calls }) => calls.filter(({ channel }) => channel === 'Viber'))
      expect(new Set(viber.map(({ umid }) => umid)).size).toBe(300)
      expect(viber).toHaveLength(300)
      await Promise.all(others.map((house) => house.stop()))
    } finally {
      await place.cleanUp()
    }
  })
})

function callback(receipts: unknown[]) {
  return { method: 'POST', url: '/callbacks/fake', headers: {}, body: Buffer.from(JSON.stringify(receipts)) }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Lets the engine work until something can be seen; the test's time-out bounds it. */
async function until(seen: () => Promise<boolean>): Promise<void> {
  while (!(await seen())) await new Promise((resolve) => setImmediate(resolve))
}
