import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UntilreadClient, UntilreadError, type WatchEvent } from '../../src/client/client.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { entry, event, FakeService, sendJson, startEvents, succeeded, timeline } from './fake-service.ts'

let service: FakeService
let clock: MovableClock
let client: UntilreadClient
beforeEach(async () => {
  service = await FakeService.start()
  clock = new MovableClock(0)
  client = new UntilreadClient({ url: `${service.url}/`, apiKey: 'key-1', clock })
})
afterEach(() => service.stop())

async function collect(events: AsyncIterable<WatchEvent>): Promise<WatchEvent[]> {
  const all: WatchEvent[] = []
  for await (const each of events) all.push(each)
  return all
}

const EVENTS = '/messages/u1/events'
const page = (version: number, ...entries: object[]) =>
  event('timeline', { umid: 'u1', version, state: 'live', entries }, version)
const ended = event('ended', { umid: 'u1', outcome: succeeded })

describe('calls', () => {
  test('a message goes out as it was given, with the key and the idempotency key', async () => {
    const answer = { umid: 'u1', user: { msisdn: '+65' }, status: { state: 'queued', timestamp: 't' } }
    service.on('POST', '/messages', answer)
    const message = { user: { msisdn: '+65' }, type: 'text', content: { text: 'Hi' } }
    expect(await client.send(message, { idempotencyKey: 'i-1' })).toEqual(answer)
    const [heard] = service.heard
    expect(JSON.parse(heard?.body ?? '')).toEqual(message)
    expect(heard?.headers).toMatchObject({
      authorization: 'Bearer key-1',
      'idempotency-key': 'i-1',
      'content-type': 'application/json',
    })
  })

  test('an id cannot lead to another path', async () => {
    await expect(client.cancel('../../x')).rejects.toThrow(UntilreadError)
    expect(service.heard[0]?.path).toBe('/api/v1/subaccounts/default/messages/..%2F..%2Fx')
  })

  test('a refusal carries the service’s words, its code and the errorId', async () => {
    const error = await client.timeline('nope').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: 'umid: no such message', status: 404, code: 1300, errorId: 'e-1' })
  })

  test('an answer that is no JSON, from a proxy perhaps, is told as that', async () => {
    service.on('GET', '/messages/u1/timeline', (_, response) => response.writeHead(502).end('<html>'))
    await expect(client.timeline('u1')).rejects.toMatchObject({ status: 502, code: undefined })
    service.on('GET', '/messages/u1/timeline', (_, response) => response.writeHead(200).end('<html>'))
    await expect(client.timeline('u1')).rejects.toThrow(/not JSON/)
  })

  test('where nothing listens, the error names the place and the reason, and has no status', async () => {
    await service.stop()
    const error = await client.timeline('u1').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: `${service.url} cannot be reached (ECONNREFUSED)`, status: undefined })
    service = await FakeService.start()
  })

  test('a redirect is not followed: the key is for this service', async () => {
    const other = await FakeService.start()
    service.on('GET', '/messages/u1/timeline', (_, response) => response.writeHead(302, { location: other.url }).end())
    await expect(client.timeline('u1')).rejects.toThrow(UntilreadError)
    expect(other.heard).toEqual([])
    await other.stop()
  })
})

describe('watching', () => {
  test('tells each version once and ends with the outcome', async () => {
    service.on('GET', EVENTS, (_, response) => {
      startEvents(response)
      response.write(`: keep-alive\n\n${page(1, entry(1, 'step-opened', 'a', 0))}${page(1)}${page(2)}${ended}`)
    })
    const told = await collect(client.watch('u1'))
    expect(told.map(({ type }) => type)).toEqual(['timeline', 'timeline', 'ended'])
    expect(told[0]).toMatchObject({ version: 1, entries: [{ text: 'a' }] })
    expect(told.at(-1)).toEqual({ type: 'ended', umid: 'u1', outcome: succeeded })
  })

  test('a lost connection is taken up again after the last version, later and later', async () => {
    const waits: number[] = []
    service.on('GET', EVENTS, ({ headers }, response) => {
      const visits = service.heard.length
      if (visits === 3) return sendJson(response, 503, { message: 'restarting' })
      startEvents(response)
      if (visits < 3) response.end(visits === 1 ? `${page(1)}${page(2)}` : '')
      else response.end(`${page(2)}${page(3)}${headers['last-event-id'] === '2' ? ended : ''}`)
    })
    const onReconnect = (_: UntilreadError, waitMs: number) => {
      waits.push(waitMs)
      setImmediate(() => void clock.advance(waitMs))
    }
    const told = await collect(client.watch('u1', { onReconnect }))
    expect(told.map((each) => (each.type === 'timeline' ? each.version : each.type))).toEqual([1, 2, 3, 'ended'])
    expect(service.heard.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '2', '2'])
    expect(waits).toEqual([500, 1000, 2000])
  })

  test('a connection that has gone silent is given up and taken up anew', async () => {
    let reconnected: UntilreadError | undefined
    service.on('GET', EVENTS, (_, response) => {
      startEvents(response)
      response.write(service.heard.length === 1 ? page(1) : ended)
    })
    const onReconnect = (error: UntilreadError, waitMs: number) => {
      reconnected = error
      setImmediate(() => void clock.advance(waitMs))
    }
    const told: WatchEvent[] = []
    for await (const each of client.watch('u1', { onReconnect })) {
      told.push(each)
      // The next read is under way once this loop asks for more.
      if (each.type === 'timeline') setImmediate(() => void clock.advance(45_000))
    }
    expect(told.map(({ type }) => type)).toEqual(['timeline', 'ended'])
    expect(reconnected?.status).toBeUndefined()
  })

  test('an unknown umid, and a place that streams no events, end it at once', async () => {
    await expect(collect(client.watch('nope'))).rejects.toMatchObject({ status: 404 })
    service.on('GET', EVENTS, (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
    await expect(collect(client.watch('u1'))).rejects.toThrow(/does not stream events/)
    expect(service.heard).toHaveLength(2)
  })

  test('until never: it goes on after the outcome, for late receipts, until the signal', async () => {
    const stop = new AbortController()
    service.on('GET', EVENTS, (_, response) => {
      startEvents(response)
      response.write(`${page(1)}${ended}${page(2)}${ended}`)
    })
    const told: WatchEvent[] = []
    for await (const each of client.watch('u1', { until: 'never', signal: stop.signal })) {
      told.push(each)
      if (each.type === 'timeline' && each.version === 2) stop.abort()
    }
    expect(told.map(({ type }) => type)).toEqual(['timeline', 'ended', 'timeline'])
  })

  test('to stop asking closes the connection', async () => {
    const closed = new Promise<void>((resolve) => {
      service.on('GET', EVENTS, (_, response) => {
        response.on('close', resolve)
        startEvents(response)
        response.write(page(1))
      })
    })
    for await (const _ of client.watch('u1')) break
    await closed
  })

  test('the timeline comes as the service gives it', async () => {
    service.on('GET', '/messages/u1/timeline', timeline)
    expect(await client.timeline('u1')).toEqual(timeline)
  })
})
