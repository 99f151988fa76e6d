import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { buildApi } from '../src/api/api.ts'
import { type ReminderRule, RULE_DEFAULTS } from '../src/domain/reminder-rule.ts'
import type { SourceEvent } from '../src/domain/source-event.ts'
import { Connections } from '../src/engine/connections.ts'
import { Engine } from '../src/engine/engine.ts'
import { layer } from '../src/sources/layer/layer.ts'
import { readWebhook } from '../src/sources/layer/webhook.ts'
import { openStore } from '../src/store/store.ts'
import { systemClock } from '../src/system/clock.ts'
import { newId, newSecret, newSigningSecret, sha256 } from '../src/system/ids.ts'
import { wording } from '../src/templates/wording.ts'
import { watching } from '../test/support/watching.ts'
import { inBulk } from './workload.ts'

/**
 * A process of its own that watches Layer, as the one that forked it asks: the whole service with a mail channel that takes
 * everything, or a route that only verifies and reads what Layer posts.
 */
export type WatchTask = { kind: 'untilread'; location: string } | { kind: 'bare' }
export type WatchReady = { port: number }
/** Opens so many streaks that are due in an hour, and so many that fall due together at `dueAt`. */
export type FillTask = { open: number; due: number; dueAt: number }
/** Waits until so many notices have gone; answers when the last one did, in epoch milliseconds. */
export type NoticesTask = { notices: number }

export const SECRET = 'layer-benchmark-secret'
export const SOURCE = 'chat'
export const WAIT_MS = 3_600_000
const EVENTS_AT_ONCE = 500

const RULE: ReminderRule = {
  ...RULE_DEFAULTS,
  id: 'missed',
  match: {},
  waitMs: WAIT_MS,
  steps: [{ channel: 'Email', successStatus: 'accepted', onUncertain: 'wait' }],
  texts: {},
}

async function untilread(location: string) {
  const store = openStore(location, { newId })
  await store.migrate()
  let sent = 0
  let lastAt = 0
  let onSent = () => {}
  const mail = {
    id: 'mail',
    provider: 'benchmark',
    serves: ['Email'],
    limits: { concurrency: 16 },
    abilities: () => ({
      reports: ['accepted'] as const,
      address: 'email' as const,
      carries: ['text'] as const,
      takesIdempotencyKey: true,
    }),
    channel: {
      async send() {
        sent++
        lastAt = systemClock.now()
        onSent()
        return { kind: 'accepted' } as const
      },
    },
  }
  const stopOn = ({ error }: Record<string, unknown>, sentence: string) => {
    throw new Error(sentence, { cause: error })
  }
  const world = { sourceId: SOURCE, webhookUrl: '', clock: systemClock, newNonce: () => newSecret('') }
  const source = layer.create({ secret: SECRET }, world)
  const inUse = { id: SOURCE, platform: layer.id, subAccountId: 'default', waitMs: WAIT_MS, isPolled: false, source }
  const directory = { find: async (_: string, id: string) => ({ email: `${id}@example.test` }) }
  const engine = new Engine({
    store: store.messages,
    suppressions: store.suppressions,
    replies: store.replies,
    connections: new Connections([mail]),
    clock: systemClock,
    log: { info: () => {}, warn: stopOn, error: stopOn },
    newId,
    postReceipt: async () => undefined,
    watching: watching(store, { sources: [inUse], rules: [RULE], directory, wording }),
  })
  const { messages, accounts, rules, contacts, suppressions } = store
  const options = { engine, watch: engine.watch, messages, accounts, rules, contacts, suppressions, clock: systemClock }
  const app = buildApi({ ...options, newId, sha256, newSigningSecret })
  engine.start()
  const fill = async ({ open, due, dueAt }: FillTask) => {
    const now = systemClock.now()
    const late = Array.from({ length: due }, (_, index) => firstMessage(`due-${index}`, dueAt - WAIT_MS))
    const early = Array.from({ length: open }, (_, index) => firstMessage(`open-${index}`, now))
    await inBulk([...late, ...early], EVENTS_AT_ONCE, new AbortController().signal, async (events) => {
      await engine.watch.observe('default', SOURCE, events)
    })
    return true
  }
  const notices = async ({ notices }: NoticesTask) => {
    while (sent < notices) await new Promise<void>((resolve) => (onSent = resolve))
    return lastAt
  }
  return { app, fill, notices }
}

/** One unread message in a conversation of its own. */
function firstMessage(name: string, at: number): SourceEvent {
  return {
    key: name,
    at,
    conversation: name,
    type: 'sent',
    item: { id: name, text: 'Your parcel is at the door of your neighbours.' },
    author: { id: 'shop', kind: 'person' },
    recipients: [`customer-${name}`],
  }
}

/** As cheap as an answer to Layer can be: the signature is checked, the body is read, and nothing is kept. */
function bare() {
  const app = fastify({ logger: false })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post(`/sources/${SOURCE}`, async ({ headers, body }) => {
    const request = { method: 'POST', url: '/', headers: headers as Record<string, string>, body: body as Buffer }
    return readWebhook(request, [SECRET], systemClock.now()).kind === 'events'
      ? {}
      : Promise.reject(new Error('unread'))
  })
  return { app, fill: undefined, notices: undefined }
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {}) // told by the channel instead
  process.once('disconnect', () => process.exit())
  process.once('message', async (task: WatchTask) => {
    const { app, fill, notices } = task.kind === 'bare' ? bare() : await untilread(task.location)
    await app.listen({ host: '127.0.0.1', port: 0 })
    process.on('message', async (asked: FillTask | NoticesTask) => {
      process.send?.('notices' in asked ? await notices?.(asked) : await fill?.(asked))
    })
    process.send?.({ port: (app.server.address() as AddressInfo).port } satisfies WatchReady)
  })
}
