import { describe, expect, test } from 'vitest'
import type { Timeline, TimelineEntry, TimelineStep } from '../../src/client/shapes.ts'
import type { Copy } from './handsets.ts'
import { type Evidence, judge } from './judge.ts'
import type { Sent } from './load.ts'
import type { Story } from './stories.ts'

const ADDRESS = '+6590000001'
const UMID = 'umid-1'

describe('the judge of a kill test', () => {
  test('finds nothing wrong with a message that fell back, was delivered and succeeded once', () => {
    const { violations, counts } = judge(evidence())
    expect(violations).toEqual([])
    expect(counts).toMatchObject({ acknowledged: 1, outcomes: { succeeded: 1 }, pairs: 2, duplicates: 0, receipts: 1 })
  })

  test('counts sends without an answer, and those of them that had arrived, as cut short', () => {
    const entries = [entry('step-opened', 0, 1), entry('step-opened', 10, 2), entry('succeeded', 11, 2)]
    const { counts, violations } = judge(evidence({ timeline: { timeline: entries }, copies: [copy(1, 0)] }))
    expect(violations).toEqual([])
    expect(counts).toMatchObject({ cutShort: 2, cutShortArrived: 1 })
  })

  const wrong: [rule: string, changes: Changes][] = [
    ['a good request was refused', { refused: ['400 user: missing'] }],
    ['an acknowledged message is missing', { timeline: 'none' }],
    ['a message has no outcome', { timeline: { state: 'live', outcome: null } }],
    ['a message has no outcome', { timeline: { state: 'live', outcome: null, heldBack: true } }],
    ['a message has more than one outcome', { add: [entry('exhausted', 12)] }],
    ['a message has more than one outcome', { timeline: { state: 'cancelled' } }],
    ['a message ended otherwise than it should', { story: { ends: 'exhausted' } }],
    ['a step was sent twice', { copies: [copy(1, 0), copy(2, 10), copy(2, 10)] }],
    ['a step was opened twice', { add: [entry('step-opened', 10, 2)] }],
    ['a step was sent without a recorded intent', { copies: [copy(1, 0), copy(2, 10), copy(3, 11)] }],
    ['a step was sent after success', { copies: [copy(1, 0), copy(2, 14)] }],
    ['one request made two messages', { sent: { otherUmids: ['umid-2'] } }],
    ['one request made two messages', { copies: [copy(1, 0), { ...copy(1, 0), umid: 'umid-2' }] }],
    ['a handset has a message that nobody sent', { copies: [{ ...copy(1, 0), umid: 'umid-2' }] }],
    ['a handset has a message that nobody sent', { sent: { mayBeStored: false }, unanswered: true }],
    ['an acknowledged receipt is lost', { copies: [copy(1, 0), copy(2, 10, 'read')] }],
    ['the handsets hide copies', { story: { copiesByChoice: true } }],
  ]
  test.each(wrong)('says that %s (%#)', (rule, changes) => {
    expect(judge(evidence(changes)).violations).toContainEqual(expect.objectContaining({ rule }))
  })

  test('takes a copy that was on its way at the moment of success for what it is', () => {
    expect(judge(evidence({ copies: [copy(1, 0), copy(2, 12)] })).violations).toEqual([])
  })

  test('lets a message that a kill disturbed end in another way, and one whose time ran out', () => {
    const disturbed = { story: { ends: 'exhausted' }, add: [entry('send-uncertain', 5, 1)] } as const
    expect(judge(evidence(disturbed)).violations).toEqual([])
    expect(judge(evidence({ timeline: ended('expired') })).violations).toEqual([])
  })

  test('allows copies where they were chosen, and counts them apart', () => {
    const copies = [copy(1, 0), copy(1, 1), copy(2, 10)]
    const { violations, counts } = judge(evidence({ story: { copiesByChoice: true }, copies }))
    expect(violations).toEqual([])
    expect(counts).toMatchObject({ duplicates: 0, copiesByChoice: 1 })
  })

  test('allows a message of a request whose answer was lost, and counts it apart', () => {
    const { violations, counts } = judge(evidence({ sent: { mayBeStored: true }, unanswered: true }))
    expect(violations).toEqual([])
    expect(counts).toMatchObject({ acknowledged: 0, unanswered: 1, storedUnanswered: 1 })
  })

  test('holds a message of a lost answer to the same rules', () => {
    const lost = { sent: { mayBeStored: true }, unanswered: true, copies: [copy(1, 0), copy(1, 0)] }
    expect(judge(evidence(lost)).violations).toContainEqual(expect.objectContaining({ rule: 'a step was sent twice' }))
  })

  describe('of a message that was called off', () => {
    const rule = 'a step was sent after a cancel'
    const cancelled = (answer: object, copies: Copy[], status: TimelineStep['status'] = 'sent') =>
      judge(
        evidence({
          story: { cancelledAfter: [0, 1], ends: 'cancelled' },
          sent: { cancel: { cancelledCount: 0, result: 'cancelled', ...answer } },
          timeline: { ...ended('cancelled'), steps: [step(1, status), step(2, null)] },
          copies,
        }),
      ).violations

    test('finds a copy where the answer was that nothing had left', () => {
      expect(cancelled({}, [copy(1, 0)])).toContainEqual(expect.objectContaining({ rule }))
    })

    test('finds a copy of a step beyond the one that had left', () => {
      expect(cancelled({ result: 'too-late', step: 1 }, [copy(1, 0), copy(2, 10)])).toContainEqual(
        expect.objectContaining({ rule }),
      )
    })

    test('allows the copy that the answer names, and one that failed before', () => {
      expect(cancelled({ result: 'too-late', step: 1 }, [copy(1, 0)])).toEqual([])
      expect(cancelled({}, [copy(1, 0)], 'failed')).toEqual([])
    })

    test('finds one that did not end as cancelled', () => {
      const cancel = { cancelledCount: 1, result: 'cancelled' } as const
      expect(judge(evidence({ sent: { cancel }, copies: [] })).violations).toContainEqual(
        expect.objectContaining({ rule }),
      )
    })
  })
})

type Changes = {
  story?: Partial<Story>
  sent?: Partial<Sent>
  unanswered?: boolean
  copies?: readonly Copy[]
  timeline?: Partial<Timeline> | 'none'
  add?: readonly TimelineEntry[]
  refused?: string[]
}

/** WhatsApp is not read for ten seconds, then an SMS arrives; with what a test wants otherwise. */
function evidence(changes: Changes = {}): Evidence {
  const story: Story = {
    name: 'delivered, never read',
    weight: 1,
    channels: [],
    handset: {},
    ends: 'succeeded',
    answersPlainly: true,
    ...changes.story,
  }
  const message: Sent = {
    story,
    address: ADDRESS,
    clientMessageId: 'chaos-1',
    mayBeStored: false,
    otherUmids: [],
    ...(!changes.unanswered && { umid: UMID }),
    ...changes.sent,
  }
  const timelines = new Map<string, Timeline>()
  if (changes.timeline !== 'none') timelines.set(UMID, timelineWith(changes.timeline ?? {}, changes.add ?? []))
  return {
    sent: [message],
    load: { requests: 1, unanswered: 0, repeated: 0, refused: changes.refused ?? [] },
    copies: new Map([[ADDRESS, changes.copies ?? [copy(1, 0), copy(2, 10, 'delivered')]]]),
    timelines,
  }
}

function timelineWith(changes: Partial<Timeline>, more: readonly TimelineEntry[]): Timeline {
  const timeline = [
    entry('step-opened', 0, 1),
    entry('send-accepted', 0, 1),
    entry('fell-back', 10, 1),
    entry('step-opened', 10, 2),
    entry('send-accepted', 10, 2),
    entry('succeeded', 11, 2),
    ...more,
  ]
  return {
    umid: UMID,
    subAccountId: 'default',
    heldBack: false,
    acceptedAt: at(0),
    now: at(60),
    steps: [step(1, 'sent'), step(2, 'delivered')],
    timeline,
    next: null,
    state: 'succeeded',
    outcome: { state: 'succeeded', at: at(11), doubleExposure: false },
    ...changes,
  }
}

function ended(state: 'expired' | 'cancelled'): Partial<Timeline> {
  const timeline = [entry('step-opened', 0, 1), entry('send-accepted', 0, 1), entry('step-opened', 10, 2)]
  timeline.push(entry('send-accepted', 10, 2), entry(state, 20))
  return { state, outcome: { state, at: at(20), doubleExposure: false }, timeline }
}

function entry(code: TimelineEntry['code'], second: number, step?: number): TimelineEntry {
  return { version: 1, at: at(second), code, ...(step !== undefined && { step }), text: '', facts: {} }
}

function step(number: number, status: TimelineStep['status']): TimelineStep {
  const times = status === null ? {} : { [status]: at(0) }
  return { step: number, channel: 'SMS', successStatus: 'Delivered', status, times }
}

function copy(number: number, second: number, acknowledged?: 'delivered' | 'read'): Copy {
  const receipts = acknowledged === undefined ? [] : [{ status: acknowledged, state: 'acknowledged' }]
  return { umid: UMID, step: number, channel: 'SMS', receivedAt: at(second), receipts }
}

function at(second: number): string {
  return new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString()
}
