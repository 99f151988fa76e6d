import { hash } from 'node:crypto'
import type { SourceEvent } from '../../domain/source-event.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { Polled } from '../../engine/ports/source.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import type { ContactOptions } from './contacts.ts'
import { type CallOff, endOf, tell } from './conversations.ts'
import type { Interactions } from './interactions.ts'
import { type Conversation, readConversation } from './record.ts'
import type { Skills } from './skills.ts'

/**
 * One poll asks for all open conversations: one that merely waits is never "updated", so asking for what changed since the
 * last poll would hide the very ones that reminders are for. What is new about them is found by comparing: the cursor keeps,
 * for each open conversation, marks of what was told last. Those that are open no more, or that the paging skipped because
 * another one closed meanwhile, are asked for by id. A poll that dies on the way has committed nothing and is simply repeated.
 */
export type PollingOptions = ContactOptions & {
  /** Names or ids; undefined for all. */
  skills: readonly string[] | undefined
  callOff: CallOff
  lookBackMs: number
  pollMs: number
}

type Cursor = {
  /** By conversation, the marks of what was told, each `MARK` letters. */
  open: Readonly<Record<string, string>>
  /** Since when (epoch ms) LivePerson has not known those of them that it does not know any more. */
  missing: Readonly<Record<string, number>>
}

/** A copy of the history that lags behind may not know a conversation that another has shown; it does soon. */
const MISSING_MS = 3_600_000
const MARK = 8 // 48 bits: two of one conversation that are alike are rarer than a broken disk

export function createPoll(
  options: PollingOptions,
  { interactions, skills, clock }: { interactions: Interactions; skills: Skills; clock: Clock },
): (cursor: unknown, signal: AbortSignal) => Promise<Polled> {
  return async (cursor, signal) => {
    const { open: before, missing: missed } = readCursor(cursor)
    const now = clock.now()
    const skillIds = options.skills && (await skills.idsOf(options.skills, signal))
    const events: SourceEvent[] = []
    const open = new Map<string, string>()
    const missing = new Map<string, number>()
    const seen = new Set<string>()
    const wanted = new Map<string, Conversation | undefined>() // to be asked for by id, with what the search gave

    const compare = (conversation: Conversation) => {
      const told = tell(conversation, options.callOff, now).map(({ mark, event }) => ({ mark: shorten(mark), event }))
      const known = before.get(conversation.id) ?? ''
      const news = told.filter(({ mark }) => !hasMark(known, mark)).map(({ event }) => event)
      return { marks: told.map(({ mark }) => mark).join(''), news }
    }
    const take = (conversation: Conversation, { marks, news } = compare(conversation)) => {
      events.push(...news)
      open.set(conversation.id, marks)
    }

    const window = { from: now - options.lookBackMs, now, ...(skillIds !== undefined && { skillIds }) }
    for await (const page of interactions.open(window, signal)) {
      for (const record of page) {
        const conversation = readConversation(record, options)
        if (conversation === undefined || !conversation.isOpen || seen.has(conversation.id)) continue
        seen.add(conversation.id)
        const compared = compare(conversation)
        if (isIncomplete(conversation, compared.news)) wanted.set(conversation.id, conversation)
        else take(conversation, compared)
      }
    }
    for (const id of before.keys()) if (!seen.has(id)) wanted.set(id, undefined)

    const { records, complete } = await interactions.byId([...wanted.keys()], signal)
    for (const record of records) {
      const conversation = readConversation(record, options)
      if (conversation === undefined || !wanted.has(conversation.id)) continue
      wanted.delete(conversation.id)
      if (!conversation.isOpen) {
        if (before.has(conversation.id)) events.push(endOf(conversation.id, conversation.endedAt, now))
      } else {
        take(conversation)
        // Transferred to a skill that is not watched: it is described once more, and then no affair of ours.
        if (!isWatched(conversation, skillIds)) open.delete(conversation.id)
      }
    }
    for (const [id, found] of wanted) {
      if (found !== undefined) {
        take(found)
        continue
      }
      const since = missed.get(id) ?? now
      if (complete && now - since >= MISSING_MS) {
        events.push(endOf(id, undefined, now))
      } else {
        open.set(id, before.get(id) ?? '')
        missing.set(id, since)
      }
    }
    const next: Cursor = { open: Object.fromEntries(open), missing: Object.fromEntries(missing) }
    return { events, cursor: next, nextInMs: options.pollMs }
  }
}

/**
 * The search gives the last of a consumer's attributes only, by id there are all. The brand's own id is the one to have
 * before somebody is to be reminded: by it the directory knows them.
 */
function isIncomplete({ isPartial, consumer }: Conversation, news: readonly SourceEvent[]): boolean {
  const isForThem = news.some((event) => event.type === 'sent' && event.recipients?.length !== 0)
  return isPartial || (isForThem && consumer?.known.contactId === undefined)
}

function isWatched({ skill }: Conversation, skillIds: readonly number[] | undefined): boolean {
  return skillIds === undefined || skillIds.includes(Number(skill.id))
}

function shorten(mark: string): string {
  return hash('sha256', mark, 'base64url').slice(0, MARK)
}

function hasMark(marks: string, mark: string): boolean {
  for (let i = 0; i < marks.length; i += MARK) if (marks.startsWith(mark, i)) return true
  return false
}

/** What is no cursor of ours counts as none: everything is told again, and what came before is known by its keys. */
function readCursor(cursor: unknown): { open: ReadonlyMap<string, string>; missing: ReadonlyMap<string, number> } {
  const entriesOf = (part: unknown) => Object.entries(fieldsOf(part) ?? {})
  const { open, missing } = fieldsOf(cursor) ?? {}
  return {
    open: new Map(entriesOf(open).flatMap(([id, marks]) => (typeof marks === 'string' ? [[id, marks] as const] : []))),
    missing: new Map(entriesOf(missing).flatMap(([id, at]) => (typeof at === 'number' ? [[id, at] as const] : []))),
  }
}
