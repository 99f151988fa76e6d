import { type Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration'
import type { Database, DialectName } from './database.ts'
import { PAGES_PER_BLOCK, type Schema } from './schema.ts'

/** Brings the schema up to date and answers with the names of what was applied. Safe to call from several nodes at once. */
export async function migrate(database: Database): Promise<string[]> {
  const known = migrationsFor(database.name)
  const provider = { getMigrations: async () => known }
  if ((await appliedMigrations(database)).some((name) => !(name in known))) throw new NewerDatabase()
  const { error, results } = await new Migrator({ db: database.db, provider }).migrateToLatest()
  if (error) throw new Error('the database could not be migrated', { cause: error })
  return (results ?? []).map(({ migrationName }) => migrationName)
}

/** The database has been used by a version that knows more than this one. */
export class NewerDatabase extends Error {
  readonly code = 'NEWER_DATABASE'

  constructor() {
    super(
      'The database was brought up to date by a newer version; start that version, or restore a backup from before.',
    )
  }
}

async function appliedMigrations({ db }: Database): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return []
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db)
  return rows.map(({ name }) => name)
}

function migrationsFor(dialect: DialectName): Record<string, Migration> {
  const uuid = dialect === 'postgres' ? sql`uuid` : sql`text`
  const strict = dialect === 'sqlite' ? sql`strict, without rowid` : sql`` // rows in the order of their key, in one tree
  // No index holds what changes about a message, so a new version that fits into its page touches nothing else.
  const roomToChange = dialect === 'postgres' ? sql`with (fillfactor = 50)` : sql``
  const big = dialect === 'postgres' ? sql`bigint` : sql`integer`
  return {
    '0001-messages': {
      async up(db: Kysely<Schema>) {
        await run(db, [
          sql`create table sequences (id text primary key, body text not null) ${strict}`,
          sql`create table messages (
            id ${uuid} primary key,
            subaccount_id text not null,
            sequence_id text not null,
            state text not null default 'live',
            wake_at ${big},
            version integer not null default 0,
            failures integer not null default 0,
            expires_at ${big},
            dlr_url text,
            last_page ${big},
            progress text not null
          ) ${roomToChange} ${strict}`,
          ...(dialect === 'sqlite'
            ? [sql`create table alarms (at integer, message_id text, primary key (at, message_id)) ${strict}`]
            : [
                sql`create table alarms (at bigint not null, message_id uuid not null)`,
                // Not unique: to make sure of that would cost more than the rest of an insert.
                sql`create index alarms_in_order on alarms (at, message_id)`,
              ]),
          sql`create table held_back (message_id ${uuid} primary key) ${strict}`,
          sql`create table envelopes (
            message_id ${uuid} primary key,
            subaccount_id text not null,
            batch_id text,
            body text not null
          ) ${strict}`,
          sql`create index envelopes_by_batch on envelopes (batch_id) where batch_id is not null`,
          sql`create table timeline (
            n ${big} primary key,
            previous ${big},
            version integer not null,
            entries text not null
          ) ${dialect === 'sqlite' ? sql`strict` : sql``}`,
          dialect === 'postgres'
            ? sql`create sequence timeline_pages increment by ${sql.lit(PAGES_PER_BLOCK)}`
            : sql`create table timeline_blocks (n integer primary key autoincrement) strict`,
          sql`create table provider_refs (
            connection text not null,
            ref text not null,
            message_id ${uuid} not null,
            step integer not null,
            primary key (connection, ref)
          ) ${strict}`,
          sql`create table parked_receipts (
            id ${uuid} primary key,
            connection text not null,
            ref text not null,
            report text not null,
            arrived_at ${big} not null
          ) ${strict}`,
          sql`create index parked_receipts_by_ref on parked_receipts (connection, ref)`,
          sql`create table idempotency_keys (
            subaccount_id text not null,
            key text not null,
            body_hash text not null,
            answer text not null,
            created_at ${big} not null,
            primary key (subaccount_id, key)
          ) ${strict}`,
        ])
      },
    },
    '0002-outbox-and-accounts': {
      async up(db: Kysely<Schema>) {
        await run(db, [
          sql`create table deliveries (
            id ${uuid} primary key,
            message_id ${uuid} not null,
            lane text not null,
            url text,
            event_number integer not null,
            facts text not null,
            attempts integer not null,
            wake_at ${big},
            last_error text
          ) ${strict}`,
          sql`create index deliveries_due on deliveries (wake_at) where wake_at is not null`,
          sql`create table api_keys (
            id ${uuid} primary key,
            subaccount_id text not null,
            prefix text not null,
            sha256 text not null unique,
            created_at ${big} not null,
            revoked_at ${big}
          ) ${strict}`,
          sql`create table subaccounts (id text primary key, default_sequence text) ${strict}`,
          sql`create table webhooks (
            subaccount_id text not null,
            type text not null,
            url text not null,
            enabled integer not null,
            http_authorization text,
            primary key (subaccount_id, type)
          ) ${strict}`,
          sql`create table settings (name text primary key, value text not null) ${strict}`,
        ])
      },
    },
    '0003-watching': {
      async up(db: Kysely<Schema>) {
        await run(db, [
          sql`create table source_events (
            subaccount_id text not null,
            source text not null,
            key text not null,
            arrived_at ${big} not null,
            primary key (subaccount_id, source, key)
          ) ${strict}`,
          sql`create index source_events_by_age on source_events (arrived_at)`,
          sql`create table conversations (
            subaccount_id text not null,
            source text not null,
            id text not null,
            body text not null,
            primary key (subaccount_id, source, id)
          ) ${strict}`,
          sql`create table readers (
            subaccount_id text not null,
            source text not null,
            conversation text not null,
            person text not null,
            unread integer not null,
            contact_id text,
            body text not null,
            primary key (subaccount_id, source, conversation, person)
          ) ${strict}`,
          // With what a badge asks for in them, or SQLite reads all readers of a source instead.
          sql`create index readers_by_person on readers (subaccount_id, source, person, unread)`,
          sql`create index readers_by_contact on readers (subaccount_id, source, contact_id, unread)
            where unread > 0 and contact_id is not null`,
          sql`create table items (
            subaccount_id text not null,
            source text not null,
            conversation text not null,
            id text not null,
            arrived_at ${big} not null,
            body text not null,
            primary key (subaccount_id, source, conversation, id)
          ) ${strict}`,
          sql`create index items_by_age on items (arrived_at)`,
          sql`create table notices (
            message_id ${uuid} not null,
            step integer not null,
            body text not null,
            worded_at ${big} not null,
            primary key (message_id, step)
          ) ${strict}`,
          sql`create index notices_by_age on notices (worded_at)`,
          sql`create table source_turns (
            subaccount_id text not null,
            source text not null,
            cursor text,
            holder text,
            held_until ${big} not null,
            next_at ${big} not null,
            primary key (subaccount_id, source)
          ) ${strict}`,
        ])
      },
    },
    '0004-reminder-rules': {
      async up(db: Kysely<Schema>) {
        await run(db, [
          sql`create table reminder_rules (
            subaccount_id text not null,
            id text not null,
            place integer not null,
            body text not null,
            primary key (subaccount_id, id)
          ) ${strict}`,
        ])
      },
    },
    '0005-contacts': {
      async up(db: Kysely<Schema>) {
        // The database's own language would sort ids its own way, and a list goes on where the last page ended.
        const byCharacter = dialect === 'postgres' ? sql`collate "C"` : sql``
        await run(db, [
          sql`create table contacts (
            subaccount_id text not null,
            id text ${byCharacter} not null,
            person text not null,
            version integer not null,
            created_at ${big} not null,
            updated_at ${big} not null,
            primary key (subaccount_id, id)
          ) ${strict}`,
        ])
      },
    },
    '0006-suppressions': {
      async up(db: Kysely<Schema>) {
        // Looked up by address for each message that goes out, and listed in the order of addresses on any database.
        const byCharacter = dialect === 'postgres' ? sql`collate "C"` : sql``
        await run(db, [
          sql`create table suppressions (
            address text ${byCharacter} not null,
            channel text ${byCharacter} not null,
            connection text ${byCharacter} not null,
            reason text not null,
            at ${big} not null,
            primary key (address, channel, connection)
          ) ${strict}`,
        ])
      },
    },
    '0007-replies': {
      async up(db: Kysely<Schema>) {
        await run(db, [
          sql`create table replies (
            id ${uuid} primary key,
            connection text not null,
            channel text not null,
            address text not null,
            provider_id text not null,
            text text,
            at ${big} not null,
            unique (connection, provider_id)
          ) ${strict}`,
          sql`create index replies_by_age on replies (at)`,
        ])
      },
    },
  }
}

async function run(db: Kysely<Schema>, statements: ReturnType<typeof sql>[]): Promise<void> {
  for (const statement of statements) await statement.execute(db)
}
