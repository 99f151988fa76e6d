import type { KnownPerson } from '../../domain/source-event.ts'
import { type Fields, fieldsOf, objectsIn } from '../../json/loose-json.ts'
import { type ContactOptions, knownOf } from './contacts.ts'
import { codeOf, countOf, timeOf, wordOf } from './json.ts'
import { textOfRecord } from './texts.ts'

/**
 * A record of the Messaging Interactions API as far as it matters here. Only the main dialog counts: surveys and the like
 * are no messages that somebody could miss. What is not for the consumer (`audience`) is left out on reading, so that no
 * later step can let it slip.
 */
export type Conversation = {
  id: string
  isOpen: boolean
  /** LivePerson left something out; asked for by its id the record is whole. */
  isPartial: boolean
  endedAt: number | undefined
  skill: { id?: string; name?: string }
  /** Where the consumer writes from, such as `SHARK` for the web. */
  channel: string | undefined
  metadata: Readonly<Record<string, string>>
  /** Oldest first. */
  lines: readonly Line[]
  /** By dialog, the last line that the consumer's window has reported as read. */
  readUpTo: ReadonlyMap<string, { seq: number; at: number }>
  consumer: Consumer | undefined
}

export type Line = {
  dialog: string
  /** Rises within the dialog, with gaps: other things are counted as well. */
  seq: number
  at: number
  by: 'consumer' | 'agent' | 'bot' | 'system'
  author: string | undefined
  authorName: string | undefined
  text: string | undefined
}

export type Consumer = {
  id: string
  /** A visitor who logs in on the way goes on under another id. */
  formerIds: readonly string[]
  known: KnownPerson
}

/** Undefined for what names no conversation. */
export function readConversation(record: Fields, options: ContactOptions): Conversation | undefined {
  const info = fieldsOf(record.info) ?? {}
  const id = wordOf(info.conversationId)
  if (id === undefined) return undefined
  const isMain = mainDialogs(record, id)
  const messages = objectsIn(record.messageRecords).filter((message) => (codeOf(message.audience) ?? 'ALL') === 'ALL')
  const agents = agentsOf(record)
  const lines = messages
    .flatMap((message) => readLine(message, id, agents) ?? [])
    .filter(({ dialog }) => isMain(dialog))
  lines.sort((a, b) => a.at - b.at || a.seq - b.seq)
  const profiles = objectsIn(record.consumerParticipants ?? record.consumerParticipant)
  const ids = consumerIds(profiles, lines)
  const current = ids.at(-1)
  const profile = profiles.findLast(({ participantId }) => wordOf(participantId) === current)
  const known = knownOf(profile, record, options)
  const skillId = wordOf(info.latestSkillId)
  const skillName = wordOf(info.latestSkillName)
  return {
    id,
    isOpen: codeOf(info.status) === 'OPEN',
    isPartial: info.isPartial === true,
    endedAt: timeOf(info.endTimeL),
    skill: { ...(skillId !== undefined && { id: skillId }), ...(skillName !== undefined && { name: skillName }) },
    channel: wordOf(info.source),
    metadata: metadataOf(info, skillId),
    lines,
    readUpTo: readUpTo(objectsIn(record.messageStatuses), new Set(ids), messages, id),
    consumer: current === undefined ? undefined : { id: current, formerIds: ids.slice(0, -1), known },
  }
}

/** All dialogs count when LivePerson does not say which is the main one. */
function mainDialogs(record: Fields, conversation: string): (dialog: string) => boolean {
  const dialogs = objectsIn(record.dialogs)
  if (dialogs.length === 0) return () => true
  const main = dialogs.flatMap((each) => (codeOf(each.dialogType) === 'MAIN' ? (wordOf(each.dialogId) ?? []) : []))
  return (dialog) => dialog === conversation || main.includes(dialog)
}

type Agent = { isBot: boolean; isSystem: boolean; name: string | undefined }

/** By each of the ids under which an agent may stand beside a message. */
function agentsOf(record: Fields): ReadonlyMap<string, Agent> {
  const agents = new Map<string, Agent>()
  for (const each of objectsIn(record.agentParticipants)) {
    const kind = codeOf(each.userTypeName)
    // The nickname is the name that consumers are shown; the full one may be nobody's business.
    const agent = { isBot: kind === 'BOT', isSystem: kind === 'SYSTEM', name: wordOf(each.agentNickname) }
    for (const key of [each.agentPid, each.agentId, each.participantId].map(wordOf)) {
      if (key !== undefined) agents.set(key, agent)
    }
  }
  return agents
}

function readLine(message: Fields, conversation: string, agents: ReadonlyMap<string, Agent>): Line | undefined {
  const seq = seqOf(message)
  const at = timeOf(message.timeL)
  const sentBy = codeOf(message.sentBy)
  if (seq === undefined || at === undefined) return undefined
  const author = wordOf(message.participantId)
  const agent = author === undefined ? undefined : agents.get(author)
  const by = authorKind(sentBy, agent)
  if (by === undefined) return undefined
  const dialog = wordOf(message.dialogId) ?? conversation
  return { dialog, seq, at, by, author, authorName: agent?.name, text: textOfRecord(message) }
}

/** Undefined for a word that we do not know: it is neither the consumer's message nor one for them. */
function authorKind(sentBy: string | undefined, agent: Agent | undefined): Line['by'] | undefined {
  if (sentBy === 'CONSUMER') return 'consumer'
  if (sentBy === 'SYSTEM' || sentBy === 'CONTROLLER' || agent?.isSystem) return 'system'
  if (sentBy === 'BOT' || agent?.isBot) return 'bot'
  return sentBy === 'AGENT' ? 'agent' : undefined
}

/** A message's number; older records have it in the id alone: `ms::conv:{id}::msg:{n}`. */
function seqOf(fields: Fields): number | undefined {
  return countOf(fields.seq) ?? countOf(/::msg:(\d+)$/.exec(wordOf(fields.messageId) ?? '')?.[1])
}

/** In the order in which they joined. */
function consumerIds(profiles: readonly Fields[], lines: readonly Line[]): string[] {
  const joinedAt = (profile: Fields) => timeOf(profile.joinTimeL) ?? timeOf(profile.timeL) ?? 0
  const joined = [...profiles]
    .sort((a, b) => joinedAt(a) - joinedAt(b))
    .map(({ participantId }) => wordOf(participantId))
  const wrote = lines.map((line) => (line.by === 'consumer' ? line.author : undefined))
  const ids = (joined.some((id) => id !== undefined) ? joined : wrote).filter((id) => id !== undefined)
  // Who left and joined again stands here twice; the last time is the one that counts.
  return ids.filter((id, index) => ids.lastIndexOf(id) === index)
}

/**
 * The status of a message names who received or read it, not who sent it. That a consumer read a later line says the same
 * of all before it in the dialog.
 */
function readUpTo(
  statuses: readonly Fields[],
  consumers: ReadonlySet<string>,
  messages: readonly Fields[],
  conversation: string,
): Conversation['readUpTo'] {
  const seqs = new Map(messages.map((message) => [wordOf(message.messageId), seqOf(message)]))
  const furthest = new Map<string, { seq: number; at: number }>()
  for (const status of statuses) {
    const reader = wordOf(status.participantId)
    const isConsumer = codeOf(status.participantType) === 'CONSUMER' || (reader !== undefined && consumers.has(reader))
    if (!isConsumer || codeOf(status.messageDeliveryStatus) !== 'READ') continue
    const dialog = wordOf(status.dialogId) ?? conversation
    const seq = countOf(status.seq) ?? seqs.get(wordOf(status.messageId)) ?? seqOf(status)
    const at = timeOf(status.timeL)
    if (seq === undefined || at === undefined) continue
    if (seq > (furthest.get(dialog)?.seq ?? -1)) furthest.set(dialog, { seq, at })
  }
  return furthest
}

const WORDS = {
  device: 'device',
  browser: 'browser',
  operatingSystem: 'operatingSystem',
  latestAgentGroupName: 'agentGroup',
}

function metadataOf(info: Fields, skillId: string | undefined): Record<string, string> {
  const metadata: Record<string, string> = skillId === undefined ? {} : { skillId }
  for (const [theirs, ours] of Object.entries(WORDS)) {
    const word = wordOf(info[theirs])
    if (word !== undefined && word !== 'NA') metadata[ours] = word
  }
  return metadata
}
