import type { SuppressionReason } from '../domain/suppression.ts'

/**
 * The tables. What changes about a message lies in a narrow row, apart from what never changes, so that a transition
 * rewrites little; the rest of what it writes goes behind what is there. Times are epoch milliseconds; JSON is text that
 * only we read.
 */
export type Schema = {
  /** Frozen sequences, each stored once under the hash of its text: most messages share a few. */
  sequences: { id: string; body: string }
  messages: {
    id: string
    subaccount_id: string
    sequence_id: string
    state: string
    /** The one moment at which the message needs attention; null when it has ended, or is held back. */
    wake_at: number | null
    version: number
    failures: number
    expires_at: number | null
    dlr_url: string | null
    /** The latest page of its timeline. */
    last_page: number | null
    /** `{ progress, attempts }` */
    progress: string
  }
  envelopes: { message_id: string; subaccount_id: string; batch_id: string | null; body: string }
  /**
   * When to look at which message. The one at a message's `wake_at` counts; others are left over from transitions that
   * moved it, and are cleared away when their time comes, many at once in the order of time.
   */
  alarms: { at: number; message_id: string }
  /** Few, and there to be counted. */
  held_back: { message_id: string }
  /** Append-only: what each transition had to tell. A message's pages hang together from its latest one back. */
  timeline: { n: number; previous: number | null; version: number; entries: string }
  provider_refs: { connection: string; ref: string; message_id: string; step: number }
  parked_receipts: { id: string; connection: string; ref: string; report: string; arrived_at: number }
  idempotency_keys: { subaccount_id: string; key: string; body_hash: string; answer: string; created_at: number }
  deliveries: {
    id: string
    /** Of the message that a receipt is about, or of a reply. */
    message_id: string
    /** What has to wait for one another: the message's own URL, or the subaccount. */
    lane: string
    url: string | null
    event_number: number
    facts: string
    attempts: number
    /** Null when it was given up. */
    wake_at: number | null
    last_error: string | null
  }
  api_keys: {
    id: string
    subaccount_id: string
    prefix: string
    sha256: string
    created_at: number
    revoked_at: number | null
  }
  subaccounts: { id: string; default_sequence: string | null }
  webhooks: {
    subaccount_id: string
    /** Empty for a webhook that names no type. */
    type: string
    url: string
    enabled: number
    http_authorization: string | null
  }
  settings: { name: string; value: string }
  /** Keys of events that were taken in. */
  source_events: { subaccount_id: string; source: string; key: string; arrived_at: number }
  conversations: { subaccount_id: string; source: string; id: string; body: string }
  readers: {
    subaccount_id: string
    source: string
    conversation: string
    person: string
    /** How many messages the person has not read. */
    unread: number
    /** The person's id in the directory, where the platform names it. */
    contact_id: string | null
    body: string
  }
  /** Messages of chat platforms, once for all who are to read them. */
  items: { subaccount_id: string; source: string; conversation: string; id: string; arrived_at: number; body: string }
  /** What streaks tell, by the step for which it was worded. */
  notices: { message_id: string; step: number; body: string; worded_at: number }
  /** Of sources that are polled: how far, by whom, and when again. */
  source_turns: {
    subaccount_id: string
    source: string
    cursor: string | null
    holder: string | null
    held_until: number
    next_at: number
  }
  /** Those that were made through the API, in the order of their place within the subaccount. */
  reminder_rules: { subaccount_id: string; id: string; place: number; body: string }
  /** What people wrote back. */
  replies: {
    id: string
    connection: string
    channel: string
    address: string
    provider_id: string
    text: string | null
    at: number
  }
  /** Addresses to which nothing more goes on a channel, by the connection that heard of it. */
  suppressions: { connection: string; channel: string; address: string; reason: SuppressionReason; at: number }
  contacts: {
    subaccount_id: string
    id: string
    /** Where the person can be reached, and what else is known. */
    person: string
    /** Counts what was written, from 1. */
    version: number
    created_at: number
    updated_at: number
  }
}

/** Each process takes so many numbers of pages at a time. */
export const PAGES_PER_BLOCK = 100_000
