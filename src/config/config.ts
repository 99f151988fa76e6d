import type { ChannelDefinition } from '../channels/define-channel.ts'
import type { ConnectionChoice } from '../domain/connection-choice.ts'
import type { ReminderRule } from '../domain/reminder-rule.ts'
import type { ShortFallbackPolicy } from '../domain/template-life.ts'
import type { SourceDefinition } from '../sources/define-source.ts'
import type { LOG_LEVELS } from './schema.ts'

/** The configuration as the house uses it: complete and checked. */
export type Config = {
  port: number
  host: string
  dataDir: string
  /** A PostgreSQL URL. Absent: SQLite in `dataDir`. */
  databaseUrl?: string
  /** Without a slash at its end. Absent: `http://localhost:` and the port that it listens on. */
  publicUrl?: string
  logLevel: (typeof LOG_LEVELS)[number]
  sandbox: boolean
  /** Presets the first key of the subaccount `default`. */
  apiKey?: string
  engine: { leaseForMs: number; callTimeoutMs: number; retryForMs: number; receiptHorizonMs: number }
  /** In the order of the file. */
  connections: readonly ConnectionConfig[]
  /** Those that are switched on, in the order of the file. */
  sources: readonly SourceConfig[]
  /** The operator's own user database. */
  directory?: DirectoryConfig
  badge: BadgeConfig
  subaccounts: Readonly<Record<string, SubaccountConfig>>
}

export type ConnectionConfig = {
  id: string
  definition: ChannelDefinition
  /** Channel names in our spelling, or the operator's own. */
  channels: readonly string[]
  limits: { concurrency: number; perSecond?: number }
  /** When receipts are overdue; absent: nobody looks. */
  receiptsWithinMs?: number
  /** The provider's own fields, as its definition has them. */
  settings: unknown
}

export type SourceConfig = {
  id: string
  definition: SourceDefinition
  subAccountId: string
  /** The platform's own fields, as its definition has them. */
  settings: unknown
}

export type DirectoryConfig = {
  url: string
  /** Of Standard Webhooks; each signs. */
  secrets: readonly string[]
  timeoutMs: number
  cacheForMs: number
}

export type BadgeConfig = {
  /** As browsers spell them, or `*`. */
  origins: readonly string[]
  /** Requests of one address while there is no `jwt`. */
  perMinute: number
  /** Proxies of the operator that stand before the service. */
  proxies: number
  jwt?: { issuer?: string; audience?: string } & ({ secret: string | readonly string[] } | { jwksUrl: string })
}

export type SubaccountConfig = {
  /** As it was written; it has been checked. */
  sequence?: readonly unknown[]
  /** Channel name to the connections that carry it, in the order in which they are tried. */
  channels: Readonly<Record<string, readonly ConnectionChoice[]>>
  /** How long templates live, by name. */
  templates: Readonly<Record<string, { ttlMs: number }>>
  shortFallback: ShortFallbackPolicy
  /** In the order in which they are asked. */
  reminders: readonly ReminderRule[]
}

/** The connection that stands for the simulated phones. */
export const SANDBOX_CONNECTION = 'sandbox'
