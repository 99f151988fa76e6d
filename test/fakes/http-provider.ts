import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { sign, type Verification, verify } from '../../src/signing/standard-webhooks.ts'

/** What the provider does with the next requests, until it is told otherwise. */
export type Behaviour =
  /** Takes the message and answers; before that or after it calls back, if told to, with these receipts, in this order. */
  | { do: 'accept'; callBack?: { when: 'before-answer' | 'after-answer'; statuses: readonly string[]; times?: number } }
  | { do: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Takes the message; the connection ends without an answer, or in the middle of one. */
  | { do: 'cut'; when: 'before-answer' | 'after-head' | 'inside-answer' }
  /** Ends the connection as soon as the first bytes come. */
  | { do: 'hang-up' }
  /** Takes the message and says nothing until `release`. */
  | { do: 'hold' }
  /** Answers 200 and never stops. */
  | { do: 'endless' }

export type Recorded = {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: string
  json: Record<string, unknown>
  signature: Verification
}

export type HttpProvider = {
  url: string
  requests: Recorded[]
  /** What the person has, by `webhook-id`: a repeat of a request that was taken adds nothing. */
  taken: Map<string, { id: string; request: Recorded }>
  behave(behaviour: Behaviour): void
  /** Resolves when the next request is all here, or at once when there has been one since `behave`. */
  arrived(): Promise<Recorded>
  /** Answers what is held. */
  release(): void
  /** A callback as the provider sends it: signed, unless another secret says otherwise. */
  signed(body: string, secret?: string): { body: string; headers: Record<string, string> }
  close(): Promise<void>
}

/**
 * A provider on a free port of this machine: speaks real HTTP, checks the signature of what comes, and misbehaves on
 * request. `now` is the time by which it signs and checks.
 */
export async function startHttpProvider(options: { secret: string; now: () => number }): Promise<HttpProvider> {
  const { secret, now } = options
  const requests: Recorded[] = []
  const taken: HttpProvider['taken'] = new Map()
  const held: (() => void)[] = []
  let behaviour: Behaviour = { do: 'accept' }
  let arrival = Promise.withResolvers<Recorded>()
  let callbacks = 0

  const signed: HttpProvider['signed'] = (body, other = secret) => ({
    body,
    headers: { 'content-type': 'application/json', ...sign(other, `callback-${++callbacks}`, now() / 1000, body) },
  })

  const take = (request: Recorded): string => {
    const key = request.headers['webhook-id'] ?? `unsigned-${requests.length}`
    const known = taken.get(key) ?? { id: `provider-${taken.size + 1}`, request }
    taken.set(key, known)
    return known.id
  }

  const callBack = async (request: Recorded, id: string, statuses: readonly string[], times = 1): Promise<void> => {
    const { attemptRef, callbackUrl } = request.json
    const receipts = statuses.map((status) => ({ attemptRef, id, status, timestamp: new Date(now()).toISOString() }))
    for (let time = 0; time < times; time++) {
      const answer = await fetch(String(callbackUrl), { method: 'POST', ...signed(JSON.stringify(receipts)) })
      await answer.arrayBuffer()
    }
  }

  const server = createServer(async (incoming, response) => {
    const todo = behaviour
    if (todo.do === 'hang-up') return incoming.socket.destroy()
    const request = await record(incoming)
    requests.push(request)
    const arrive = () => arrival.resolve(request)
    if (request.signature.kind === 'refused') {
      answerJson(response, 401, { status: 'rejected', reason: 'credentials', detail: request.signature.detail })
      return arrive()
    }
    if (todo.do === 'answer') {
      response.writeHead(todo.status, todo.headers).end(todo.body ?? '')
      return arrive()
    }
    const id = take(request)
    switch (todo.do) {
      case 'accept': {
        const { when, statuses = [], times } = todo.callBack ?? {}
        if (when === 'before-answer') await callBack(request, id, statuses, times)
        answerJson(response, 200, { status: 'accepted', id })
        if (when === 'after-answer') await callBack(request, id, statuses, times)
        break
      }
      case 'cut':
        if (todo.when === 'before-answer') incoming.socket.destroy()
        else {
          response.writeHead(200, { 'content-length': '1000' })
          response.flushHeaders()
          response.write(todo.when === 'after-head' ? '' : '{"status":"acc', () => incoming.socket.destroy())
        }
        break
      case 'hold':
        held.push(() => answerJson(response, 200, { status: 'accepted', id }))
        break
      case 'endless': {
        response.writeHead(200)
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        more()
      }
    }
    arrive()
  })

  async function record(incoming: IncomingMessage): Promise<Recorded> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    return {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers,
      body: body.toString(),
      json: asObject(body.toString()),
      signature: verify(headers, body, [secret], now()),
    }
  }

  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`,
    requests,
    taken,
    behave: (next) => {
      behaviour = next
      arrival = Promise.withResolvers()
    },
    arrived: () => arrival.promise,
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    signed,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const probe = connect(port, '127.0.0.1')
  const code = await new Promise((resolve) => {
    probe.once('error', (error) => resolve('code' in error ? error.code : error))
    probe.once('connect', () => resolve('somebody listens'))
  })
  probe.destroy()
  if (code !== 'ECONNREFUSED') throw new Error(`port ${port} is not free: ${code}`)
  return port
}

function answerJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}

function asObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}
