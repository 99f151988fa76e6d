import { expect, test } from 'vitest'
import { read, rule, wrote } from '../../test/support/chat.ts'
import { sendsBy } from '../../test/support/message-run.ts'
import { advance } from './advance.ts'
import { type Known, Observation } from './observe.ts'
import type { SourceEvent } from './source-event.ts'
import { MOST_ITEMS, openStreak, watchedSequence } from './streak.ts'
import type { Item } from './watch.ts'

const NOW = 1_000_000
const context = { route: sendsBy('one'), leaseMs: 30_000, horizonMs: 864_000_000, retryForMs: 3_600_000 }

/** The unread of each person's live streaks after these events, each in a commit of its own. */
function told(...events: SourceEvent[]): Record<string, string[]> {
  let known: Known = { readers: new Map(), items: new Map(), streaks: new Map() }
  let ids = 0
  for (const event of events) {
    const observation = new Observation(known, {
      now: NOW,
      source: 'chat',
      rules: [rule()],
      isPolled: true,
      waitMs: 0,
      newId: () => `streak-${++ids}`,
      context,
    })
    observation.observe(event)
    const { conversation = known.conversation, readers, items, advanced, opened } = observation.changes
    known = {
      ...(conversation && { conversation }),
      readers: new Map([...known.readers, ...readers]),
      items: new Map([...known.items, ...items]),
      streaks: new Map([
        ...known.streaks,
        ...[...advanced].map(([umid, { message }]) => [umid, message] as const),
        ...opened.map(({ message }) => [message.id, message] as const),
      ]),
    }
  }
  return Object.fromEntries(
    [...known.readers].flatMap(([person, { streaks }]) => {
      const live = Object.values(streaks)
        .flat()
        .flatMap((id) => known.streaks.get(id) ?? [])
        .filter(({ progress }) => progress.state === 'live')
        .flatMap(({ watch }) => watch?.items.map(({ id }) => id) ?? [])
      return live.length === 0 ? [] : [[person, live]]
    }),
  )
}

test('who read a message before it was told again with his name is not told of it', () => {
  expect(told(wrote('1'), read('carol', { ids: ['1'] }), wrote('1', { recipients: ['bob', 'carol'] }))).toEqual({
    bob: ['1'],
  })
})

test('the same message once more, for somebody else, is for somebody else', () => {
  const item = { dedupeKey: 'k' }
  expect(told(wrote('1', { item }), wrote('2', { item, recipients: ['carol'] }))).toHaveProperty('carol')
})

test('who read the repetition before it came has read the message', () => {
  const item = { dedupeKey: 'k' }
  expect(told(wrote('1', { item }), read('bob', { ids: ['2'] }), wrote('2', { item }))).toEqual({})
})

test('who writes under one name has seen what was for his others', () => {
  const reply = wrote('2', { author: { id: 'bob', aliases: ['bob@phone'] }, recipients: ['alice'], at: NOW + 1 })
  expect(told(wrote('1', { recipients: ['bob', 'bob@phone'], at: NOW }), reply)).toEqual({ alice: ['2'] })
})

test('asking again and again does not multiply what is not listed', () => {
  const items = Array.from({ length: MOST_ITEMS + 5 }, (_, index): Item => ({ id: `i${index}`, at: index, since: NOW }))
  const [first] = items
  if (first === undefined) throw new Error('there is one')
  let { message } = openStreak({
    id: 's',
    sequence: watchedSequence(rule(), 'chat', 0),
    at: NOW,
    item: first,
    noticesBefore: 0,
    facts: {},
  })
  const apply = (event: Parameters<typeof advance>[1]) => {
    message = advance(message, event, context).message
  }
  apply({ type: 'items-joined', at: NOW, items: items.slice(1) })
  expect(message.watch?.more).toBe(5)
  let at = NOW + 900_000
  for (let round = 0; round < 8 && message.watch?.inquiry === undefined; round++) {
    apply({ type: 'due', at })
    const { progress, watch } = message
    if (progress.state !== 'live' || progress.phase !== 'asking') break
    const asked = watch?.items.map(({ id }) => id) ?? []
    const answer = {
      asked,
      unread: items,
      user: { msisdn: '+6590000001' },
      told: items.map(({ id }) => id),
      notice: {},
      troubles: [],
    }
    apply({ type: 'inquired', at, fence: progress.wakeAt, answer })
    at += 1
  }
  expect([message.watch?.more, message.watch?.asked]).toEqual([5, 1])
})
