import type { AddressInfo } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import type { TSchema } from 'typebox'
import { buildApi } from '../src/api/api.ts'
import { judge } from '../src/api/judge.ts'
import { SendShape } from '../src/api/message-shape.ts'
import { SendAnswer } from '../src/api/schemas.ts'
import { sandbox } from '../src/channels/sandbox/sandbox.ts'
import { Connections } from '../src/engine/connections.ts'
import { Engine } from '../src/engine/engine.ts'
import type { Connection } from '../src/engine/ports/channel.ts'
import { openStore } from '../src/store/store.ts'
import { systemClock } from '../src/system/clock.ts'
import { newId, newSecret, newSigningSecret, sha256 } from '../src/system/ids.ts'
import { watching } from '../test/support/watching.ts'
import { load } from './peers/package-of.ts'
import { CONCURRENCY, HOUR_MS, inBulk, newMessages, PER_REQUEST, providerRefOf, umidsOf } from './workload.ts'

/** A process of its own that serves HTTP, as the one that forked it asks: the whole service, or what it is compared with. */
export type HttpTask = { kind: 'untilread'; location: string } | { kind: 'bare' } | { kind: 'bullmq'; location: string }
export type HttpReady = { port: number; apiKey: string; secret: string }
/** Asks for so many messages that were sent and wait to be read; the answer is their ids. */
export type SendTask = { send: number }

const CONNECTION_ID = 'sandbox'
export const SEND_PATH = '/api/v1/subaccounts/default/messages'
export const CALLBACK_PATH = `/callbacks/${CONNECTION_ID}`

type Service = Omit<HttpReady, 'port'> & { app: FastifyInstance; send?: (count: number) => Promise<string[]> }

/** The API on the engine on its store, as the service composes them, with phones that take everything at once. */
async function untilread(location: string): Promise<Service> {
  const store = openStore(location, { newId })
  await store.migrate()
  const secret = newSigningSecret()
  const settings = { url: 'http://127.0.0.1:9/sandbox', secret }
  const world = { connectionId: CONNECTION_ID, callbackUrl: '', clock: systemClock, tell: async () => {} }
  let accepted = 0
  let onAccepted = () => {}
  const connection: Connection = {
    id: CONNECTION_ID,
    provider: sandbox.id,
    serves: ['WhatsApp', 'SMS'],
    limits: { concurrency: CONCURRENCY },
    abilities: (channel) => sandbox.abilities(channel, settings),
    channel: {
      ...sandbox.create(settings, world),
      async send({ umid }) {
        accepted++
        onAccepted()
        return { kind: 'accepted', providerRef: providerRefOf(umid) }
      },
    },
  }
  const stopOn = ({ error }: Record<string, unknown>, sentence: string) => {
    throw new Error(sentence, { cause: error })
  }
  const engine = new Engine({
    store: store.messages,
    suppressions: store.suppressions,
    replies: store.replies,
    connections: new Connections([connection]),
    clock: systemClock,
    log: { info: () => {}, warn: stopOn, error: stopOn },
    newId,
    postReceipt: async () => undefined,
    watching: watching(store),
  })
  const apiKey = newSecret('utr_')
  const entry = { id: newId(), subAccountId: 'default', prefix: apiKey.slice(0, 8), createdAt: systemClock.now() }
  await store.accounts.addKey(entry, sha256(apiKey))
  const { messages, accounts, rules, contacts, suppressions } = store
  const { watch } = engine
  const app = buildApi({
    engine,
    watch,
    rules,
    contacts,
    suppressions,
    messages,
    accounts,
    clock: systemClock,
    newId,
    sha256,
    newSigningSecret,
  })
  await store.listen(({ wakeAt }) => wakeAt !== undefined && engine.poke(wakeAt))
  engine.start()
  const send = async (count: number) => {
    const now = systemClock.now()
    const some = newMessages(count, now, () => now)
    const wanted = accepted + count
    await inBulk(some, PER_REQUEST, new AbortController().signal, async (chunk) => {
      await engine.accept({ subAccountId: 'default', messages: chunk })
    })
    while (accepted < wanted) await new Promise<void>((resolve) => (onAccepted = resolve))
    await engine.idle()
    return umidsOf(some)
  }
  return { app, apiKey, secret, send }
}

/** A route with the schema of the Send API that answers like it and does nothing, or only `store`. */
function bare(store: (umid: string, body: unknown) => Promise<void> | void): Service {
  const app = fastify({ logger: false })
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const check = httpPart === 'body' ? judge(schema) : (data: unknown) => data
    return (data) => ({ value: check(data) })
  })
  app.post(SEND_PATH, { schema: { body: SendShape, response: { 200: SendAnswer } } }, async ({ body }) => {
    const umid = newId()
    await store(umid, body)
    const { user } = body as { user: object }
    return { umid, user, status: { state: 'queued', timestamp: new Date(systemClock.now()).toISOString() } }
  })
  return { app, apiKey: 'none', secret: 'none' }
}

type Queue = { add(name: string, data: unknown, options: object): Promise<unknown>; waitUntilReady(): Promise<unknown> }
type BullMq = { Queue: new (name: string, options: object) => Queue }

async function withBullMq(location: string): Promise<Service> {
  const { Queue } = await load<BullMq>('bullmq')
  const { hostname: host, port } = new URL(location)
  const queue = new Queue('messages', { connection: { host, port: Number(port), maxRetriesPerRequest: null } })
  await queue.waitUntilReady()
  const options = { delay: HOUR_MS, removeOnComplete: true, removeOnFail: true }
  return bare(async (umid, body) => void (await queue.add('send', body, { jobId: umid, ...options })))
}

function open(task: HttpTask): Promise<Service> | Service {
  if (task.kind === 'untilread') return untilread(task.location)
  return task.kind === 'bullmq' ? withBullMq(task.location) : bare(() => {})
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {}) // told by the channel instead
  process.once('disconnect', () => process.exit())
  process.once('message', async (task: HttpTask) => {
    const { app, send, apiKey, secret } = await open(task)
    await app.listen({ host: '127.0.0.1', port: 0 })
    process.on('message', async ({ send: count }: SendTask) => process.send?.((await send?.(count)) ?? []))
    process.send?.({ port: (app.server.address() as AddressInfo).port, apiKey, secret } satisfies HttpReady)
  })
}
