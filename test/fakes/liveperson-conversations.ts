/**
 * What happens in LivePerson, as a story: conversations are opened, written in, read and closed at moments of `now`, and the
 * history shows each of them as it was `lagMs` ago, in the documented shape and with its quirks (words for what is missing,
 * numbers for ids, lists only where they were asked for). The webhooks of the same moments are made here too.
 */
export type Opening = {
  id?: string
  consumer?: string
  skill?: { id: number; name: string }
  source?: string
  profile?: { firstName?: string; lastName?: string; email?: string; phone?: string }
  /** SDE events; the search gives only the last of them, the call by id all. */
  sdes?: unknown[]
  unAuthSdes?: unknown[]
}

export type Writing = {
  by?: 'consumer' | 'agent' | 'bot' | 'controller'
  text?: string
  /** A private note is `AGENTS_AND_MANAGERS`. */
  audience?: string
  /** Another dialog than the main one, such as a survey. */
  dialog?: string
  /** Instead of text. */
  type?: string
  messageData?: unknown
}

/** A body of a webhook, as LivePerson posts it. */
export type Notification = { kind: 'notification'; type: string; body: { changes: unknown[] } }

type Entry = { seq: number; at: number; dialog: string } & (
  | { is: 'message'; writing: Required<Pick<Writing, 'by' | 'audience'>> & Writing }
  | { is: 'status'; seqs: number[]; status: string; by: 'consumer' | 'agent' }
)

type State = {
  id: string
  opening: Opening
  startedAt: number
  closedAt: number | undefined
  skill: { id: number; name: string }
  /** Logging in on the way gives a consumer another id. */
  consumers: { id: string; at: number }[]
  dialogs: { id: string; type: string }[]
  entries: Entry[]
}

export type Story = {
  open(opening?: Opening): string
  /** Answers the number of the message. */
  write(conversation: string, writing: Writing): { seq: number; notification: Notification }
  /** The consumer's window (or an agent's) reports `READ` or `ACCEPT` of these messages. */
  report(conversation: string, seqs: number[], options?: { status?: string; by?: 'consumer' | 'agent' }): Notification
  end(conversation: string): Notification
  transfer(conversation: string, skill: { id: number; name: string }): Notification
  /** The consumer goes on under another id. */
  logIn(conversation: string, consumer: string): void
  addSdes(conversation: string, sdes: { sdes?: unknown[]; unAuthSdes?: unknown[] }): void
  /** All gone, as after the time that LivePerson keeps them. */
  forget(conversation: string): void
  /** Records as they were `lagMs` ago, oldest first; of one that had not begun there is none. */
  records(options: { lagMs: number; whole: boolean }): StoryRecord[]
}

export type StoryRecord = { info: Record<string, unknown> & { conversationId: string } } & Record<string, unknown>

const AGENT = { agentId: '3677470410', agentPid: 'agent-pid-1', agentNickname: 'Ana', userTypeName: 'Human' }
const BOT = { agentId: '3677470411', agentPid: 'bot-pid-1', agentNickname: 'Helper', userTypeName: 'Bot' }
const CONTROLLER = { agentId: '3677470412', agentPid: 'ctrl-pid-1', agentNickname: 'undefined', userTypeName: 'System' }
const WRITERS = { agent: AGENT, bot: BOT, controller: CONTROLLER }
export const SALES = { id: 3072159530, name: 'Sales' }

export function createStory(account: string, now: () => number): Story {
  const states = new Map<string, State>()
  let made = 0

  const stateOf = (id: string): State => {
    const state = states.get(id)
    if (state === undefined) throw new Error(`there is no conversation ${id} in the fake`)
    return state
  }
  const nextSeq = ({ entries }: State, dialog: string) =>
    Math.max(-1, ...entries.filter((entry) => entry.dialog === dialog).map(({ seq }) => seq)) + 1
  const consumerOf = ({ consumers }: State, at: number) => consumers.findLast((each) => each.at <= at)?.id ?? ''

  const change = (state: State): Notification => ({
    kind: 'notification',
    type: 'cqm.ExConversationChangeNotification',
    body: {
      changes: [
        {
          type: 'UPSERT',
          result: {
            convId: state.id,
            effectiveTTR: -1,
            conversationDetails: {
              skillId: String(state.skill.id),
              brandId: account,
              state: state.closedAt === undefined ? 'OPEN' : 'CLOSE',
              stage: state.closedAt === undefined ? 'OPEN' : 'CLOSE',
              startTs: state.startedAt,
              ...(state.closedAt !== undefined && { endTs: state.closedAt, closeReason: 'AGENT' }),
              participants: [
                ...state.consumers.map(({ id }) => ({ id, role: 'CONSUMER' })),
                { id: AGENT.agentPid, role: 'ASSIGNED_AGENT' },
              ],
              dialogs: state.dialogs.map(({ id, type }) => ({
                dialogId: id,
                dialogType: type,
                channelType: 'MESSAGING',
              })),
            },
          },
        },
      ],
    },
  })

  const messagingEvent = (state: State, entry: Entry, by: keyof typeof ROLES, more: object): Notification => {
    const id = by === 'consumer' ? consumerOf(state, entry.at) : WRITERS[by].agentPid
    const { seq, at, dialog } = entry
    const origin = { originatorId: id, originatorMetadata: { id, role: ROLES[by] } }
    const place = { conversationId: state.id, dialogId: dialog }
    const changes = [{ sequence: seq, ...origin, serverTimestamp: at, ...place, ...more }]
    return { kind: 'notification', type: 'ms.MessagingEventNotification', body: { changes } }
  }

  const recordOf = (state: State, at: number, whole: boolean): StoryRecord => {
    const entries = state.entries.filter((entry) => entry.at <= at)
    const isClosed = state.closedAt !== undefined && state.closedAt <= at
    const messages = entries.filter((entry) => entry.is === 'message')
    const sdes = (all: unknown[] = []) => ({ events: whole ? all : all.slice(-1) })
    return {
      info: {
        conversationId: state.id,
        brandId: account,
        status: isClosed ? 'CLOSE' : 'OPEN',
        fullDialogStatus: isClosed ? 'CLOSE' : 'OPEN',
        startTimeL: state.startedAt,
        endTime: isClosed ? new Date(state.closedAt ?? 0).toISOString() : 'undefined',
        endTimeL: isClosed ? state.closedAt : -1,
        latestSkillId: state.skill.id,
        latestSkillName: state.skill.name,
        latestAgentId: AGENT.agentId,
        latestAgentGroupId: -1,
        latestAgentGroupName: 'Unassigned',
        latestQueueState: 'ACTIVE',
        source: state.opening.source ?? 'SHARK',
        device: 'DESKTOP',
        browser: 'chrome',
        operatingSystem: 'undefined',
        isPartial: false,
      },
      messageRecords: messages.map(({ writing, seq, at: timeL, dialog }) => ({
        type: writing.type ?? 'TEXT_PLAIN',
        messageData: writing.messageData ?? { msg: { text: writing.text ?? 'undefined' } },
        messageId: `ms::dialog:${dialog}::msg:${seq}`,
        seq,
        dialogId: dialog,
        participantId: writing.by === 'consumer' ? consumerOf(state, timeL) : WRITERS[writing.by].agentPid,
        source: 'SHARK',
        device: 'undefined',
        audience: writing.audience,
        sentBy: writing.by === 'consumer' ? 'Consumer' : 'Agent',
        timeL,
      })),
      messageStatuses: entries.flatMap((entry) =>
        entry.is === 'status' ? entry.seqs.map((seq) => statusOf(state, entry, seq)) : [],
      ),
      agentParticipants: Object.values(WRITERS).filter((writer) =>
        messages.some(({ writing }) => writing.by !== 'consumer' && WRITERS[writing.by] === writer),
      ),
      consumerParticipants: state.consumers
        .filter((each) => each.at <= at)
        .map(({ id, at: timeL }) => ({
          participantId: id,
          firstName: 'undefined',
          lastName: 'undefined',
          consumerName: 'Visitor',
          token: 'undefined',
          email: 'undefined',
          phone: '0',
          ...state.opening.profile,
          timeL,
          joinTimeL: timeL,
          dialogId: state.id,
        })),
      dialogs: state.dialogs.map(({ id, type }) => ({ dialogId: id, status: 'OPEN', dialogType: type })),
      sdes: sdes(state.opening.sdes),
      unAuthSdes: sdes(state.opening.unAuthSdes),
    }
  }

  const statusOf = (state: State, entry: Entry & { is: 'status' }, seq: number) => ({
    messageId: `ms::dialog:${entry.dialog}::msg:${seq}`,
    seq,
    dialogId: entry.dialog,
    timeL: entry.at,
    participantId: entry.by === 'consumer' ? consumerOf(state, entry.at) : AGENT.agentPid,
    participantType: entry.by === 'consumer' ? 'Consumer' : 'Agent',
    messageDeliveryStatus: entry.status,
  })

  return {
    open: (opening = {}) => {
      made += 1
      const id = opening.id ?? `conv-${made}`
      const startedAt = now()
      states.set(id, {
        id,
        opening,
        startedAt,
        closedAt: undefined,
        skill: opening.skill ?? SALES,
        consumers: [{ id: opening.consumer ?? `consumer-${made}`, at: startedAt }],
        dialogs: [{ id, type: 'MAIN' }],
        entries: [],
      })
      return id
    },
    write: (id, writing) => {
      const state = stateOf(id)
      const { by = 'agent', audience = 'ALL', dialog = id } = writing
      if (!state.dialogs.some((each) => each.id === dialog)) state.dialogs.push({ id: dialog, type: 'POST_SURVEY' })
      const entry: Entry = {
        is: 'message',
        seq: nextSeq(state, dialog),
        at: now(),
        dialog,
        writing: { ...writing, by, audience },
      }
      state.entries.push(entry)
      const event = { type: 'ContentEvent', contentType: 'text/plain', message: writing.text ?? '' }
      return { seq: entry.seq, notification: messagingEvent(state, entry, by, { event, messageAudience: audience }) }
    },
    report: (id, seqs, { status = 'READ', by = 'consumer' } = {}) => {
      const state = stateOf(id)
      const entry: Entry = { is: 'status', seq: nextSeq(state, id), at: now(), dialog: id, seqs, status, by }
      state.entries.push(entry)
      return messagingEvent(state, entry, by, { event: { type: 'AcceptStatusEvent', status, sequenceList: seqs } })
    },
    end: (id) => {
      const state = stateOf(id)
      state.closedAt = now()
      return change(state)
    },
    transfer: (id, skill) => {
      const state = stateOf(id)
      state.skill = skill
      return change(state)
    },
    logIn: (id, consumer) => void stateOf(id).consumers.push({ id: consumer, at: now() }),
    addSdes: (id, { sdes = [], unAuthSdes = [] }) => {
      const { opening } = stateOf(id)
      opening.sdes = [...(opening.sdes ?? []), ...sdes]
      opening.unAuthSdes = [...(opening.unAuthSdes ?? []), ...unAuthSdes]
    },
    forget: (id) => void states.delete(id),
    records: ({ lagMs, whole }) => {
      const at = now() - lagMs
      const begun = [...states.values()].filter(({ startedAt }) => startedAt <= at)
      return begun.map((state) => recordOf(state, at, whole))
    },
  }
}

const ROLES = {
  consumer: 'CONSUMER',
  agent: 'ASSIGNED_AGENT',
  bot: 'ASSIGNED_AGENT',
  controller: 'CONTROLLER',
} as const
