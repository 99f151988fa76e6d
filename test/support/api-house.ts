import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { FastifyBaseLogger, FastifyInstance, InjectOptions } from 'fastify'
import { buildApi } from '../../src/api/api.ts'
import type { ApiOptions } from '../../src/api/house.ts'
import type { WatchApi } from '../../src/engine/watch-api.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { newId, newSecret, sha256 } from '../../src/system/ids.ts'
import { type House, openHouse } from './house.ts'
import { type ScriptedConnection, scriptedConnection } from './scripted-channel.ts'
import { type ScriptedWatch, scriptedWatch } from './scripted-watch.ts'

export const KEY = 'key_of_default'
export const OTHER_KEY = 'key_of_other'
export const MASTER_KEY = 'key_of_all'

export type ApiHouse = House & {
  app: FastifyInstance
  phones: ScriptedConnection
  watch: ScriptedWatch
  /** A request with the key of subaccount `default`, unless another is given. */
  call(method: InjectOptions['method'], url: string, body?: unknown, options?: CallOptions): Promise<Answer>
  /** How many messages are in the database. */
  countMessages(): number
  /** Starts to listen on loopback and tells where. */
  listen(): Promise<string>
  close(): Promise<void>
}
export type CallOptions = { key?: string | null; headers?: Record<string, string> }
export type Answer = { status: number; headers: Record<string, unknown>; text: string; json: JsonValue }
/** JSON as tests look into it; a wrong path gives undefined and fails the expectation. */
export type JsonValue = { [field: string]: JsonValue } & { [index: number]: JsonValue } & { length: number }

/** The API on a running engine and a real SQLite file, with phones that answer as the test says. */
export async function openApiHouse(
  options: Partial<Pick<ApiOptions, 'plugins' | 'subAccountSequence' | 'configuredRules' | 'sourcesOf'>> & {
    watch?: Partial<WatchApi>
    logger?: FastifyBaseLogger
    messages?: (real: ApiOptions['messages']) => ApiOptions['messages']
  } = {},
): Promise<ApiHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'untilread-api-'))
  const file = join(folder, 'untilread.db')
  let opened: Store | undefined
  const place = {
    async open() {
      opened = openStore(file, { newId })
      await opened.migrate()
      return opened
    },
    execute: async () => {},
    async cleanUp() {
      await opened?.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  const phones = scriptedConnection({ serves: ['WhatsApp', 'Viber'] })
  const sms = scriptedConnection({ id: 'sms', serves: ['SMS'], reports: ['accepted', 'sent', 'delivered'] })
  const house = await openHouse(place, [phones, sms])
  const { engine, store, clock } = house
  for (const [key, subAccountId] of [
    [KEY, 'default'],
    [OTHER_KEY, 'other'],
    [MASTER_KEY, '*'],
  ] as const) {
    const createdAt = clock.now()
    await store.accounts.addKey({ id: newId(), subAccountId, prefix: key.slice(0, 6), createdAt }, sha256(key))
  }
  const { messages = (real) => real, watch: more = {}, ...rest } = options
  const watch = Object.assign(scriptedWatch(), more)
  const app = buildApi({
    engine,
    watch,
    messages: messages(store.messages),
    accounts: store.accounts,
    rules: store.rules,
    contacts: store.contacts,
    suppressions: store.suppressions,
    clock,
    newId,
    sha256,
    newSigningSecret: () => newSecret('whsec_'),
    ...rest,
  })
  return {
    ...house,
    app,
    phones,
    watch,
    async call(method, url, body, { key = KEY, headers = {} } = {}) {
      const isText = typeof body === 'string' || Buffer.isBuffer(body)
      const response = await app.inject({
        ...(method !== undefined && { method }),
        url,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { payload: isText ? body : JSON.stringify(body) }),
      })
      const isJson = String(response.headers['content-type']).startsWith('application/json')
      return {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        json: isJson ? JSON.parse(response.body) : undefined,
      }
    },
    countMessages() {
      const database = new Sqlite(file, { readonly: true })
      const { count } = database.prepare('select count(*) as count from messages').get() as { count: number }
      database.close()
      return count
    },
    async listen() {
      await app.listen({ port: 0, host: '127.0.0.1' })
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    },
    async close() {
      await app.close()
      await engine.stop()
      await place.cleanUp()
    },
  }
}

/** Watching where nothing is ever seen; a test says what else. */

/** The items of a JSON list. */
export function list(value: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(value)) throw new Error('not a list')
  return value
}
