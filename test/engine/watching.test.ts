import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { ReminderRule } from '../../src/domain/reminder-rule.ts'
import type { SourceEvent } from '../../src/domain/source-event.ts'
import { DirectoryTrouble } from '../../src/engine/ports/directory.ts'
import { type Confirmation, SourceTrouble } from '../../src/engine/ports/source.ts'
import {
  chatSource,
  deleted,
  delivered,
  EVERYBODY,
  edited,
  ended,
  joined,
  left,
  read,
  rule,
  wrote,
} from '../support/chat.ts'
import { type House, openHouse } from '../support/house.ts'
import { step } from '../support/message-run.ts'
import { T0 } from '../support/messages.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

for (const [name, makePlace] of Object.entries(PLACES)) {
  describe(`watching on ${name}`, () => {
    let place: Place
    let fake: ScriptedConnection
    let houses: House[]

    beforeEach(async () => {
      place = await makePlace(inject('postgresUrl'))
      fake = scriptedConnection({ serves: ['SMS', 'Viber'], reports: ['accepted', 'delivered'] })
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
    async function tell(house: House, ...events: SourceEvent[]): Promise<void> {
      await house.engine.watch.observe('default', 'events', events)
    }
    /** What was sent: to whom, and what it said. */
    const notices = () => fake.calls.map(({ user, content }) => `${user.contactId}: ${content.text}`)
    const unread = (house: House, person = 'bob') => house.engine.watch.unread('default', 'events', person)

    describe('a streak', () => {
      test('who has not read in time gets one notice', async () => {
        const house = await open()
        await tell(house, wrote('1'))
        await house.advance(15 * MINUTE - 1)
        expect(notices()).toEqual([])
        await house.advance(1)
        expect(notices()).toEqual(['bob: 1 unread'])
        await house.advance(5 * HOUR)
        expect(notices()).toHaveLength(1)
      })

      test('who reads in time gets none', async () => {
        const house = await open()
        await tell(house, wrote('1'))
        await house.advance(15 * MINUTE - 1)
        await tell(house, read('bob', { ids: ['1'] }))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
      })

      test('ten lines in a minute make one notice that tells ten', async () => {
        const house = await open()
        for (let line = 1; line <= 10; line++) {
          await tell(house, wrote(String(line), { at: T0 + line * 5000 }))
          await house.advance(5000)
        }
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 10 unread'])
      })

      test('its time runs from the oldest message that is still unread', async () => {
        const house = await open()
        await tell(house, wrote('1'))
        await house.advance(10 * MINUTE)
        await tell(house, wrote('2', { at: T0 + 10 * MINUTE }), read('bob', { ids: ['1'] }))
        await house.advance(5 * MINUTE)
        expect(notices()).toEqual([])
        await house.advance(10 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('a step that waits for a read goes on to the next when the person does not come back', async () => {
        const steps = [step('SMS', 'read', 7200), step('Viber', 'accepted')]
        const house = await open([rule({ steps })])
        await tell(house, wrote('1'))
        await house.advance(15 * MINUTE)
        await tell(house, wrote('2', { at: T0 + 15 * MINUTE }))
        await house.advance(2 * HOUR)
        expect(fake.calls.map(({ channel, content }) => `${channel}: ${content.text}`)).toEqual([
          'SMS: 1 unread',
          'Viber: 2 unread',
        ])
      })

      test('without folding each message makes a notice of its own', async () => {
        const house = await open([rule({ fold: 'none' })])
        await tell(house, wrote('1'), wrote('2'), wrote('3'), read('bob', { ids: ['2'] }))
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread', 'bob: 1 unread'])
      })

      test('after a notice the next waits, longer each time, until the person is back', async () => {
        const house = await open([rule({ gap: { firstMs: 2 * HOUR, growth: 3, longestMs: 100 * HOUR } })])
        const sentAt: number[] = []
        fake.answer(() => {
          sentAt.push((house.clock.now() - T0) / MINUTE)
          return { kind: 'accepted' }
        })
        const say = (id: string) => tell(house, wrote(id, { at: house.clock.now() }))
        await say('1')
        await house.advance(15 * MINUTE)
        await say('2')
        await house.advance(2 * HOUR)
        await say('3')
        await house.advance(6 * HOUR)
        await tell(house, read('bob', { until: house.clock.now() - 1 }))
        await say('4')
        await house.advance(15 * MINUTE)
        expect(sentAt).toEqual([15, 15 + 120, 15 + 120 + 360, 15 + 120 + 360 + 15])
      })

      test('`once` tells a person once for each conversation', async () => {
        const house = await open([rule({ gap: 'once' })])
        await tell(house, wrote('1'))
        await house.advance(15 * MINUTE)
        await tell(house, read('bob', { ids: ['1'] }), wrote('2', { at: house.clock.now() }))
        await tell(house, wrote('3', { at: house.clock.now(), conversation: 'other' }))
        await house.advance(10 * HOUR)
        expect(notices()).toEqual(['bob: 1 unread', 'bob: 1 unread'])
      })

      test('the first rule that matches is the one', async () => {
        const rules = [
          rule({ id: 'sales', match: { skill: ['Sales'], metadata: { tier: ['gold'] } }, waitMs: MINUTE }),
          rule({ id: 'any', waitMs: HOUR }),
        ]
        const house = await open(rules)
        await tell(house, wrote('1', { conversation: 'a', about: { skill: 'sales', metadata: { tier: 'Gold' } } }))
        await tell(house, wrote('1', { conversation: 'b', about: { skill: 'sales' } }))
        await house.advance(MINUTE)
        expect(fake.calls).toHaveLength(1)
        await house.advance(HOUR)
        expect(fake.calls).toHaveLength(2)
      })

      test('two nodes that hear of ten messages at once open one streak', async () => {
        const [one, two] = [await open(), await open()]
        const ids = Array.from({ length: 10 }, (_, index) => String(index))
        await Promise.all(ids.map((id, index) => tell(index % 2 ? one : two, wrote(id))))
        await Promise.all([one.advance(15 * MINUTE), two.advance(15 * MINUTE)])
        expect(notices()).toEqual(['bob: 10 unread'])
      })

      test('what the platform told survives a killed process', async () => {
        const house = await open()
        await tell(house, wrote('1'))
        house.kill()
        houses = []
        const next = await open()
        await next.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
      })
    })

    describe('hazard', () => {
      test('14: who left is not told, and who came later has nothing unread from before', async () => {
        const house = await open()
        const about = { participants: ['alice', 'bob', 'carol'] }
        await tell(house, wrote('1', { about, recipients: ['bob', 'carol'] }))
        await tell(house, left(['bob'], { at: T0 + 1 }), joined(['dave'], { at: T0 + 2 }))
        await house.advance(HOUR)
        expect(notices()).toEqual(['carol: 1 unread'])
        expect(await unread(house, 'dave')).toBe(0)
      })

      test('14: someone who has left is not told of what came late from before', async () => {
        const house = await open()
        await tell(house, left(['bob'], { at: T0 + 10 }), wrote('1', { at: T0 }))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
      })

      test('15: what is deleted is not told, and a streak of nothing else is called off', async () => {
        const house = await open()
        await tell(house, wrote('1'), wrote('2'), wrote('1', { conversation: 'd' }))
        await tell(house, deleted(['1']), deleted(['1'], { conversation: 'd' }))
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('15: deleted before it came', async () => {
        const house = await open()
        await tell(house, deleted(['1']), wrote('1'))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
        expect(await unread(house)).toBe(0)
      })

      test('16: an edited message is told as it reads when the notice goes', async () => {
        const texts: string[] = []
        const wording = {
          word: ({ items }: { items: readonly { text?: string }[] }) => {
            texts.push(...items.map(({ text = '' }) => text))
            return { text: 'x', subject: 'x', body: 'x', html: '' }
          },
        }
        const house = await open([rule()], { wording })
        await tell(house, edited('2', 'second, mended', { at: T0 + 5 }), wrote('1'), wrote('2', { at: T0 + 1 }))
        await tell(house, edited('1', 'mended', { at: T0 + 2 }), edited('1', 'older', { at: T0 + 1 }))
        await house.advance(15 * MINUTE)
        expect(texts).toEqual(['mended', 'second, mended'])
      })

      test('17: the author is not told, under none of his names, and his reading is not that of others', async () => {
        const house = await open()
        const author = { id: 'alice', aliases: ['alice@phone'] }
        await tell(
          house,
          wrote('1', { author, recipients: ['alice', 'alice@phone', 'bob'] }),
          read('alice', { ids: ['1'] }),
        )
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('17: of system messages people are told by policy', async () => {
        const house = await open([rule({ id: 'people' })])
        await tell(house, wrote('1', { author: { kind: 'system' } }))
        const other = await open([rule({ authors: ['system'] })])
        await tell(other, wrote('2', { conversation: 'd', author: { kind: 'system' } }))
        await other.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('18: what is known of a person names the reminders, live ones and past ones', async () => {
        const house = await open()
        await tell(
          house,
          wrote('1'),
          wrote('1', { conversation: 'd' }),
          read('bob', { ids: ['1'] }, { conversation: 'd' }),
        )
        const known = await house.engine.watch.person('default', 'events', 'bob')
        expect(known.map(({ conversation, unread }) => [conversation, unread])).toEqual([
          ['c', 1],
          ['d', 0],
        ])
        const states = await Promise.all(known.flatMap(({ streaks }) => (streaks.rule ?? []).map(house.stateOf)))
        expect(states).toEqual(['live', 'succeeded'])
      })

      test('18: of five people two have read: three are told', async () => {
        const house = await open()
        const recipients = ['a', 'b', 'c', 'd', 'e']
        await tell(house, wrote('1', { recipients }), read('b', { ids: ['1'] }), read('d', { ids: ['1'] }))
        await house.advance(15 * MINUTE)
        expect(notices().sort()).toEqual(['a: 1 unread', 'c: 1 unread', 'e: 1 unread'])
      })

      test('18: in a large group only those who are mentioned are told', async () => {
        const house = await open([rule({ largestGroup: 2 })])
        await tell(house, wrote('1', { recipients: ['a', 'b', 'c'], mentions: ['b'] }))
        await tell(house, edited('1', '@c too', { mentions: ['c'], at: T0 + 1 }))
        await house.advance(15 * MINUTE)
        expect(notices().sort()).toEqual(['b: 1 unread', 'c: 1 unread'])
        expect(await unread(house, 'a')).toBe(1)
      })

      test('19: a range of older lines leaves the newer ones unread', async () => {
        const house = await open()
        for (const position of [1, 2, 3, 4]) await tell(house, wrote(String(position), { item: { position } }))
        await tell(house, read('bob', { from: 1, to: 2 }))
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 2 unread'])
      })

      test('19: a cursor never goes back, and covers what comes late', async () => {
        const house = await open()
        await tell(house, read('bob', { upTo: 3 }), read('bob', { upTo: 1 }))
        await tell(house, wrote('2', { item: { position: 2 } }), wrote('4', { item: { position: 4 } }))
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('20: a read on whatever device also calls off the steps that were still to come', async () => {
        const steps = [step('SMS', 'read', 7200), step('Viber', 'accepted')]
        const house = await open([rule({ steps })])
        await tell(house, wrote('1'))
        await house.advance(HOUR)
        await tell(house, read('bob', { ids: ['1'] }))
        await house.advance(10 * HOUR)
        expect(fake.calls.map(({ channel }) => channel)).toEqual(['SMS'])
      })

      test('21: that it reached a device is not that it was read', async () => {
        const house = await open()
        await tell(house, wrote('1'), delivered('bob', { ids: ['1'] }))
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('21: a rule may be content with delivery, also when that is heard of first', async () => {
        const house = await open([rule({ until: 'delivered' })])
        await tell(house, wrote('1'), delivered('bob', { ids: ['1'] }))
        await tell(house, delivered('bob', { ids: ['2'] }), wrote('2'))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
        expect(await unread(house)).toBe(2)
      })

      test('27: what comes while the notice is being sent goes into the next', async () => {
        const house = await open([rule({ gap: { firstMs: HOUR, growth: 1, longestMs: HOUR } })])
        await tell(house, wrote('1'))
        fake.answer(async () => {
          await tell(house, wrote('2', { at: house.clock.now() }))
          fake.answer(() => ({ kind: 'accepted' }))
          return { kind: 'accepted' }
        })
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread', 'bob: 1 unread'])
      })

      test('27: a line that comes while the platform is asked is told with the rest', async () => {
        let asked = 0
        const confirm = async (): Promise<Confirmation> => {
          if (asked++ === 0)
            await house.engine.watch.observe('default', 'chat', [wrote('2', { at: house.clock.now() })])
          return { kind: 'unknown' }
        }
        const house = await open([rule()], {
          sources: [chatSource({ confirm })],
        })
        await house.engine.watch.observe('default', 'chat', [wrote('1')])
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 2 unread'])
        expect(asked).toBe(2)
      })

      test('28: what was read meanwhile is not told, as the platform itself says right before', async () => {
        const answers: Confirmation[] = [
          { kind: 'unread', items: [{ id: '2' }] },
          { kind: 'read' },
          { kind: 'gone', why: 'left' },
        ]
        const confirm = async () => answers.shift() ?? { kind: 'unknown' as const }
        const house = await open([rule()], {
          sources: [chatSource({ confirm })],
        })
        for (const conversation of ['a', 'b', 'c']) {
          await house.engine.watch.observe('default', 'chat', [
            wrote('1', { conversation }),
            wrote('2', { conversation, at: T0 + 1 }),
          ])
          await house.advance(1)
        }
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('34: the address is the one of the moment of sending', async () => {
        const addresses = new Map<string, string>([['bob', '+6590000001']])
        const directory = { find: async (_: string, id: string) => ({ msisdn: addresses.get(id) ?? '' }) }
        const house = await open([rule()], { directory })
        await tell(house, wrote('1'))
        addresses.set('bob', '+6590000002')
        await house.advance(15 * MINUTE)
        expect(fake.calls.map(({ address }) => address)).toEqual(['+6590000002'])
      })

      test('42: the same message under a new id within a day is the same message', async () => {
        const house = await open()
        const item = { dedupeKey: 'order-7' }
        await tell(house, wrote('1', { item }), wrote('2', { item, at: T0 + 1000 }))
        expect(await unread(house)).toBe(1)
        await tell(house, read('bob', { ids: ['2'] }))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
      })
    })

    describe('before its time, twice, and in any order', () => {
      test('a read that comes before its message', async () => {
        const house = await open()
        await tell(house, read('bob', { ids: ['1'] }))
        await tell(house, wrote('1'))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
      })

      test('an event that is told twice is one event, and a message told under two keys is one message', async () => {
        const house = await open()
        const event = wrote('1')
        const first = await house.engine.watch.observe('default', 'events', [event, event])
        const second = await house.engine.watch.observe('default', 'events', [event, { ...event, key: 'other' }])
        expect([first, second]).toEqual([
          { accepted: 1, repeated: 1 },
          { accepted: 1, repeated: 1 },
        ])
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('who writes back has read what stands above', async () => {
        const house = await open()
        await tell(house, wrote('1'))
        await tell(house, wrote('2', { at: T0 + 1000, author: { id: 'bob' }, recipients: ['alice'] }))
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['alice: 1 unread'])
      })

      test('an answer in the very moment of the question, but after it, is unread', async () => {
        const house = await open()
        await tell(house, wrote('1', { author: { id: 'bob' }, recipients: [], item: { position: 0 } }))
        await tell(house, wrote('2', { item: { position: 1 } }))
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('the end of a conversation calls everything off', async () => {
        const house = await open()
        await tell(house, wrote('1', { recipients: ['bob', 'carol'] }), ended({ at: T0 + 1 }))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
        expect(await unread(house)).toBe(0)
      })

      test('a platform whose clock is far off is not believed', async () => {
        const house = await open()
        await tell(house, wrote('1', { at: T0 - 24 * HOUR }), wrote('2', { at: T0 + 24 * HOUR, conversation: 'd' }))
        await house.advance(15 * MINUTE - 1)
        expect(notices()).toEqual([])
        await house.advance(1)
        expect(notices()).toHaveLength(2)
      })
    })

    describe('asking before a notice', () => {
      test('a user database that does not answer is asked again, and then the notice goes', async () => {
        let troubles = 3
        const directory = {
          find: async () => {
            if (troubles-- > 0) throw new DirectoryTrouble('the user database answered 500')
            return { msisdn: '+6590000001' }
          },
        }
        const house = await open([rule()], { directory })
        await tell(house, wrote('1'))
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread'])
        const [umid = ''] = fake.calls.map(({ umid }) => umid)
        expect((await house.codesOf(umid)).filter((code) => code === 'inquiry-failed')).toHaveLength(3)
      })

      test('nobody knows an address: nothing is sent, and the timeline says so', async () => {
        const house = await open([rule()], { directory: { find: async () => undefined } })
        await tell(house, wrote('1'))
        const { people } = await house.engine.watch.dryRun('default', 'events', wrote('2'))
        await house.advance(HOUR)
        expect(notices()).toEqual([])
        const would = people[0]?.would
        const umid = would?.result === 'join' ? would.umid : ''
        expect(await house.codesOf(umid)).toEqual([
          'watch-opened',
          'fell-back',
          'inquired',
          'step-skipped',
          'exhausted',
        ])
      })

      test('a platform that cannot be asked holds the notice up for two minutes at most', async () => {
        const confirm = async () => {
          throw new SourceTrouble('away', 'the platform answered 500')
        }
        const source = chatSource({ confirm })
        const house = await open([rule()], { sources: [source] })
        await house.engine.watch.observe('default', 'chat', [wrote('1')])
        await house.advance(15 * MINUTE)
        expect(notices()).toEqual([])
        await house.advance(2 * MINUTE)
        expect(notices()).toEqual(['bob: 1 unread'])
        expect(house.engine.watch.sources('default')[0]?.health.troubles.asking).toMatchObject({ what: 'away' })
      })

      test('an address that the platform alone knows is waited for while the platform is away', async () => {
        let away = true
        const personOf = async () => {
          if (away) throw new SourceTrouble('away', 'it is away')
          return { msisdn: '+6590000009' }
        }
        const source = chatSource({ personOf })
        const house = await open([rule()], { sources: [source], directory: { find: async () => undefined } })
        await house.engine.watch.observe('default', 'chat', [wrote('1')])
        await house.advance(25 * MINUTE)
        expect(notices()).toEqual([])
        away = false
        await house.advance(HOUR)
        expect(notices()).toEqual(['bob: 1 unread'])
      })

      test('the platform knows an address that nobody else does', async () => {
        const personOf = async () => ({ msisdn: '+6590000009' })
        const source = chatSource({ personOf })
        const house = await open([rule()], { sources: [source], directory: { find: async () => ({ language: 'de' }) } })
        await house.engine.watch.observe('default', 'chat', [wrote('1')])
        await house.advance(HOUR)
        expect(fake.calls.map(({ address }) => address)).toEqual(['+6590000009'])
      })
    })
  })
}
