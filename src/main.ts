import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApi } from './api/api.ts'
import { postReceipt } from './api/post-receipt.ts'
import type { World } from './channels/define-channel.ts'
import { sandbox } from './channels/sandbox/sandbox.ts'
import { type SandboxServer, sandboxServer } from './channels/sandbox/server.ts'
import { type Config, SANDBOX_CONNECTION } from './config/config.ts'
import { sourcesOf } from './config/subaccounts.ts'
import { createDirectory } from './directory/directory.ts'
import { httpDirectory } from './directory/http-directory.ts'
import type { ReminderRule } from './domain/reminder-rule.ts'
import { Connections } from './engine/connections.ts'
import { Engine } from './engine/engine.ts'
import { Feed } from './engine/feed.ts'
import type { AccountStore } from './engine/ports/account-store.ts'
import type { CheckOutcome, Connection, Told } from './engine/ports/channel.ts'
import type { Clock } from './engine/ports/clock.ts'
import type { Log } from './engine/ports/log.ts'
import { ReaderFeed } from './engine/reader-feed.ts'
import { OWN_CHAT, Sources } from './engine/sources.ts'
import { countryOf } from './phone/phone.ts'
import { openStore as open, type Store } from './store/store.ts'
import { systemClock } from './system/clock.ts'
import { newId, newSecret, newSigningSecret, sha256 } from './system/ids.ts'
import { createLogger } from './system/logger.ts'
import { MovableClock } from './system/movable-clock.ts'
import { SyncedClock } from './system/synced-clock.ts'
import { wording } from './templates/wording.ts'

/** The composition root: the only file that knows all the others. Configuration in, a running service out. */
export type Server = {
  url: string
  /** A good key of the subaccount `default`, where it is known in clear: preset, or made now. */
  apiKey?: string
  /** Finishes what is under way, hands back the rest, and closes everything. */
  stop(): Promise<void>
}

/** `knownKey` is a key from an earlier start; it is answered again if it is still good. */
export async function startServer(
  config: Config,
  { knownKey }: { knownKey?: string | undefined } = {},
): Promise<Server> {
  const log = createLogger(config.logLevel)
  const store = await openStore(config)
  const closing = new AbortController()
  const started: (() => Promise<void>)[] = [() => store.close()]
  const stop = async () => {
    closing.abort()
    for (const close of started.splice(0).reverse()) await close()
  }
  try {
    await store.migrate()
    const realTime = await timeOf(store, closing.signal)
    const clock = config.sandbox ? new MovableClock(realTime) : realTime
    const address = new Address(config)
    let settled = () => Promise.resolve()
    const phones = config.sandbox ? createPhones(clock, () => settled()) : undefined
    // Nothing is told before the engine stands: channels open what they keep open when it starts.
    const tell: Setting['tell'] = (connectionId, told) => engine.take(connectionId, told)
    const connections = createConnections(config, { clock, address, tell, phonesSecret: phones?.secret })
    started.push(async () => {
      await Promise.all(connections.all.map(({ channel }) => channel.close?.()))
    })

    await warnOfLostStops(store, connections, log)
    const sources = createSources(config, clock, address)
    const userDatabase = config.directory && httpDirectory(config.directory, { clock, newId, log })
    started.push(async () => userDatabase?.close())
    const feed = new Feed()
    const readers = new ReaderFeed()
    const engine: Engine = new Engine({
      store: store.messages,
      suppressions: store.suppressions,
      replies: store.replies,
      connections,
      clock,
      log,
      newId,
      feed,
      watching: {
        store: store.watch,
        sources,
        rulesOf: (id) => rulesOf(id, config, store),
        directory: createDirectory({ contacts: store.contacts, ...(userDatabase && { userDatabase }) }),
        wording,
        readers,
      },
      postReceipt: (delivery, endpoint, signal) => postReceipt(delivery, endpoint, signal, clock.now()),
      settings: {
        leaseMs: config.engine.leaseForMs,
        callTimeoutMs: config.engine.callTimeoutMs,
        retryForMs: config.engine.retryForMs,
        horizonMs: config.engine.receiptHorizonMs,
      },
    })
    settled = () => whenSettled(engine, phones?.server)
    await store.accounts.signingSecret(newSigningSecret)
    const apiKey = await firstKey(store.accounts, config, clock, knownKey)

    const app = buildApi({
      engine,
      messages: store.messages,
      accounts: store.accounts,
      rules: store.rules,
      watch: engine.watch,
      configuredRules: (id) => config.subaccounts[id]?.reminders ?? [],
      sourcesOf: (id) => sourcesOf(config.sources, id),
      badge: { config: config.badge, findSource: (account) => sourceOfAccount(account, config), watch: engine.watch },
      contacts: store.contacts,
      suppressions: store.suppressions,
      clock,
      newId,
      sha256,
      newSigningSecret,
      // Fastify tells at `info` that it listens; the start page says it better.
      logger: log.child({}, { level: log.level === 'info' ? 'warn' : log.level }),
      templateRules: (id) => {
        const { templates = {}, shortFallback = 'warn' } = config.subaccounts[id] ?? {}
        return { lifeMs: (name) => templates[name]?.ttlMs, policy: shortFallback }
      },
      subAccountSequence: (id) => config.subaccounts[id]?.sequence,
      plugins: phones ? [(app) => void app.register(phones.server.plugin, { prefix: '/sandbox' })] : [],
    })
    const stopListening = await store.listen(({ notices, wakeAt, readers: changed = [] }) => {
      for (const ping of notices) feed.emit(ping)
      for (const notice of changed) readers.emit(notice)
      if (wakeAt !== undefined) engine.poke(wakeAt)
    })
    started.push(stopListening)
    await listen(app, config, address)
    engine.start()
    for (const { channel } of connections.all) channel.start?.()
    // In this order: no new requests, then no new work. Callbacks of calls under way are lost to us, not to the provider.
    started.push(() => engine.stop())
    started.push(() => app.close())
    return { url: address.shown, stop, ...(apiKey !== undefined && { apiKey }) }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The store alone, for commands that work beside a server. */
export async function openStore({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<Store> {
  if (databaseUrl === undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 }) // it holds people's messages
  return open(databaseUrl ?? join(dataDir, 'untilread.db'), { newId })
}

/** `outcome` is absent where a provider has nothing that could be asked. */
export type CheckedConnection = { id: string; provider: string; outcome?: CheckOutcome }

/**
 * Tries the credentials of the connections that are named, all at once, without starting anything; nothing is sent. What
 * has not answered when `signal` aborts is unknown.
 */
export async function checkConnections(
  config: Config,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<CheckedConnection[]> {
  const address = new Address(config)
  address.port = config.port
  const { all } = createConnections(config, { clock: systemClock, address, tell: async () => {} })
  try {
    return await Promise.all(
      all
        .filter(({ id }) => ids.includes(id))
        .map(async ({ id, provider, channel }) => {
          const outcome = channel.check && (await inTime(channel.check(signal), signal))
          return { id, provider, ...(outcome && { outcome }) }
        }),
    )
  } finally {
    await Promise.all(all.map(({ channel }) => channel.close?.()))
  }
}

/** One that fails or hangs does not keep the others from being told. */
async function inTime(check: Promise<CheckOutcome>, signal: AbortSignal): Promise<CheckOutcome> {
  const unknown = (detail: string): CheckOutcome => ({ kind: 'unknown', detail })
  const outOfTime = new Promise<CheckOutcome>((resolve) => {
    const giveUp = () => resolve(unknown('there was no answer in time'))
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
  const failed = (error: unknown) => unknown(`the check failed (${error instanceof Error ? error.message : error})`)
  return Promise.race([check.catch(failed), outOfTime])
}

async function timeOf(store: Store, signal: AbortSignal): Promise<Clock> {
  if (store.readTime === undefined) return systemClock
  const clock = new SyncedClock(systemClock, store.readTime)
  await clock.sync()
  void clock.keepInStep(signal)
  return clock
}

/** Where the service is: the port is known only once it listens. */
class Address {
  readonly #config: Config
  #port = 0

  constructor(config: Config) {
    this.#config = config
  }

  set port(port: number) {
    this.#port = port
  }

  /** From this very machine. */
  get local(): string {
    const { host } = this.#config
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
    return `http://${name}:${this.#port}`
  }

  /** For people and providers. */
  get shown(): string {
    return this.#config.publicUrl ?? `http://localhost:${this.#port}`
  }
}

/** A badge names a source by the platform's own account or by our name for it, and an own chat by its subaccount. */
function sourceOfAccount(account: string, { sources }: Config): { subAccountId: string; source: string } {
  const named = ({ id, definition, settings }: Config['sources'][number]) =>
    id === account || definition.accountOf?.(settings) === account
  const found = sources.find(named)
  if (found !== undefined) return { subAccountId: found.subAccountId, source: found.id }
  return { subAccountId: account === OWN_CHAT ? FIRST_SUBACCOUNT : account, source: OWN_CHAT }
}

/** Those of the configuration, then those of the API; one that bears a configured rule's name is never asked. */
async function rulesOf(subAccountId: string, { subaccounts }: Config, store: Store): Promise<readonly ReminderRule[]> {
  const configured = subaccounts[subAccountId]?.reminders ?? []
  const stored = await store.rules.list(subAccountId)
  return [...configured, ...stored.filter(({ id }) => !configured.some((rule) => rule.id === id))]
}

function createSources(config: Config, clock: Clock, address: Address): Sources {
  return new Sources(
    config.sources.map(({ id, definition, subAccountId, settings }) => ({
      id,
      platform: definition.id,
      subAccountId,
      waitMs: definition.waitSeconds * 1000,
      isPolled: definition.isPolled === true,
      source: definition.create(settings, {
        sourceId: id,
        clock,
        newNonce: () => newSecret(''),
        get webhookUrl() {
          return `${address.shown}/sources/${id}`
        },
      }),
    })),
  )
}

function createPhones(clock: Clock, settled: () => Promise<void>): { server: SandboxServer; secret: string } {
  const secret = newSigningSecret()
  const movable = clock instanceof MovableClock ? { advance: (ms: number) => clock.advance(ms, settled) } : {}
  return { server: sandboxServer({ clock, secret, newId, ...movable }), secret }
}

/** A stop is kept under its connection's name: one that was renamed would write to people who have said stop. */
async function warnOfLostStops(store: Store, connections: Connections, log: Log): Promise<void> {
  const lost = (await store.suppressions.connections()).filter((id) => connections.get(id) === undefined)
  if (lost.length === 0) return
  log.warn({ connections: lost }, 'people have said stop to connections that are not configured: nobody heeds it')
}

type Setting = {
  clock: Clock
  address: Address
  /** Takes in what a channel tells of its own accord. */
  tell(connectionId: string, told: Told): Promise<void>
  phonesSecret?: string | undefined
}

function createConnections(config: Config, setting: Setting): Connections {
  const connections = config.connections.map(
    ({ id, definition, channels, limits, receiptsWithinMs, settings }): Connection => ({
      id,
      provider: definition.id,
      serves: channels,
      limits,
      ...(receiptsWithinMs !== undefined && { receiptsWithinMs }),
      abilities: (channel) => definition.abilities(channel, settings),
      channel: definition.create(
        settings,
        worldOf(id, setting, () => setting.address.shown),
      ),
    }),
  )
  const { phonesSecret } = setting
  if (phonesSecret !== undefined) {
    // Not as a spare: what a real connection turns away for the moment would be lost on them, and count as delivered.
    const taken = new Set(connections.flatMap(({ serves }) => serves))
    connections.push(phonesConnection(phonesSecret, taken, setting))
  }
  const choices = Object.entries(config.subaccounts).map(([id, { channels }]) => [id, channels] as const)
  return new Connections(connections, Object.fromEntries(choices), countryOf)
}

/** `base` is asked late: the port is known only once the service listens. */
function worldOf(connectionId: string, { clock, tell }: Setting, base: () => string): World {
  return {
    connectionId,
    clock,
    get callbackUrl() {
      return `${base()}/callbacks/${connectionId}`
    },
    tell: (told) => tell(connectionId, told),
  }
}

/** The built-in phones, reached like a provider, over HTTP on this machine, for what no real connection serves. */
function phonesConnection(secret: string, taken: ReadonlySet<string>, setting: Setting): Connection {
  const { address } = setting
  const settings = {
    secret,
    get url() {
      return `${address.local}/sandbox`
    },
  }
  return {
    id: SANDBOX_CONNECTION,
    provider: sandbox.id,
    serves: Array.isArray(sandbox.serves) ? sandbox.serves.filter((channel) => !taken.has(channel)) : [],
    limits: { concurrency: 64 },
    abilities: (channel) => sandbox.abilities(channel, settings),
    channel: sandbox.create(
      settings,
      worldOf(SANDBOX_CONNECTION, setting, () => address.local),
    ),
  }
}

/** Resolves when neither the engine nor the phones have anything left to do but to wait for the time. */
async function whenSettled(engine: Engine, phones: SandboxServer | undefined): Promise<void> {
  let begun: number
  do {
    await phones?.idle()
    await engine.idle()
    begun = engine.begun
    await phones?.idle()
  } while (engine.begun !== begun)
}

async function listen(app: FastifyInstance, { host, port }: Config, address: Address): Promise<void> {
  await app.listen({ host, port })
  address.port = (app.server.address() as AddressInfo).port
}

/**
 * The first key of the subaccount `default`: the preset one, the one known from an earlier start, or a new one where there
 * is none yet. With simulated phones there always is one to show: nothing is at stake there.
 */
async function firstKey(
  accounts: AccountStore,
  config: Config,
  clock: Clock,
  knownKey: string | undefined,
): Promise<string | undefined> {
  const given = config.apiKey ?? knownKey
  if (given !== undefined) {
    const found = await accounts.findKey(sha256(given))
    if (found?.subAccountId === FIRST_SUBACCOUNT) return given
  }
  const isFirst = (await accounts.listKeys()).length === 0
  if (config.apiKey === undefined && !isFirst && !config.sandbox) return undefined
  const key = config.apiKey ?? newSecret('utr_')
  const entry = { id: newId(), subAccountId: FIRST_SUBACCOUNT, prefix: key.slice(0, 8), createdAt: clock.now() }
  await accounts.addKey(entry, sha256(key))
  return key
}
const FIRST_SUBACCOUNT = 'default'
