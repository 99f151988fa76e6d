import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deleted, ended, left, read, rule, wrote } from '../../test/support/chat.ts'
import { deepFreeze, sendsBy } from '../../test/support/message-run.ts'
import { describe as withFacts } from './conversation.ts'
import { type Known, Observation } from './observe.ts'
import type { ReminderRule } from './reminder-rule.ts'
import type { SourceEvent } from './source-event.ts'

/** One conversation on its way through the real rules: each event in a commit of its own, known keys left out. */
class Chat {
  known: Known = { readers: new Map(), items: new Map(), streaks: new Map() }
  readonly #rules: readonly ReminderRule[]
  readonly #keys = new Set<string>()
  #ids = 0

  constructor(rules: readonly ReminderRule[] = [rule()]) {
    this.#rules = rules
  }

  tell(event: SourceEvent): this {
    if (this.#keys.has(event.key)) return this
    this.#keys.add(event.key)
    const observation = new Observation(deepFreeze(this.known), {
      now: NOW,
      source: 'chat',
      rules: this.#rules,
      isPolled: true,
      waitMs: 0,
      newId: () => `streak-${++this.#ids}`,
      context: { route: sendsBy('one'), leaseMs: 30_000, horizonMs: 864_000_000, retryForMs: 3_600_000 },
    })
    observation.observe(event)
    const { conversation = this.known.conversation, readers, items, advanced, opened } = observation.changes
    this.known = {
      ...(conversation && { conversation }),
      readers: new Map([...this.known.readers, ...readers]),
      items: new Map([...this.known.items, ...items]),
      streaks: new Map([
        ...this.known.streaks,
        ...[...advanced].map(([umid, { message }]) => [umid, message] as const),
        ...opened.map(({ message }) => [message.id, message] as const),
      ]),
    }
    return this
  }

  /** Whom a notice would tell what, if it went now; and what a badge would count. */
  standing() {
    const told = PEOPLE.map((person) => {
      const reader = this.known.readers.get(person)
      const umids = Object.values(reader?.streaks ?? {}).flat()
      const live = umids
        .flatMap((umid) => this.known.streaks.get(umid) ?? [])
        .filter(({ progress }) => progress.state === 'live')
      const items = live.flatMap(({ watch }) => watch?.items ?? []).map(({ id }) => id)
      return {
        person,
        streaks: live.length,
        told: items.sort(),
        unread: (reader?.unread ?? []).map(({ id }) => id).sort(),
      }
    })
    return told
  }
}

const NOW = 1_000_000
const PEOPLE = ['alice', 'bob', 'carol', 'dave']
const person = fc.constantFrom(...PEOPLE)
const number = fc.integer({ min: 1, max: 12 })

/** Something that happens around the message with this number, which was sent at a moment of its own. */
const happening = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('sent' as const), number, person }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('ids' as const), number, person }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('range' as const), number, to: number, person }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('upTo' as const), number, person }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('until' as const), number, person }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deleted' as const), number, person }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('left' as const), number, person }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ended' as const), number, person }) },
)

const story = fc.uniqueArray(happening, {
  maxLength: 40,
  selector: (each) => (each.type === 'sent' ? `sent ${each.number}` : JSON.stringify(each)),
})
type Happening = (typeof story extends fc.Arbitrary<infer T> ? T : never)[number]

function eventOf(each: Happening, index: number): SourceEvent {
  const at = each.number * 10
  const rest = { key: String(index), at: at + 5 }
  const id = `m${each.number}`
  switch (each.type) {
    case 'sent':
      return wrote(id, {
        key: String(index),
        at,
        item: { position: each.number },
        author: { id: each.person },
        recipients: PEOPLE,
      })
    case 'ids':
      return read(each.person, { ids: [id] }, rest)
    case 'range':
      return read(each.person, { from: Math.min(each.number, each.to), to: Math.max(each.number, each.to) }, rest)
    case 'upTo':
      return read(each.person, { upTo: each.number }, rest)
    case 'until':
      return read(each.person, { until: at }, rest)
    case 'deleted':
      return deleted([id], rest)
    case 'left':
      return left([each.person], rest)
    case 'ended':
      return ended(rest)
  }
}

test('in any order, and however often each comes, the same events leave the same unread', () => {
  const anyOrder = story.chain((happenings) => {
    const events = happenings.map(eventOf)
    const often = events.flatMap((event) => [event, event, event])
    return fc.tuple(fc.constant(events), fc.shuffledSubarray(often, { minLength: often.length }))
  })
  fc.assert(
    fc.property(anyOrder, ([events, shuffled]) => {
      const [one, other] = [new Chat(), new Chat()]
      for (const event of events) one.tell(event)
      for (const event of shuffled) other.tell(event)
      expect(other.standing()).toEqual(one.standing())
    }),
    { numRuns: 500 },
  )
})

test('a notice tells what a badge counts, nobody has two open streaks, and no author is told of his own words', () => {
  fc.assert(
    fc.property(story, (happenings) => {
      const chat = new Chat()
      for (const event of happenings.map(eventOf)) chat.tell(event)
      const authors = new Map(
        happenings.flatMap((each) => (each.type === 'sent' ? [[`m${each.number}`, each.person]] : [])),
      )
      for (const { person, streaks, told, unread } of chat.standing()) {
        expect(told).toEqual(unread)
        expect(streaks).toBe(unread.length > 0 ? 1 : 0)
        expect(unread.some((id) => authors.get(id) === person)).toBe(false)
      }
    }),
    { numRuns: 500 },
  )
})

test('facts of a conversation are those of its latest event, whenever it comes', () => {
  const older = { at: 1, about: { skill: 'sales', metadata: { a: '1', b: '1' } } }
  const newer = { at: 2, about: { skill: 'billing', metadata: { b: '2' } } }
  const expected = { skill: 'billing', metadata: { a: '1', b: '2' } }
  const none = { about: {} }
  expect(withFacts(withFacts(none, older), newer).about).toEqual(expected)
  expect(withFacts(withFacts(none, newer), older).about).toEqual(expected)
})
