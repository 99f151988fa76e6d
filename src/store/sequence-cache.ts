import { createHash } from 'node:crypto'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Message } from '../domain/message.ts'
import type { NewMessage } from '../engine/ports/message-store.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** Sequences by the hash of their text, so that a frozen sequence costs a message one short column. */
export class SequenceCache {
  readonly #stored = new Set<string>()
  readonly #read = new Map<string, Message['sequence']>()
  readonly #ids = new WeakMap<Message['sequence'], string>()

  idOf(sequence: Message['sequence']): string {
    const known = this.#ids.get(sequence)
    if (known !== undefined) return known
    const id = createHash('sha256').update(JSON.stringify(sequence)).digest('base64url').slice(0, 22)
    this.#ids.set(sequence, id)
    return id
  }

  /** The sequences of these rows by their ids. */
  async of(
    db: Kysely<Schema>,
    { rows }: Pick<Database, 'rows'>,
    found: readonly { sequence_id: string }[],
  ): Promise<(id: string) => Message['sequence']> {
    const sequences = new Map(
      [...new Set(found.map(({ sequence_id }) => sequence_id))].map((id) => [id, this.#read.get(id)]),
    )
    const missing = [...sequences].filter(([, sequence]) => sequence === undefined).map(([id]) => ({ id }))
    const stored = missing.length === 0 ? [] : await this.#load(db, rows('r', missing, { id: 'text' }))
    if (this.#read.size + stored.length > SEQUENCES_KEPT) this.#read.clear()
    for (const { id, body } of stored) {
      const sequence: Message['sequence'] = JSON.parse(body)
      this.#read.set(id, sequence)
      sequences.set(id, sequence)
    }
    return (id) => {
      const sequence = sequences.get(id)
      if (sequence === undefined) throw new Error('invariant broken: a message has a sequence')
      return sequence
    }
  }

  async #load(db: Kysely<Schema>, wanted: RawBuilder<unknown>): Promise<Schema['sequences'][]> {
    const { rows: stored } = await sql<Schema['sequences']>`
      select s.* from ${wanted} join sequences s on s.id = r.id`.execute(db)
    return stored
  }

  /** Whether the sequences of these are known to be in the database. */
  hasAll(messages: readonly NewMessage[]): boolean {
    return messages.every(({ message }) => this.#stored.has(this.idOf(message.sequence)))
  }

  /** Inserts the sequences that may not be in the database yet; `confirm` them once the transaction has committed. */
  async insertMissing(tx: Transaction<Schema>, { rows }: Database, messages: readonly NewMessage[]): Promise<string[]> {
    const missing = new Map<string, string>()
    for (const { message } of messages) {
      const id = this.idOf(message.sequence)
      if (!this.#stored.has(id)) missing.set(id, JSON.stringify(message.sequence))
    }
    if (missing.size === 0) return []
    const wanted = [...missing].map(([id, body]) => ({ id, body }))
    const relation = rows('r', wanted, { id: 'text', body: 'text' })
    await sql`insert into sequences (id, body) select id, body from ${relation} where true
      on conflict (id) do nothing`.execute(tx)
    return [...missing.keys()]
  }

  confirm(ids: readonly string[]): void {
    if (this.#stored.size >= SEQUENCES_KEPT) this.#stored.clear()
    for (const id of ids) this.#stored.add(id)
  }
}
const SEQUENCES_KEPT = 10_000
