import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStory, type Notification } from '../../../test/fakes/liveperson-conversations.ts'
import type { SourceEvent } from '../../domain/source-event.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import type { Interactions } from './interactions.ts'
import { createPoll } from './polling.ts'
import { receive } from './webhooks.ts'

/**
 * Whatever happens in a conversation, whenever it is polled and with what delay, whichever webhooks are lost or come twice:
 * a reader who follows our events holds the truth after the last poll.
 */
type Step =
  | { do: 'write'; by: 'agent' | 'bot' | 'consumer' | 'controller' }
  | { do: 'read'; back: number }
  | { do: 'note' | 'log-in' | 'end' }
  | { do: 'poll'; lagMs: number }

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        by: fc.constantFrom('agent', 'agent', 'bot', 'consumer', 'controller'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), back: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('note' as const, 'log-in' as const, 'end' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('poll' as const), lagMs: fc.constantFrom(0, 1500, 60_000) }) },
  ),
  { maxLength: 30 },
) as fc.Arbitrary<Step[]>

/** How the engine reads events, in short: each key once, each line once for each person, readings may come first. */
function createReader() {
  const keys = new Set<string>()
  const items = new Map<string, { person: string; position: number }>()
  const readUpTo = new Map<string, number>()
  const gone = new Set<string>()
  let participants: readonly string[] = []
  let ended = false
  const read = (person: string, position: number) =>
    readUpTo.set(person, Math.max(position, readUpTo.get(person) ?? -1))
  const apply = (event: SourceEvent) => {
    if (keys.has(event.key)) return
    keys.add(event.key)
    participants = event.about?.participants ?? participants
    if (event.type === 'ended') ended = true
    if (event.type === 'left') for (const person of event.people) gone.add(person)
    if (event.type === 'read' && 'upTo' in event.span) read(event.person, event.span.upTo)
    if (event.type !== 'sent') return
    const { item, author, recipients = participants } = event
    const { position = Number.NaN } = item
    if (author.kind === 'person' && author.id !== undefined) read(author.id, position)
    for (const person of recipients) items.set(`${item.id} ${person}`, { person, position })
  }
  const unread = () =>
    [...items.values()]
      .filter(({ person, position }) => !ended && !gone.has(person) && position > (readUpTo.get(person) ?? -1))
      .map(({ person, position }) => `${person} ${position}`)
      .sort()
  return { apply, unread }
}

async function play(all: readonly Step[], hooks: readonly number[]) {
  const clock = new MovableClock(1_700_000_000_000)
  const story = createStory('12345678', () => clock.now())
  let lagMs = 0
  const found = (whole: boolean) => story.records({ lagMs, whole })
  const interactions: Interactions = {
    async *open() {
      yield found(false).filter(({ info }) => info.status === 'OPEN')
    },
    byId: async (ids) => ({
      records: found(true).filter(({ info }) => ids.includes(info.conversationId)),
      complete: true,
    }),
  }
  const skills = { idsOf: async () => [] }
  const options = {
    trustUnauthenticated: true,
    defaultCountry: undefined,
    skills: undefined,
    callOff: 'read',
    lookBackMs: 1,
    pollMs: 1,
  } as const
  const poll = createPoll(options, { interactions, skills, clock })
  const reader = createReader()
  let cursor: unknown
  const pollOnce = async (lag: number) => {
    // Copies of the history differ in how far they are, so it may even seem to go back.
    lagMs = lag
    const polled = await poll(cursor, new AbortController().signal)
    cursor = JSON.parse(JSON.stringify(polled.cursor))
    polled.events.forEach(reader.apply)
  }
  let hooked = 0
  const hook = (notification: Notification) => {
    const body = Buffer.from(JSON.stringify(notification))
    const headers = { 'x-liveperson-signature': `sha1=${createHmac('sha1', 'secret').update(body).digest('base64')}` }
    const result = receive(
      { method: 'POST', url: '/', headers, body },
      { account: '12345678', secrets: ['secret'], callOff: 'read' },
      clock,
    )
    if (result.kind !== 'events') throw new Error(result.kind)
    const times = hooks[hooked++ % hooks.length] ?? 0
    for (let i = 0; i < times; i++) result.events.forEach(reader.apply)
  }

  const id = story.open({ consumer: 'con-0' })
  let consumer = 'con-0'
  let [ended, seen] = [false, -1]
  const lines: number[] = []
  for (const step of all) {
    await clock.advance(1000)
    if (step.do === 'poll') await pollOnce(step.lagMs)
    if (ended || step.do === 'poll') continue
    if (step.do === 'write') {
      const { seq, notification } = story.write(id, { by: step.by, text: 'x' })
      if (step.by === 'consumer') seen = seq
      else lines.push(seq)
      hook(notification)
    } else if (step.do === 'note') {
      hook(story.write(id, { text: 'among us', audience: 'AGENTS_AND_MANAGERS' }).notification)
    } else if (step.do === 'read') {
      const seq = lines.at(-1 - step.back)
      if (seq === undefined) continue
      seen = Math.max(seen, seq)
      hook(story.report(id, [seq]))
    } else if (step.do === 'log-in') {
      consumer = `con-${clock.now()}`
      story.logIn(id, consumer)
    } else {
      ended = true
      hook(story.end(id))
    }
  }
  await clock.advance(60_000)
  await pollOnce(0)
  const expected = ended ? [] : lines.filter((seq) => seq > seen).map((seq) => `${consumer} ${seq}`)
  return { found: reader.unread(), expected: expected.sort() }
}

describe('a reader who follows our events', () => {
  it('holds the truth after the last poll, whatever happened and however webhooks went', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 5 }),
        async (all, hooks) => {
          const { found, expected } = await play(all, hooks)
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })
})
