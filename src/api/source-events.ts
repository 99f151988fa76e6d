import { setImmediate } from 'node:timers/promises'
import type { SourceEvent } from '../domain/source-event.ts'
import { ApiError } from './errors.ts'
import { EventsAnswer, EventsBody, MOST_EVENTS } from './event-shape.ts'
import type { Api, ApiOptions } from './house.ts'
import { unknownField } from './judge.ts'
import { readSourceEvent } from './read-source-event.ts'
import { isObject } from './read-template.ts'
import { answers, SubAccountParams } from './schemas.ts'

const EVENTS_BYTES = 20 * 1024 * 1024
const SLICE = 250 // events that are read before others get their turn
const SOURCE = 'events'

/** Where an own chat tells what happens in it. */
export function sourceEventRoutes(app: Api, { watch, clock }: ApiOptions): void {
  app.post(
    '/subaccounts/:subAccountId/events',
    {
      validatorCompiler: () => () => true, // the reader names every problem, not the first alone
      bodyLimit: EVENTS_BYTES,
      schema: {
        summary: 'Tell what happened in a chat',
        description:
          `Stores one event, or up to ${MOST_EVENTS} as \`{"events":[…]}\`, then answers. With a mistake in one of them none is ` +
          'taken. Their order does not matter, and a repeat does no harm.',
        tags: ['Watching'],
        security: [{ apiKey: [] }],
        params: SubAccountParams,
        body: EventsBody,
        response: answers(EventsAnswer, 400, 413, 415),
      },
    },
    async ({ params, body }) => watch.observe(params.subAccountId, SOURCE, await readEvents(body, clock.now())),
  )
}

async function readEvents(body: unknown, now: number): Promise<SourceEvent[]> {
  if (!isObject(body)) {
    throw new ApiError(1000, 'body', 'must be an event such as {"type":"message.read",…}, or {"events":[…]}')
  }
  if (!Object.hasOwn(body, 'events')) return [readSourceEvent(body, now)]
  const { events, ...others } = body
  const [stray] = Object.keys(others)
  if (stray !== undefined) throw unknownField(stray.slice(0, 60), stray, ['events'])
  if (!Array.isArray(events) || events.length === 0)
    throw new ApiError(1000, 'events', 'must be a list with an event in it')
  if (events.length > MOST_EVENTS) {
    throw new ApiError(1000, 'events', `has ${events.length}; at most ${MOST_EVENTS} are allowed`)
  }
  const read: SourceEvent[] = []
  for (const [index, event] of events.entries()) {
    if (index > 0 && index % SLICE === 0) await setImmediate()
    read.push(readSourceEvent(event, now, `events[${index}]`))
  }
  return read
}
