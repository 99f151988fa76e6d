import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { verify } from '../../src/signing/standard-webhooks.ts'

/** What it does with requests that are signed and well-formed, until it is told otherwise. */
export type UserDatabaseBehaviour =
  /** Looks the person up. */
  | { do: 'look-up' }
  | { do: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Says nothing until `release`; then it looks the person up. */
  | { do: 'hold' }
  /** Ends the connection without an answer, or in the middle of one. */
  | { do: 'cut'; when: 'before-answer' | 'inside-answer' }
  /** Answers 200 and never stops. */
  | { do: 'endless' }

export type Asked = { subAccountId: string; contactId: string; id: string }

export type UserDatabase = {
  url: string
  /** Whom it was asked for, in order. */
  asked: Asked[]
  /** Requests that were refused, and why. */
  refused: string[]
  /** `subAccountId/contactId` and what is answered, as JSON. */
  people: Map<string, unknown>
  behave(behaviour: UserDatabaseBehaviour): void
  /** Resolves when so many requests have come in all. */
  askedFor(count: number): Promise<void>
  release(): void
  close(): Promise<void>
}

/**
 * An operator's user database on a free port of this machine. It checks method, type, shape, signature and time, and
 * refuses a `webhook-id` that it has seen. `now` is the time by which it checks.
 */
export async function startUserDatabase(options: {
  secrets: readonly string[]
  now: () => number
}): Promise<UserDatabase> {
  const asked: Asked[] = []
  const refused: string[] = []
  const people: UserDatabase['people'] = new Map()
  const held: (() => void)[] = []
  const seen = new Set<string>()
  let behaviour: UserDatabaseBehaviour = { do: 'look-up' }
  let waiting: { count: number; resolve: () => void }[] = []

  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const refuse = (status: number, why: string) => {
      refused.push(why)
      answerJson(response, status, { error: why })
    }
    if (request.method !== 'POST') return refuse(405, `${request.method} is not POST`)
    if (request.headers['content-type'] !== 'application/json') return refuse(415, 'it is not JSON')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const verified = verify(headers, body, options.secrets, options.now())
    if (verified.kind === 'refused') return refuse(401, verified.detail)
    if (seen.has(verified.id)) return refuse(409, 'it came before')
    seen.add(verified.id)
    const { subAccountId, contactId, ...more } = JSON.parse(body.toString()) as Record<string, unknown>
    if (typeof subAccountId !== 'string' || typeof contactId !== 'string' || Object.keys(more).length > 0) {
      return refuse(400, 'it is not the documented shape')
    }
    asked.push({ subAccountId, contactId, id: verified.id })
    const lookUp = () => {
      const found = people.get(`${subAccountId}/${contactId}`)
      if (found === undefined) answerJson(response, 404, { error: 'unknown' })
      else answerJson(response, 200, found)
    }
    switch (behaviour.do) {
      case 'look-up':
        lookUp()
        break
      case 'answer':
        response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '')
        break
      case 'hold':
        held.push(lookUp)
        break
      case 'cut':
        if (behaviour.when === 'before-answer') request.socket.destroy()
        else {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
          response.write('{"email":"', () => request.socket.destroy())
        }
        break
      case 'endless': {
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = () => {
          while (!response.destroyed && response.write(' '.repeat(65_536)));
        }
        response.on('drain', more)
        more()
      }
    }
    waiting = waiting.filter(({ count, resolve }) => asked.length < count || resolve())
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/people`,
    asked,
    refused,
    people,
    behave: (next) => {
      behaviour = next
    },
    askedFor: (count) =>
      new Promise((resolve) => {
        if (asked.length >= count) resolve()
        else waiting.push({ count, resolve })
      }),
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function answerJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}
