import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came, whole. */
export type Incoming = {
  method: string
  path: string
  query: URLSearchParams
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** The body as JSON; undefined for what is none. */
  json: unknown
  /** The body as a form. */
  form: URLSearchParams
}
/** An object is answered as JSON. */
export type Answer = { status: number; headers?: Readonly<Record<string, string>>; body?: string | object }
/** What a good provider says to a request; with a `message`, it has taken that. */
export type Verdict<Message> = { answer: Answer; message?: Message }

/** What the provider does with the requests that would be taken, until it is told otherwise. */
export type FakeBehaviour<Message> =
  /** Takes the message and answers; calls back before that or after it. */
  | { do: 'accept'; before?: (message: Message) => Promise<void>; after?: (message: Message) => Promise<void> }
  /** Does not take it, and answers this instead. */
  | { do: 'answer'; answer: Answer }
  /** Takes it; the connection ends without an answer. */
  | { do: 'cut' }
  /** The connection ends before anything was taken. */
  | { do: 'hang-up' }
  /** Takes it and says nothing until `release`. */
  | { do: 'hold' }

export type FakeProvider<Message> = {
  /** For `baseUrl`. */
  url: string
  /** What was taken, in order. */
  messages: Message[]
  /** Every request, refused ones among them. */
  requests: Incoming[]
  behave(behaviour: FakeBehaviour<Message>): void
  /** Resolves when the next message has been taken, or at once when one has been since `behave`. */
  arrived(): Promise<Message>
  /** Answers what is held. */
  release(): void
  close(): Promise<void>
}

/**
 * A provider on a free port of this machine. `judge` is the provider's own side of the protocol: it checks every byte that
 * matters and answers as the real one does, mistakes included; what is wrong is answered however the provider behaves.
 * Requests that take no message (a token, a capability) get their answer always.
 */
export async function startFakeProvider<Message>(
  judge: (request: Incoming) => Verdict<Message> | Promise<Verdict<Message>>,
  /** Where it listens; any free port unless told otherwise. */
  port = 0,
): Promise<FakeProvider<Message>> {
  const messages: Message[] = []
  const requests: Incoming[] = []
  const held: (() => void)[] = []
  let behaviour: FakeBehaviour<Message> = { do: 'accept' }
  let arrival = Promise.withResolvers<Message>()

  const server = createServer(async (incoming, response) => {
    const todo = behaviour
    const request = await read(incoming)
    requests.push(request)
    const { answer, message } = await judge(request)
    if (message === undefined) return give(response, answer)
    if (todo.do === 'answer') return give(response, todo.answer)
    if (todo.do === 'hang-up') return void incoming.socket.destroy()
    messages.push(message)
    switch (todo.do) {
      case 'accept':
        await todo.before?.(message)
        give(response, answer)
        await todo.after?.(message)
        break
      case 'cut':
        incoming.socket.destroy()
        break
      case 'hold':
        held.push(() => give(response, answer))
    }
    arrival.resolve(message)
  })

  server.listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    requests,
    behave: (next) => {
      behaviour = next
      arrival = Promise.withResolvers()
    },
    arrived: () => arrival.promise,
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function read(incoming: IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://provider.invalid')
  return {
    method: incoming.method ?? '',
    path: pathname,
    query: searchParams,
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body,
    json: jsonOf(body),
    form: new URLSearchParams(body.toString()),
  }
}

function give(response: ServerResponse, { status, headers, body = '' }: Answer): void {
  if (typeof body === 'string') return void response.writeHead(status, headers).end(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
