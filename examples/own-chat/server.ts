// A small chat in plain Node that tells Untilread what is written and read. The lines that matter are those with `tell`.
//   UNTILREAD_API_KEY=utr_… npx node examples/own-chat/server.ts
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

const { UNTILREAD_URL = 'http://localhost:3000', UNTILREAD_API_KEY: apiKey = '', PORT = '4100' } = process.env
const eventsUrl = `${UNTILREAD_URL}/api/v1/subaccounts/default/events`
if (apiKey === '')
  throw new Error('UNTILREAD_API_KEY is missing: the service shows one when it starts for the first time')

type Person = { name: string; email: string; language?: string; timeZone?: string }
const people: Record<string, Person> = {
  ann: { name: 'Ann', email: 'ann@example.com', language: 'en', timeZone: 'Europe/London' },
  ben: { name: 'Ben', email: 'ben@example.com', language: 'de', timeZone: 'Europe/Berlin' },
}
type Message = { position: number; author: string; text: string }
const rooms = new Map<string, Message[]>()

// Events wait here until Untilread has them. In a real chat this is a table, written in the transaction of the message.
const outbox: object[] = []
let isSending = false

function tell(event: object): void {
  outbox.push({ at: new Date().toISOString(), ...event })
  void send()
}

/** Everything in its turn. What could not be told is told again, which does no harm even if it had arrived. */
async function send(): Promise<void> {
  if (isSending) return
  isSending = true
  let most = 1000
  while (outbox.length > 0) {
    const events = outbox.slice(0, most)
    const answer = await fetch(eventsUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    }).catch(() => undefined)
    const words = (await answer?.text().catch(() => '')) ?? 'no answer'
    if (answer?.ok) {
      outbox.splice(0, events.length)
      console.log(`told ${events.length}`)
    } else if (answer?.status !== 400) {
      console.error(`not told, trying again: ${words}`)
      await sleep(1000)
    } else if (events.length > 1) {
      most = 1 // one of them is wrong, and nothing was taken: find it
    } else {
      outbox.shift()
      most = 1000
      console.error(`refused for good: ${words}`)
    }
  }
  isSending = false
}

function write(room: string, author: string, words: string): void {
  const messages = rooms.get(room) ?? []
  const position = messages.length + 1
  rooms.set(room, [...messages, { position, author, text: words }])
  tell({
    type: 'message.sent',
    conversation: room,
    id: `${room}-${position}`,
    position,
    text: words,
    author: { id: author, name: people[author]?.name },
    recipients: Object.keys(people).filter((person) => person !== author),
    people, // only where Untilread has no contacts of its own
    metadata: { room },
  })
}

/** To open the page is to read it. A page that refreshes itself would read for somebody who has gone for lunch. */
function read(room: string, person: string): Message[] {
  const messages = rooms.get(room) ?? []
  if (messages.length > 0) tell({ type: 'message.read', conversation: room, person, upTo: messages.length })
  return messages
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const room = /^\/rooms\/([a-z0-9-]{1,40})$/.exec(url.pathname)?.[1]
  const me = url.searchParams.get('me') ?? ''
  if (room === undefined || !Object.hasOwn(people, me)) return page(response, 404, '<p>Try /rooms/lobby?me=ann</p>')
  if (request.method === 'POST') {
    const words = new URLSearchParams(await text(request)).get('text')?.trim() ?? ''
    if (words !== '') write(room, me, words)
    return response.writeHead(303, { location: `/rooms/${room}?me=${me}` }).end()
  }
  const lines = read(room, me).map(
    ({ author, text }) => `<p><b>${asHtml(people[author]?.name ?? '')}</b> ${asHtml(text)}</p>`,
  )
  page(
    response,
    200,
    `${lines.join('\n')}\n<form method="post"><input name="text" autofocus><button>Send</button></form>`,
  )
})

function page(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, { 'content-type': 'text/html; charset=utf-8' })
    .end(`<!doctype html><title>Chat</title>${html}`)
}

function asHtml(words: string): string {
  return words.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`)
}

server.listen(Number(PORT), '127.0.0.1', () => console.log('listening on', server.address()))
