import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSourceEvent } from '../src/api/read-source-event.ts'
import { FakeService, type Heard, sendJson } from './cli/fake-service.ts'

let service: FakeService
let heard: AsyncGenerator<Heard, never>
let answer: { status: number; body: object }
const processes: ChildProcess[] = []

beforeEach(async () => {
  service = await FakeService.start()
  answer = { status: 200, body: { accepted: 1, repeated: 0 } }
  const waiting: Heard[] = []
  let arrival = Promise.withResolvers<void>()
  service.on('POST', '/events', (request, response) => {
    sendJson(response, answer.status, answer.body)
    waiting.push(request)
    arrival.resolve()
  })
  heard = (async function* () {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else {
        await arrival.promise
        arrival = Promise.withResolvers()
      }
    }
  })()
})
afterEach(async () => {
  for (const process of processes.splice(0)) {
    const ended = once(process, 'exit')
    if (process.exitCode === null && process.kill()) await ended
  }
  await service.stop()
})

/** The example as its readers start it. */
async function startChat(): Promise<string> {
  const chat = spawn(process.execPath, ['examples/own-chat/server.ts'], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, UNTILREAD_URL: service.url, UNTILREAD_API_KEY: 'key-1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  processes.push(chat)
  if (chat.stdout === null) throw new Error('the example has no output')
  const lines = createInterface(chat.stdout)
  const [line] = await once(lines, 'line')
  return `http://127.0.0.1:${/port: (\d+)/.exec(String(line))?.[1]}/rooms/lobby`
}

/** The events of the next request, read as the service reads them. */
async function nextEvents() {
  const { value } = await heard.next()
  expect(value.headers.authorization).toBe('Bearer key-1')
  const { events } = JSON.parse(value.body) as { events: { at: string }[] }
  return events.map((event) => readSourceEvent(event, Date.parse(event.at)))
}

const say = (room: string, me: string, words: string) =>
  fetch(`${room}?me=${me}`, { method: 'POST', body: new URLSearchParams({ text: words }), redirect: 'manual' })

it('the example of an own chat tells what is written, for everybody but its author, and what is read', async () => {
  const room = await startChat()
  expect((await say(room, 'ann', 'Is it <ready>?')).status).toBe(303)
  expect(await nextEvents()).toMatchObject([
    {
      type: 'sent',
      conversation: 'lobby',
      item: { id: 'lobby-1', position: 1, text: 'Is it <ready>?' },
      author: { id: 'ann', kind: 'person', name: 'Ann' },
      recipients: ['ben'],
      people: { ben: { email: 'ben@example.com' } },
      about: { metadata: { room: 'lobby' } },
    },
  ])
  expect(await (await fetch(`${room}?me=ben`)).text()).toContain('Is it &#60;ready&#62;?')
  expect(await nextEvents()).toMatchObject([{ type: 'read', person: 'ben', span: { upTo: 1 } }])
  expect((await fetch(`${room}?me=eve`)).status).toBe(404)
})

it('what the service could not take is told again, and later events with it, in their order', async () => {
  const room = await startChat()
  answer = { status: 503, body: {} }
  await say(room, 'ann', 'one')
  const [first] = await nextEvents()
  await say(room, 'ann', 'two')
  answer = { status: 200, body: { accepted: 2, repeated: 0 } }
  let again = await nextEvents()
  while (again.length < 2) again = await nextEvents() // it may have tried in between
  expect(again.map((event) => event.type === 'sent' && event.item.text)).toEqual(['one', 'two'])
  expect(again[0]).toEqual(first)
})

it('one event that the service refuses takes no other with it', async () => {
  const room = await startChat()
  answer = { status: 503, body: {} }
  await say(room, 'ann', 'one')
  await nextEvents()
  await say(room, 'ann', 'two')
  answer = { status: 400, body: { code: 1000, message: 'events[0].text: must be a text' } }
  let events = await nextEvents()
  while (events.length < 2) events = await nextEvents()
  const texts = async () => (await nextEvents()).map((event) => event.type === 'sent' && event.item.text)
  expect(await texts()).toEqual(['one'])
  answer = { status: 200, body: { accepted: 1, repeated: 0 } }
  expect(await texts()).toEqual(['two'])
})
