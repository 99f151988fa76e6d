import { type Kysely, sql } from 'kysely'
import { type Conversation, concerns, itemsNamed, NEW_CONVERSATION, type StoredItem } from '../domain/conversation.ts'
import { wakeAtOf } from '../domain/message.ts'
import type { Reader } from '../domain/reader.ts'
import {
  type ConversationKey,
  type EventBatch,
  type FoundConversation,
  type NoticeText,
  TurnLost,
  type WatchStore,
} from '../engine/ports/watch-store.ts'
import type { Database } from './database.ts'
import { newStreaks, observedBatches } from './observed.ts'
import { isUuid } from './rows.ts'
import type { Schema } from './schema.ts'
import { sourceTurns } from './source-turns.ts'
import { earliest, type Transitions } from './transitions.ts'

type Place = { subaccount_id: string; source: string; conversation: string }
const PLACE = { subaccount_id: 'text', source: 'text', conversation: 'text' } as const

export function watchStore(database: Database, transitions: Transitions): WatchStore {
  const { db, reader, rows } = database
  const turns = sourceTurns(database)

  /** Tells apart what is new; an event that came twice in one go is new once. */
  async function freshOf(tx: Kysely<Schema>, told: readonly EventBatch[], now: number): Promise<EventBatch[]> {
    const keys = told.flatMap(({ subAccountId, source, events }) =>
      events.map(({ key }) => ({ subaccount_id: subAccountId, source, key, arrived_at: now })),
    )
    if (keys.length === 0) return told.map((each) => ({ ...each, events: [] }))
    const named = (row: { subaccount_id: string; source: string; key: string }) =>
      JSON.stringify([row.subaccount_id, row.source, row.key])
    const distinct = [...new Map(keys.map((row) => [named(row), row])).values()]
    const columns = { subaccount_id: 'text', source: 'text', key: 'text', arrived_at: 'bigint' } as const
    const { rows: inserted } = await sql<{ subaccount_id: string; source: string; key: string }>`
      insert into source_events (subaccount_id, source, key, arrived_at)
      select subaccount_id, source, key, arrived_at from ${rows('r', distinct, columns)} where true
      order by subaccount_id, source, key on conflict (subaccount_id, source, key) do nothing returning subaccount_id, source, key`.execute(
      tx,
    )
    const fresh = new Set(inserted.map(named))
    return told.map((each) => ({
      ...each,
      events: each.events.filter(({ key }) => fresh.delete(named({ ...placeOf(each), key }))),
    }))
  }

  /** Conversations with all that these events can touch; with `lock`, nobody else observes them meanwhile. */
  async function find(tx: Kysely<Schema>, told: readonly EventBatch[], lock: boolean): Promise<FoundConversation[]> {
    const byPlace = new Map<string, ConversationKey & { events: EventBatch['events'][number][] }>()
    for (const { subAccountId, source, events } of told) {
      for (const event of events) {
        const key = { subAccountId, source, conversation: event.conversation }
        const known = byPlace.get(nameOf(key)) ?? { ...key, events: [] }
        known.events.push(event)
        byPlace.set(nameOf(key), known)
      }
    }
    if (byPlace.size === 0) return []
    const wanted = [...byPlace.values()]
    const conversations = await findConversations(tx, wanted, lock)
    const people: (Place & { person: string })[] = []
    const everybody: Place[] = []
    for (const each of wanted) {
      const conversation = conversations.get(nameOf(each)) ?? NEW_CONVERSATION
      const concerned = each.events.map((event) => concerns(event, conversation))
      // What one event says of the participants, the next may mean.
      const all =
        concerned.includes('all') || (each.events.length > 1 && each.events.some(({ about }) => about?.participants))
      if (all) everybody.push(placeOf(each))
      const participants = each.events.flatMap(({ about }) => about?.participants ?? [])
      for (const person of new Set([...concerned.flatMap((some) => (some === 'all' ? [] : some)), ...participants])) {
        people.push({ ...placeOf(each), person })
      }
    }
    const readers = await findReaders(tx, people, everybody)
    const items = await findItems(tx, wanted)
    const umids = [...readers.values()].flatMap(umidsOf)
    const held = await transitions.select(tx, [...new Set(umids)], lock ? database.lockRows : sql``)
    const byUmid = new Map(held.map((each) => [each.message.id, each]))
    return wanted.map((each) => {
      const conversation = conversations.get(nameOf(each))
      const some = readers.get(nameOf(each)) ?? new Map<string, Reader>()
      const mine = new Map(
        umidsOf(some)
          .flatMap((umid) => byUmid.get(umid) ?? [])
          .map((one) => [one.message.id, one]),
      )
      return {
        ...each,
        known: {
          ...(conversation !== undefined && { conversation }),
          readers: some,
          items: items.get(nameOf(each)) ?? new Map(),
          streaks: new Map([...mine].map(([umid, { message }]) => [umid, message])),
        },
        held: mine,
      }
    })
  }

  async function findConversations(tx: Kysely<Schema>, wanted: readonly ConversationKey[], lock: boolean) {
    const keys = wanted.map((each) => placeOf(each))
    if (lock) {
      // There must be a row to lock; in one order, so that two nodes wait for each other in one direction.
      await sql`insert into conversations (subaccount_id, source, id, body)
        select subaccount_id, source, conversation, ${NOTHING_KNOWN} from ${rows('r', keys, PLACE)} where true
        order by subaccount_id, source, conversation
        on conflict (subaccount_id, source, id) do nothing`.execute(tx)
    }
    const { rows: found } = await sql<Schema['conversations']>`
      select m.* from ${rows('r', keys, PLACE)}
      join conversations m on m.subaccount_id = r.subaccount_id and m.source = r.source and m.id = r.conversation
      order by m.subaccount_id, m.source, m.id ${lock ? database.lockRows : sql``}`.execute(tx)
    return new Map(
      found
        .filter(({ body }) => body !== NOTHING_KNOWN)
        .map((row) => [nameOf(keyOf({ ...row, conversation: row.id })), JSON.parse(row.body) as Conversation]),
    )
  }

  async function findReaders(
    tx: Kysely<Schema>,
    people: readonly (Place & { person: string })[],
    everybody: readonly Place[],
  ) {
    const { rows: named } =
      people.length === 0
        ? NO_ROWS
        : await sql<Schema['readers']>`
      select m.* from ${rows('r', people, { ...PLACE, person: 'text' })}
      join readers m on m.subaccount_id = r.subaccount_id and m.source = r.source
        and m.conversation = r.conversation and m.person = r.person`.execute(tx)
    const { rows: all } =
      everybody.length === 0
        ? NO_ROWS
        : await sql<Schema['readers']>`
      select m.* from ${rows('r', everybody, PLACE)}
      join readers m on m.subaccount_id = r.subaccount_id and m.source = r.source
        and m.conversation = r.conversation`.execute(tx)
    const readers = new Map<string, Map<string, Reader>>()
    for (const row of [...named, ...all]) {
      const name = nameOf(keyOf(row))
      const known = readers.get(name) ?? new Map<string, Reader>()
      readers.set(name, known.set(row.person, JSON.parse(row.body)))
    }
    return readers
  }

  async function findItems(
    tx: Kysely<Schema>,
    wanted: readonly (ConversationKey & { events: EventBatch['events'] })[],
  ) {
    const items = new Map<string, Map<string, StoredItem>>()
    let named = wanted.flatMap((each) =>
      [...new Set(each.events.flatMap(itemsNamed))].map((id) => ({ ...placeOf(each), id })),
    )
    // One that repeats another is nothing without it; that one repeats none.
    for (let round = 0; round < 2 && named.length > 0; round++) {
      const { rows: found } = await sql<Schema['items']>`
        select m.* from ${rows('r', named, { ...PLACE, id: 'text' })}
        join items m on m.subaccount_id = r.subaccount_id and m.source = r.source
          and m.conversation = r.conversation and m.id = r.id`.execute(tx)
      named = []
      for (const row of found) {
        const name = nameOf(keyOf(row))
        const item: StoredItem = JSON.parse(row.body)
        const known = items.get(name) ?? new Map<string, StoredItem>()
        items.set(name, known.set(row.id, item))
        if (item.sameAs !== undefined && !known.has(item.sameAs))
          named.push({ ...placeOf(keyOf(row)), id: item.sameAs })
      }
    }
    return items
  }

  return {
    ...turns,

    async observe(told, decide, now) {
      await transitions.pageNumbers.refill()
      let inserted: readonly string[] = []
      const result = await transitions.transaction(async (tx) => {
        for (const { subAccountId, source, turn } of told) {
          if (turn && !(await turns.moveCursor(tx, { subAccountId, source, ...turn }))) throw new TurnLost()
        }
        const fresh = await freshOf(tx, told, now)
        const repeated = told.map(({ events }, index) => events.length - (fresh[index]?.events.length ?? 0))
        const decided = (await find(tx, fresh, true)).map((found) => ({ found, observed: decide(found) }))
        const opened = decided.flatMap(({ observed }) => observed.opened)
        if (opened.length > 0) inserted = await transitions.sequences.insertMissing(tx, database, opened)
        const { batches, readers } = observedBatches(decided, now)
        const births = newStreaks(transitions, opened)
        const wakeAt = earliest(opened.map(({ message }) => wakeAtOf(message)))
        const changes = decided.flatMap(({ observed }) => observed.advanced)
        const saved = await transitions.save(tx, changes, [...batches, ...births], { wakeAt, readers })
        return { saved, opened, readers, repeated }
      })
      transitions.sequences.confirm(inserted)
      return result
    },

    look: (told) => find(reader, [told], false),

    async items(key, ids) {
      const named = ids.map((id) => ({ ...placeOf(key), id }))
      if (named.length === 0) return []
      const { rows: found } = await sql<{ body: string }>`
        select m.body from ${rows('r', named, { ...PLACE, id: 'text' })}
        join items m on m.subaccount_id = r.subaccount_id and m.source = r.source
          and m.conversation = r.conversation and m.id = r.id`.execute(reader)
      return found.map(({ body }) => JSON.parse(body) as StoredItem).filter(({ deleted, sent }) => sent && !deleted)
    },

    async conversation({ subAccountId, source, conversation }) {
      const row = await reader
        .selectFrom('conversations')
        .select('body')
        .where('subaccount_id', '=', subAccountId)
        .where('source', '=', source)
        .where('id', '=', conversation)
        .executeTakeFirst()
      return row === undefined || row.body === NOTHING_KNOWN ? {} : (JSON.parse(row.body) as Conversation).about
    },

    async knownPerson({ subAccountId, source, conversation }, person) {
      const row = await reader
        .selectFrom('readers')
        .select('body')
        .where('subaccount_id', '=', subAccountId)
        .where('source', '=', source)
        .where('conversation', '=', conversation)
        .where('person', '=', person)
        .executeTakeFirst()
      return row === undefined ? undefined : (JSON.parse(row.body) as Reader).known
    },

    async notices(wanted) {
      const steps = new Map(wanted.filter(({ umid }) => isUuid(umid)).map(({ umid, step }) => [umid, step]))
      if (steps.size === 0) return new Map()
      const { rows: found } = await sql<Schema['notices']>`
        select m.* from notices m where ${database.isOneOf('m.message_id', [...steps.keys()])}
        order by m.message_id, m.step`.execute(reader)
      const upTo = found.filter(({ message_id, step }) => step <= (steps.get(message_id) ?? 0))
      return new Map(upTo.map(({ message_id, body }) => [message_id, JSON.parse(body) as NoticeText]))
    },

    async person(subAccountId, source, person, limit) {
      const found = await reader
        .selectFrom('readers')
        .select(['conversation', 'unread', 'body'])
        .where('subaccount_id', '=', subAccountId)
        .where('source', '=', source)
        .where('person', '=', person)
        .orderBy('unread', 'desc')
        .orderBy('conversation')
        .limit(limit)
        .execute()
      return found.map(({ conversation, unread, body }) => {
        const { streaks } = JSON.parse(body) as Reader
        return { conversation, unread, streaks }
      })
    },

    async unread(subAccountId, source, person) {
      const { rows: found } = await sql<{ unread: number }>`
        select coalesce(sum(unread), 0) as unread from (
          select conversation, person, unread from readers
          where subaccount_id = ${subAccountId} and source = ${source} and person = ${person} and unread > 0
          union
          select conversation, person, unread from readers
          where subaccount_id = ${subAccountId} and source = ${source} and contact_id = ${person} and unread > 0
        ) as mine`.execute(reader)
      return Number(found[0]?.unread ?? 0)
    },

    async sweepWatched(before) {
      await db.deleteFrom('source_events').where('arrived_at', '<', before.events).execute()
      await db.deleteFrom('items').where('arrived_at', '<', before.items).execute()
      await db.deleteFrom('notices').where('worded_at', '<', before.items).execute()
    },
  }
}

const NOTHING_KNOWN = '{}'
const NO_ROWS: { rows: Schema['readers'][] } = { rows: [] }

function umidsOf(readers: ReadonlyMap<string, Reader>): string[] {
  return [...readers.values()].flatMap(({ streaks }) => Object.values(streaks).flat())
}

function placeOf({
  subAccountId,
  source,
  ...rest
}: {
  subAccountId: string
  source: string
  conversation?: string
}): Place {
  return { subaccount_id: subAccountId, source, conversation: rest.conversation ?? '' }
}

function keyOf({ subaccount_id, source, conversation }: Place): ConversationKey {
  return { subAccountId: subaccount_id, source, conversation }
}

function nameOf({ subAccountId, source, conversation }: ConversationKey): string {
  return JSON.stringify([subAccountId, source, conversation])
}
