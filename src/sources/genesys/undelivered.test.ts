import { describe, expect, it } from 'vitest'
import { readConversation } from './conversation.ts'
import { findUndelivered, type Suspect } from './undelivered.ts'

const at = (minute: number) => Date.parse('2024-05-02T09:00:00Z') + minute * 60_000

type Line = [messageId: string, messageStatus: string, minute: number]
const messagesOf = (lines: readonly Line[]) =>
  lines.map(([messageId, messageStatus, minute]) => ({
    messageId,
    messageStatus,
    messageTime: new Date(at(minute)).toISOString(),
  }))

/** A participant with one communication for each list of lines. */
const participant = (purpose: string, ...communications: Line[][]) => ({
  purpose,
  name: `the ${purpose}`,
  messages: communications.map((lines, index) => ({ id: `${purpose}-${index}`, messages: messagesOf(lines) })),
})
const flat = (purpose: string, lines: readonly Line[]) => ({ purpose, messages: messagesOf(lines) })

function find(participants: readonly unknown[], suspects: readonly Suspect[] = [{ id: 'end:session', at: at(20) }]) {
  const conversation = readConversation({ participants })
  if (conversation === undefined) throw new Error('this is a conversation')
  return findUndelivered(conversation, suspects)
}
const idsOf = (found: readonly { id: string }[]) => found.map(({ id }) => id)

describe('undelivered', () => {
  it('are messages of agents, with who wrote them and when, oldest first', () => {
    const agent = participant('agent', [
      ['m-4', 'delivery-failed', 16],
      ['m-3', 'delivery-failed', 15],
      ['m-2', 'delivery-success', 2],
    ])
    expect(find([participant('customer', [['m-1', 'received', 0]]), agent])).toEqual([
      { id: 'm-3', at: at(15), author: 'the agent' },
      { id: 'm-4', at: at(16), author: 'the agent' },
    ])
  })

  it.each(['agent', 'bot', 'workflow', 'acd', 'api', 'user', 'something-new'])(
    'are messages of a participant %s',
    (purpose) => {
      expect(idsOf(find([participant(purpose, [['m-3', 'delivery-failed', 15]])]))).toEqual(['m-3'])
    },
  )

  it.each(['workflow', 'acd', 'api'])(
    'have no author where a %s wrote: its name says nothing to a customer',
    (purpose) => {
      expect(find([participant(purpose, [['m-3', 'failed', 15]])])).toEqual([{ id: 'm-3', at: at(15) }])
    },
  )

  it('are found in every communication, and in both shapes', () => {
    expect(
      idsOf(find([participant('agent', [['m-2', 'delivery-success', 2]], [['m-3', 'delivery-failed', 15]])])),
    ).toEqual(['m-3'])
    expect(idsOf(find([flat('agent', [['m-3', 'Delivery-Failed', 15]])]))).toEqual(['m-3'])
  })

  it('are listed once, however many participants list them', () => {
    const line: Line = ['m-3', 'delivery-failed', 15]
    expect(idsOf(find([participant('bot', [line]), participant('agent', [line], [line])]))).toEqual(['m-3'])
  })

  it.each(['delivery-success', 'read', 'removed'])('are none of those that are %s in another copy', (status) => {
    const copies = [participant('agent', [['m-3', 'delivery-failed', 15]]), participant('bot', [['m-3', status, 1]])]
    expect(find(copies)).toEqual([])
    expect(find(copies.reverse())).toEqual([])
  })

  it('are never what the customer wrote', () => {
    expect(
      find([participant('customer', [['m-1', 'delivery-failed', 1]]), participant('external', [['m-2', 'failed', 2]])]),
    ).toEqual([])
  })

  it.each([
    ['the customer wrote again', participant('customer', [['m-9', 'received', 15.5]])],
    ['a later message got through', participant('agent', [['m-9', 'delivery-success', 15.5]])],
    ['a later message was read', participant('bot', [['m-9', 'read', 15.5]])],
  ])('are only those since %s', (_, sign) => {
    const missed = participant('agent', [
      ['m-3', 'delivery-failed', 15],
      ['m-4', 'delivery-failed', 16],
    ])
    expect(idsOf(find([missed, sign]))).toEqual(['m-4'])
  })

  it('are those that are still on their way only if an event named them', () => {
    const agent = [participant('agent', [['m-3', 'sent', 15]])]
    expect(find(agent)).toEqual([])
    expect(idsOf(find(agent, [{ id: 'm-3', at: at(15) }]))).toEqual(['m-3'])
  })

  it('are all that was on its way when an event said so without naming any', () => {
    const agent = participant('agent', [
      ['m-3', 'sent', 15],
      ['m-4', 'sent', 17],
    ])
    expect(idsOf(find([agent], [{ id: 'undelivered:x', at: at(16) }]))).toEqual(['m-3'])
  })

  it('are those that an event named though the conversation does not list them, until a sign of life', () => {
    const suspects = [{ id: 'm-7', at: at(15) }]
    expect(find([], suspects)).toEqual([{ id: 'm-7', at: at(15) }])
    expect(find([participant('customer', [['m-9', 'received', 18]])], suspects)).toEqual([])
    expect(find([participant('agent', [['m-7', 'delivery-success', 15]])], suspects)).toEqual([])
  })

  it('are none of the placeholders', () => {
    const suspects = ['end:session', 'undelivered:communication'].map((id) => ({ id, at: at(15) }))
    expect(find([], suspects)).toEqual([])
  })

  it('are messages without a time too: nothing says that they were seen', () => {
    const timeless = {
      purpose: 'agent',
      messages: [{ messages: [{ messageId: 'm-3', messageStatus: 'delivery-failed' }] }],
    }
    expect(find([timeless, participant('customer', [['m-9', 'received', 18]])])).toEqual([{ id: 'm-3' }])
  })
})

describe('a conversation', () => {
  it.each([undefined, null, 'x', [], {}, { participants: 7 }])('is not %j', (json) => {
    expect(readConversation(json)).toBeUndefined()
  })

  it('is read as far as it makes sense', () => {
    const participants = [
      null,
      7,
      { purpose: 7, messages: 'x', attributes: [], externalContactId: 9 },
      {
        purpose: 'agent',
        messages: [null, { messages: [null, {}, { messageId: '' }, { messageId: 'm-3' }] }, { id: 'x' }],
      },
    ]
    expect(readConversation({ participants })?.participants.flatMap(({ messages }) => messages)).toEqual([
      { id: 'm-3', status: '' },
    ])
  })
})
