import { describe, expect, it } from 'vitest'
import type { AskedAbout } from '../../engine/ports/source.ts'
import { type CallOff, confirmationOf, keyOf, tell, unreadOf } from './conversations.ts'
import { type Conversation, readConversation } from './record.ts'

/** A record in the documented shape: a question of the consumer, an agent's answer that reached the window and was not read. */
const ID = 'b4a3c1de-0000-4a10-9c1e-5f1c2d3e4f50'
const BASE = 1_699_995_600_000
const message = (seq: number, sentBy: string, more: object = {}) => ({
  type: 'TEXT_PLAIN',
  messageData: { msg: { text: `line ${seq}` } },
  messageId: `ms::dialog:${ID}::msg:${seq}`,
  seq,
  dialogId: ID,
  participantId: sentBy === 'Consumer' ? 'con-7f3a' : '3677470410',
  audience: 'ALL',
  sentBy,
  timeL: BASE + seq * 1000,
  ...more,
})
const status = (seq: number, word: string, more: object = {}) => ({
  messageId: `ms::dialog:${ID}::msg:${seq}`,
  seq,
  dialogId: ID,
  timeL: BASE + seq * 1000 + 500,
  participantId: 'con-7f3a',
  participantType: 'Consumer',
  messageDeliveryStatus: word,
  ...more,
})
const record = (over: Record<string, unknown> = {}, info: object = {}) => ({
  info: {
    conversationId: ID,
    status: 'OPEN',
    startTimeL: BASE,
    endTime: 'undefined',
    endTimeL: -1,
    latestSkillId: 3072159530,
    latestSkillName: 'Web support',
    source: 'SHARK',
    device: 'DESKTOP',
    browser: 'chrome',
    operatingSystem: 'undefined',
    latestAgentGroupName: 'Unassigned',
    isPartial: false,
    ...info,
  },
  messageRecords: [message(0, 'Consumer'), message(3, 'Agent')],
  messageStatuses: [status(0, 'READ', { participantId: '3677470410', participantType: 'Agent' }), status(3, 'ACCEPT')],
  agentParticipants: [{ agentId: '3677470410', agentPid: 'pid-1', agentNickname: 'Ana', userTypeName: 'Human' }],
  consumerParticipants: [
    {
      participantId: 'con-7f3a',
      firstName: 'Lee',
      lastName: 'Doe',
      email: 'lee@example.com',
      phone: '0',
      joinTimeL: BASE,
    },
  ],
  dialogs: [{ dialogId: ID, dialogType: 'MAIN', status: 'OPEN' }],
  sdes: { events: [] },
  ...over,
})

function read(over?: Record<string, unknown>, info?: object): Conversation {
  const conversation = readConversation(record(over, info), { trustUnauthenticated: true, defaultCountry: undefined })
  if (conversation === undefined) throw new Error('the record was not read')
  return conversation
}
const unreadSeqs = (conversation: Conversation, callOff: CallOff = 'read') =>
  unreadOf(conversation, callOff).map(({ seq }) => seq)
const events = (conversation: Conversation, callOff: CallOff = 'read') =>
  tell(conversation, callOff, 5).map(({ event }) => event)

describe('a conversation that waits for its consumer', () => {
  it('is described, and tells of the consumer’s last line and each line that they have not read', () => {
    const about = {
      skill: 'Web support',
      channel: 'SHARK',
      metadata: { skillId: '3072159530', device: 'DESKTOP', browser: 'chrome', agentGroup: 'Unassigned' },
      participants: ['con-7f3a'],
    }
    expect(events(read())).toEqual([
      { key: expect.stringMatching(/^facts:/), at: 5, conversation: ID, about, type: 'described' },
      {
        key: `sent:${ID}:0:con-7f3a`,
        at: BASE,
        conversation: ID,
        about,
        type: 'sent',
        item: { id: `${ID}:0`, position: 0, text: 'line 0' },
        author: { id: 'con-7f3a', kind: 'person' },
        recipients: [],
      },
      {
        key: `sent:${ID}:3:con-7f3a`,
        at: BASE + 3000,
        conversation: ID,
        about,
        type: 'sent',
        item: { id: `${ID}:3`, position: 3, text: 'line 3' },
        author: { id: '3677470410', kind: 'person', name: 'Ana' },
        recipients: ['con-7f3a'],
        people: { 'con-7f3a': { name: 'Lee Doe', email: 'lee@example.com' } },
      },
    ])
  })

  it('is described under the same mark until its facts change, and under a new key each time', () => {
    const [first, later, moved] = [
      tell(read(), 'read', 1)[0],
      tell(read(), 'read', 2)[0],
      tell(read({}, { latestSkillName: 'Billing' }), 'read', 3)[0],
    ]
    expect(later?.mark).toBe(first?.mark)
    expect(later?.event.key).not.toBe(first?.event.key)
    expect(moved?.mark).not.toBe(first?.mark)
  })

  it('never tells of a note among agents, nor of a survey', () => {
    const messageRecords = [
      message(0, 'Consumer'),
      message(1, 'Agent', { audience: 'AGENTS_AND_MANAGERS', messageData: { msg: { text: 'a difficult one' } } }),
      message(0, 'Agent', { dialogId: 'survey-1', timeL: BASE + 9000 }),
    ]
    const dialogs = [
      { dialogId: ID, dialogType: 'MAIN' },
      { dialogId: 'survey-1', dialogType: 'POST_SURVEY' },
    ]
    const conversation = read({ messageRecords, dialogs })
    expect(unreadSeqs(conversation)).toEqual([])
    expect(JSON.stringify(conversation)).not.toContain('difficult')
  })

  it('knows bots and automatic messages from people', () => {
    const agentParticipants = [
      { agentId: 'bot-1', userTypeName: 'Bot', agentNickname: 'Helper' },
      { agentPid: 'sys-1', userTypeName: 'System', agentNickname: 'undefined' },
    ]
    const messageRecords = [
      message(1, 'agent', { participantId: 'bot-1' }),
      message(2, 'Agent', { participantId: 'sys-1' }),
      message(3, 'AGENT', { participantId: 'nobody-listed' }),
      message(4, 'Controller', {}),
      message(5, 'Martian', {}),
    ]
    const told = events(read({ agentParticipants, messageRecords })).flatMap((event) =>
      event.type === 'sent' ? [event.author] : [],
    )
    expect(told).toEqual([
      { kind: 'bot', id: 'bot-1', name: 'Helper' },
      { kind: 'system', id: 'sys-1' },
      { kind: 'person', id: 'nobody-listed' },
      { kind: 'system', id: '3677470410' },
    ])
  })
})

describe('what is unread', () => {
  const four = [message(0, 'Consumer'), message(2, 'Agent'), message(4, 'Agent'), message(7, 'Agent')]
  const with4 = (...messageStatuses: object[]) => read({ messageRecords: four, messageStatuses })

  it.each([
    ['nothing is reported', [], [2, 4, 7]],
    ['it only reached the window', [status(7, 'ACCEPT')], [2, 4, 7]],
    ['a line was read, and so those before it', [status(4, 'READ')], [7]],
    ['reports come in any order', [status(4, 'READ'), status(2, 'READ')], [7]],
    ['the reader is known by the id alone', [status(7, 'READ', { participantType: 'undefined' })], []],
    [
      'the reader is known by the word alone',
      [status(7, 'READ', { participantId: 'x', participantType: 'CONSUMER' })],
      [],
    ],
    ['an agent read it', [status(7, 'READ', { participantId: 'a', participantType: 'Agent' })], [2, 4, 7]],
    ['the report names the message by its id', [{ ...status(4, 'READ'), seq: undefined }], [7]],
    ['the report is of another dialog', [status(7, 'READ', { dialogId: 'survey-1' })], [2, 4, 7]],
    ['the word is not known', [status(7, 'ACTION')], [2, 4, 7]],
    ['the report is of no shape', [{ messageDeliveryStatus: 'READ', participantType: 'Consumer' }], [2, 4, 7]],
  ])('when %s', (_, statuses, unread) => {
    expect(unreadSeqs(with4(...statuses))).toEqual(unread)
  })

  it('is what came after the consumer’s last line', () => {
    expect(unreadSeqs(read({ messageRecords: [...four, message(5, 'Consumer')] }))).toEqual([7])
  })

  it('is decided by answers alone where windows do not report reading', () => {
    expect(unreadSeqs(with4(status(7, 'READ')), 'reply')).toEqual([2, 4, 7])
    expect(events(with4(status(7, 'READ')), 'reply').map(({ type }) => type)).not.toContain('read')
  })

  it('is told up to a position, or by ids in a dialog that has none', () => {
    const reads = (conversation: Conversation) =>
      events(conversation).flatMap((event) => (event.type === 'read' ? [event] : []))
    expect(reads(with4(status(4, 'READ')))).toEqual([
      {
        key: `read:${ID}:4:con-7f3a`,
        at: BASE + 4500,
        conversation: ID,
        type: 'read',
        person: 'con-7f3a',
        span: { upTo: 4 },
      },
    ])
    const other = { dialogId: 'other', participantId: 'con-7f3a' }
    const conversation = read({
      messageRecords: [message(1, 'Agent', { dialogId: 'other' }), message(2, 'Agent', { dialogId: 'other' })],
      messageStatuses: [status(1, 'READ', other)],
      dialogs: [{ dialogId: 'other', dialogType: 'MAIN' }],
    })
    expect(reads(conversation)[0]).toMatchObject({ span: { ids: ['other:1'] } })
    const [item] = events(conversation).flatMap((event) => (event.type === 'sent' ? [event.item] : []))
    expect(item).toEqual({ id: 'other:2', text: 'line 2' })
  })
})

describe('a consumer', () => {
  it('who logs in on the way is the one who joined last; the former id has left, and its readings count', () => {
    const consumerParticipants = [
      { participantId: 'con-new', joinTimeL: BASE + 9 },
      { participantId: 'con-7f3a', joinTimeL: BASE },
    ]
    const conversation = read({
      consumerParticipants,
      messageRecords: [message(3, 'Agent'), message(4, 'Agent')],
      messageStatuses: [status(3, 'READ')],
    })
    const told = events(conversation)
    expect(told.map(({ type }) => type)).toEqual(['described', 'left', 'read', 'sent'])
    expect(told[1]).toMatchObject({ people: ['con-7f3a'] })
    expect(told[2]).toMatchObject({ person: 'con-new', span: { upTo: 3 } })
    expect(told[3]).toMatchObject({ recipients: ['con-new'], item: { position: 4 } })
  })

  it('is known by what they wrote where LivePerson does not list them', () => {
    expect(read({ consumerParticipants: undefined }).consumer?.id).toBe('con-7f3a')
    expect(events(read({ consumerParticipants: undefined, messageRecords: [message(3, 'Agent')] }))).toEqual([])
  })
})

describe('right before a notice', () => {
  const about = (...seqs: number[]): AskedAbout => ({
    conversation: ID,
    person: 'con-7f3a',
    items: seqs.map((seq) => ({ id: `${ID}:${seq}`, position: seq, at: BASE + seq * 1000 })),
  })
  const confirm = (conversation: Conversation, what: AskedAbout) => confirmationOf(conversation, what, 'read')

  it('what is still unread is confirmed, with what an agent has written since', () => {
    const messageRecords = [message(3, 'Agent'), message(5, 'Agent'), message(6, 'Controller'), message(8, 'Agent')]
    const conversation = read({ messageRecords, messageStatuses: [status(3, 'READ')] })
    expect(confirm(conversation, about(3, 5))).toEqual({
      kind: 'unread',
      items: [
        { id: `${ID}:5`, at: BASE + 5000, text: 'line 5', author: 'Ana' },
        { id: `${ID}:8`, at: BASE + 8000, text: 'line 8', author: 'Ana' },
      ],
    })
  })

  it('a line that was left out by a rule does not slip in', () => {
    const messageRecords = [message(2, 'Agent'), message(5, 'Agent')]
    expect(confirm(read({ messageRecords }), about(5))).toMatchObject({ items: [{ id: `${ID}:5` }] })
  })

  it('it is read when all that the notice is about was read or answered, whatever came since', () => {
    const messageRecords = [message(3, 'Agent'), message(8, 'Agent')]
    expect(confirm(read({ messageRecords, messageStatuses: [status(3, 'READ')] }), about(3))).toEqual({
      kind: 'read',
    })
    expect(confirm(read({ messageRecords: [message(3, 'Agent'), message(4, 'Consumer')] }), about(3))).toEqual({
      kind: 'read',
    })
  })

  it('a line that the history does not have yet is unread still, unless a later one was read', () => {
    expect(confirm(read(), about(3, 9))).toMatchObject({ items: [{ id: `${ID}:3` }, { id: `${ID}:9` }] })
    expect(
      confirm(read({ messageRecords: [message(9, 'Agent')], messageStatuses: [status(9, 'READ')] }), about(3)),
    ).toEqual({ kind: 'read' })
  })

  it('it is gone with its conversation, and with the person', () => {
    expect(confirm(read({}, { status: 'CLOSE' }), about(3))).toEqual({ kind: 'gone', why: 'conversation-gone' })
    expect(confirm(read(), { ...about(3), person: 'somebody-else' })).toEqual({ kind: 'gone', why: 'left' })
  })
})

describe('a record of another shape', () => {
  it.each([{}, { info: null }, { info: { conversationId: 'undefined' } }, { info: [] }])(
    'such as %j is none',
    (value) => {
      expect(readConversation(value, { trustUnauthenticated: true, defaultCountry: undefined })).toBeUndefined()
    },
  )

  it('is read as far as it goes', () => {
    const odd = {
      messageRecords: [null, 7, {}, { seq: -1, timeL: 1 }, { seq: 1, timeL: 'x', sentBy: 'Agent' }],
      messageStatuses: 'x',
      agentParticipants: {},
      dialogs: [{}],
      consumerParticipants: [{}, null],
    }
    expect(read(odd)).toMatchObject({ lines: [], consumer: undefined })
  })

  it('has keys that are never too long', () => {
    expect(keyOf('sent', 'x'.repeat(500), 1)).toHaveLength(69)
    expect(keyOf('sent', 'x'.repeat(500), 1)).not.toBe(keyOf('sent', 'x'.repeat(500), 2))
  })
})
