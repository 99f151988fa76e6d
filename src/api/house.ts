import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from 'fastify'
import type { WatchedSource } from '../domain/check-rule.ts'
import type { ReminderRule } from '../domain/reminder-rule.ts'
import type { EngineApi } from '../engine/engine-api.ts'
import type { AccountStore } from '../engine/ports/account-store.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { ContactStore } from '../engine/ports/directory.ts'
import type { MessageRecord, MessageStore } from '../engine/ports/message-store.ts'
import type { RuleStore } from '../engine/ports/rule-store.ts'
import type { SuppressionStore } from '../engine/ports/suppression-store.ts'
import type { WatchApi } from '../engine/watch-api.ts'
import type { BadgeOptions } from './badge-options.ts'
import { ApiError } from './errors.ts'
import type { TemplateRules } from './read-message.ts'

/** What the API is given. */
export type ApiOptions = {
  engine: EngineApi
  messages: MessageStore
  accounts: AccountStore
  rules: RuleStore
  watch: WatchApi
  contacts: ContactStore
  suppressions: SuppressionStore
  clock: Clock
  /** A new UUID. */
  newId: () => string
  /** In hex. */
  sha256: (text: string) => string
  /** A new secret for signing what goes to webhooks: `whsec_` and base64. */
  newSigningSecret: () => string
  logger?: FastifyBaseLogger
  /** A subaccount's default sequence from the configuration, as JSON; it wins over one that was set through the API. */
  subAccountSequence?: (subAccountId: string) => unknown
  /** How long the templates of a subaccount live, from the configuration; absent: nothing is known of any. */
  templateRules?: (subAccountId: string) => TemplateRules
  /** A subaccount's reminder rules from the configuration; they come before those that were made through the API. */
  configuredRules?: (subAccountId: string) => readonly ReminderRule[]
  /** What a subaccount's rules may name as their source; undefined where that is not known. */
  sourcesOf?: (subAccountId: string) => readonly WatchedSource[] | undefined
  /** What badges on web pages ask; without it there are no routes for them. */
  badge?: BadgeOptions
  /** More routes, such as the sandbox's. */
  plugins?: readonly ((app: FastifyInstance) => void | Promise<void>)[]
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

// 8-4-4-4-12 hex digits: what else comes is not asked of the database.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** The message, or the same 404 for an id that is unknown and for one of somebody else. */
export async function findMessage(messages: MessageStore, subAccountId: string, umid: string): Promise<MessageRecord> {
  const record = isUuid(umid) ? await messages.find(umid.toLowerCase()) : undefined
  if (record === undefined || record.envelope.subAccountId !== subAccountId) {
    throw new ApiError(1300, 'umid', 'no such message in this subaccount')
  }
  return record
}

/** Sends text that is JSON already. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(json)
}
