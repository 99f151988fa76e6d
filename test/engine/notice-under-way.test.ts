import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { ReminderRule } from '../../src/domain/reminder-rule.ts'
import type { SourceEvent } from '../../src/domain/source-event.ts'
import type { Confirmation } from '../../src/engine/ports/source.ts'
import { chatSource, deleted, EVERYBODY, read, rule, wrote } from '../support/chat.ts'
import { type House, openHouse } from '../support/house.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

for (const [name, makePlace] of Object.entries(PLACES)) {
  describe(`while a notice is under way, on ${name}`, () => {
    let place: Place
    let fake: ScriptedConnection
    let houses: House[]
    beforeEach(async () => {
      place = await makePlace(inject('postgresUrl'))
      fake = scriptedConnection({
        serves: ['SMS', 'Viber'],
        reports: ['accepted', 'delivered'],
        takesIdempotencyKey: true,
      })
      houses = []
    })
    afterEach(async () => {
      await Promise.all(houses.map((house) => house.stop()))
      await place.cleanUp()
    })
    async function open(rules: readonly ReminderRule[] = [rule()], watch: object = {}): Promise<House> {
      const house = await openHouse(place, [fake], { watch: { rules, directory: EVERYBODY, ...watch } })
      houses.push(house)
      return house
    }
    const tell = (house: House, ...events: SourceEvent[]) => house.engine.watch.observe('default', 'events', events)
    const notices = () => fake.calls.map(({ user, content }) => `${user.contactId}: ${content.text}`)

    test('a line that comes while the notice is being sent waits for the gap', async () => {
      const house = await open([rule({ gap: { firstMs: 10 * HOUR, growth: 1, longestMs: 10 * HOUR } })])
      await tell(house, wrote('1'))
      fake.answer(async () => {
        fake.answer(() => ({ kind: 'accepted' }))
        await tell(house, wrote('2', { at: house.clock.now() }))
        return { kind: 'accepted' }
      })
      await house.advance(15 * MINUTE)
      expect(notices()).toHaveLength(1)
      await house.advance(2 * HOUR)
      expect(notices()).toHaveLength(1)
    })

    test('`once` tells once, also when a line comes while the notice is being sent', async () => {
      const house = await open([rule({ gap: 'once' })])
      await tell(house, wrote('1'))
      fake.answer(async () => {
        fake.answer(() => ({ kind: 'accepted' }))
        await tell(house, wrote('2', { at: house.clock.now() }))
        return { kind: 'accepted' }
      })
      await house.advance(10 * HOUR)
      expect(notices()).toHaveLength(1)
    })

    test('while a provider asks for patience the lines gather in one notice', async () => {
      const house = await open()
      await tell(house, wrote('1'))
      fake.answer(() => ({ kind: 'retry', afterMs: 60_000, detail: 'busy' }))
      await house.advance(16 * MINUTE)
      await tell(house, wrote('2', { at: house.clock.now() }))
      await house.advance(20 * MINUTE)
      const before = fake.calls.length
      fake.answer(() => ({ kind: 'accepted' }))
      await house.advance(20 * MINUTE)
      expect(notices().slice(before)).toHaveLength(1)
    })

    test('what is a second old is not told because something older was just read', async () => {
      const confirm = async (): Promise<Confirmation> => ({ kind: 'unread', items: [{ id: '2' }] })
      const house = await open([rule()], { sources: [chatSource({ confirm })] })
      await house.engine.watch.observe('default', 'chat', [wrote('1')])
      await house.advance(15 * MINUTE - 1000)
      await house.engine.watch.observe('default', 'chat', [wrote('2', { at: house.clock.now() })])
      await house.advance(1000)
      expect(notices()).toEqual([])
    })

    test('who has just read all, as the platform says, is not told of the line that comes that moment', async () => {
      const answers: Confirmation[] = [{ kind: 'read' }]
      const confirm = async (): Promise<Confirmation> => {
        const answer = answers.shift()
        if (answer) await house.engine.watch.observe('default', 'chat', [wrote('2', { at: house.clock.now() })])
        return answer ?? { kind: 'unknown' }
      }
      const house = await open([rule()], { sources: [chatSource({ confirm })] })
      await house.engine.watch.observe('default', 'chat', [wrote('1')])
      await house.advance(16 * MINUTE)
      expect(notices()).toEqual([])
    })

    test('what the platform says is read is off the badge too', async () => {
      const confirm = async (): Promise<Confirmation> => ({ kind: 'read' })
      const house = await open([rule()], { sources: [chatSource({ confirm })] })
      await house.engine.watch.observe('default', 'chat', [wrote('1')])
      await house.advance(16 * MINUTE)
      expect(await house.engine.watch.unread('default', 'chat', 'bob')).toBe(0)
    })

    test('a notice under way when its node dies is repeated with its key though something was read meanwhile', async () => {
      const house = await open()
      await tell(house, wrote('1'), wrote('2'))
      fake.answer(() => new Promise(() => {}))
      const called = fake.nextCall()
      void house.advance(15 * MINUTE)
      await called
      house.kill()
      houses = []
      fake.answer(() => ({ kind: 'accepted' }))
      const next = await openHouse(place, [fake], {
        clock: house.clock,
        watch: { rules: [rule()], directory: EVERYBODY },
      })
      houses.push(next)
      await tell(next, read('bob', { ids: ['1'] }))
      await next.advance(10 * MINUTE)
      expect(fake.calls.map(({ idempotencyKey, content }) => `${idempotencyKey.slice(-3)} ${content.text}`)).toEqual([
        '2.1 2 unread',
        '2.1 1 unread',
      ])
    })

    test('the same without a read in between', async () => {
      const house = await open()
      await tell(house, wrote('1'), wrote('2'))
      fake.answer(() => new Promise(() => {}))
      const called = fake.nextCall()
      void house.advance(15 * MINUTE)
      await called
      house.kill()
      houses = []
      fake.answer(() => ({ kind: 'accepted' }))
      const next = await openHouse(place, [fake], {
        clock: house.clock,
        watch: { rules: [rule()], directory: EVERYBODY },
      })
      houses.push(next)
      await next.advance(10 * MINUTE)
      expect(fake.calls).toHaveLength(2)
    })

    test('a NUL in what a poll brings does not stop the source for good', async () => {
      let polls = 0
      const poll = async (cursor: unknown) => {
        polls++
        return {
          events: cursor === 1 ? [] : [wrote('a\0b', { key: 'k', conversation: 'x' })],
          cursor: 1,
          nextInMs: 60_000,
        }
      }
      const house = await open([rule()], { sources: [{ ...chatSource({ poll }), isPolled: true }] })
      await house.advance(2 * HOUR)
      expect(polls).toBeGreaterThan(100)
      expect(notices()).toEqual(['bob: 1 unread'])
    })

    test('a NUL in what the platform confirms does not ask for ever', async () => {
      let asked = 0
      const confirm = async (): Promise<Confirmation> => {
        asked++
        return { kind: 'unread', items: [{ id: '1' }, { id: 'a\0b' }] }
      }
      const house = await open([rule()], { sources: [chatSource({ confirm })] })
      await house.engine.watch.observe('default', 'chat', [wrote('1')])
      await house.advance(3 * HOUR)
      expect(asked).toBeLessThan(20)
      expect(notices()).toHaveLength(1)
    })

    test('an inquiry that always fails comes to an end', async () => {
      let worded = 0
      const wording = {
        word: () => {
          worded++
          throw new Error('cannot be worded')
        },
      }
      const house = await open([rule()], { wording })
      await tell(house, wrote('1'))
      await house.advance(10 * HOUR)
      expect(worded).toBeLessThan(50)
    })

    test('trouble of a source that sends webhooks passes when it is well again', async () => {
      const results = [
        { kind: 'refused' as const, detail: 'the signature is wrong' },
        { kind: 'events' as const, events: [wrote('1')], ignored: 0 },
      ]
      const handle = () => results.shift() ?? { kind: 'refused' as const, detail: 'no' }
      const house = await open([rule()], { sources: [chatSource({ handle })] })
      const request = { method: 'POST', url: '/', headers: {}, body: Buffer.from('') }
      const troubles = () => house.engine.watch.sources('default')[0]?.health.troubles
      await house.engine.watch.receive('chat', request)
      expect(troubles()).toMatchObject({ webhook: { what: 'refused', times: 1 } })
      await house.engine.watch.receive('chat', request)
      expect(troubles()).toEqual({})
    })

    test('a stumble of the database right before the call loses no notice', async () => {
      const house = await open()
      const { watch } = house.store
      const notices_ = watch.notices
      let stumbles = 1
      watch.notices = async (wanted) => {
        if (stumbles-- > 0) throw new Error('connection lost')
        return notices_(wanted)
      }
      const plain = scriptedConnection({ serves: ['SMS'], reports: ['accepted'] })
      fake = plain
      const other = await openHouse(
        { ...place, open: async () => ({ ...house.store, close: async () => {} }) },
        [plain],
        {
          clock: house.clock,
          watch: { rules: [rule()], directory: EVERYBODY },
        },
      )
      await house.engine.stop()
      houses = [other]
      await tell(other, wrote('1'))
      await other.advance(2 * HOUR)
      expect(notices()).toHaveLength(1)
    })

    test('a deleted text is gone from the notices too', async () => {
      const wording = {
        word: ({ items }: { items: readonly { text?: string }[] }) => {
          const body = items.map(({ text }) => text).join()
          return { text: body, subject: 'x', body, html: '' }
        },
      }
      const house = await open([rule()], { wording })
      await tell(house, wrote('1', { item: { text: 'a secret' } }))
      await house.advance(16 * MINUTE)
      await tell(house, deleted(['1'], { at: house.clock.now() }))
      const umid = fake.calls[0]?.umid ?? ''
      const kept = await house.store.watch.notices([{ umid, step: 9 }])
      expect(JSON.stringify([...kept.values()])).not.toContain('a secret')
    })

    test('what a dry run is asked about may hold a NUL', async () => {
      const house = await open()
      await house.engine.watch.dryRun('default', 'events', wrote('a\0b', { conversation: 'c\0d' }))
    })

    test('a lone half of an emoji in an id loses no message', async () => {
      const house = await open()
      const half = '\ud83d'
      await tell(house, wrote('1', { key: `k${half}`, conversation: `c${half}` }))
      await tell(house, wrote('2', { key: `l`, conversation: `c${half}` }))
      await house.advance(16 * MINUTE)
      expect(notices()).toEqual(['bob: 2 unread'])
    })

    test('steps: two streaks are never open at once while the step is only being asked about again', async () => {
      const busy = scriptedConnection({ serves: ['SMS'], reports: ['accepted'], perSecond: 1, concurrency: 1 })
      fake = busy
      let n = 1
      const confirm = async (): Promise<Confirmation> => {
        // with a line a moment
        n++
        await house.engine.watch.observe('default', 'chat', [wrote(String(n), { at: house.clock.now() })])
        return { kind: 'unknown' }
      }
      const house = await open([rule({ gap: { firstMs: 10 * HOUR, growth: 1, longestMs: 10 * HOUR } })], {
        sources: [chatSource({ confirm })],
      })
      await house.engine.watch.observe('default', 'chat', [wrote('1')])
      await house.advance(2 * HOUR)
      expect(notices()).toHaveLength(1)
    })
  })
}
