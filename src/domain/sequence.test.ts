import { describe, expect, test } from 'vitest'
import { lookUpChannel } from './channel-catalogue.ts'
import { type ChannelAbility, checkSequence, MAX_STEPS, type SequenceProblem, titleCase } from './sequence.ts'

function ability(name: string): ChannelAbility | undefined {
  const facts = lookUpChannel(name)
  return facts && { name: facts.name, reports: facts.reports, connected: facts.name !== 'Kakao' }
}

function problemsOf(input: unknown): SequenceProblem[] {
  const checked = checkSequence(input, ability)
  return checked.ok ? [] : checked.problems
}

describe('a good sequence', () => {
  test('is read with its seconds as milliseconds and its names in our spelling', () => {
    const input = [
      { channel: 'whatsapp', fallbackAfter: 60, successStatus: 'READ' },
      { channel: 'viber', fallbackAfter: 60, successStatus: 'delivered', onUncertain: 'resend' },
      { channel: 'sms' },
    ]
    expect(checkSequence(input, ability)).toEqual({
      ok: true,
      sequence: [
        { channel: 'WhatsApp', fallbackAfterMs: 60_000, successStatus: 'read', onUncertain: 'wait' },
        { channel: 'Viber', fallbackAfterMs: 60_000, successStatus: 'delivered', onUncertain: 'resend' },
        { channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' },
      ],
    })
  })

  test.each<[readonly ('accepted' | 'sent' | 'delivered' | 'read')[], string]>([
    [['accepted', 'sent', 'delivered', 'read'], 'delivered'],
    [['accepted', 'sent', 'delivered'], 'delivered'],
    [['accepted', 'sent'], 'sent'],
    [['accepted'], 'accepted'],
    [[], 'accepted'],
  ])('without a successStatus wants, of a channel that reports %j, %s', (reports, wanted) => {
    const checked = checkSequence([{ channel: 'X' }], (name) => ({ name, reports, connected: true }))
    expect(checked).toMatchObject({ ok: true, sequence: [{ successStatus: wanted }] })
  })

  test.each([10, 11, 86_400])('may wait %i seconds', (fallbackAfter) => {
    expect(problemsOf([{ channel: 'SMS', fallbackAfter }])).toEqual([])
  })

  test(`may have up to ${MAX_STEPS} steps, also on one channel`, () => {
    expect(problemsOf(Array(MAX_STEPS).fill({ channel: 'SMS' }))).toEqual([])
  })
})

describe('a sequence with a fault says where, and what would be right', () => {
  test.each<[string, unknown, string, SequenceProblem['fault'], string]>([
    ['nothing', undefined, '', 'not-a-list', 'must be a list of 1 to 10 steps'],
    ['an object', { channel: 'SMS' }, '', 'not-a-list', 'must be a list'],
    ['an empty list', [], '', 'not-a-list', 'must be a list'],
    ['too many steps', Array(MAX_STEPS + 1).fill({ channel: 'SMS' }), '', 'not-a-list', 'must be a list'],
    ['a step that is a word', ['SMS'], '[0]', 'not-a-list', 'must be a step'],
    ['a step that is null', [null], '[0]', 'not-a-list', 'must be a step'],
    ['a step that is a list', [[]], '[0]', 'not-a-list', 'must be a step'],
    ['no channel', [{}], '[0].channel', 'unknown-channel', 'nothing is not a channel'],
    ['a channel that is a number', [{ channel: 5 }], '[0].channel', 'unknown-channel', '5 is not a channel'],
    ['an unknown channel', [{ channel: 'Fax' }], '[0].channel', 'unknown-channel', '"Fax" is not a channel'],
    [
      'a channel without a connection',
      [{ channel: 'Kakao' }],
      '[0].channel',
      'channel-not-connected',
      'Kakao has no connection',
    ],
    [
      'a misspelt field',
      [{ channel: 'SMS', fallbackafter: 60 }],
      '[0].fallbackafter',
      'unknown-field',
      'a step has channel, fallbackAfter',
    ],
    [
      'too short a wait',
      [{ channel: 'SMS', fallbackAfter: 9 }],
      '[0].fallbackAfter',
      'bad-delay',
      'got 9; use whole seconds from 10 to 86400',
    ],
    ['too long a wait', [{ channel: 'SMS', fallbackAfter: 86_401 }], '[0].fallbackAfter', 'bad-delay', 'got 86401'],
    ['half a second', [{ channel: 'SMS', fallbackAfter: 10.5 }], '[0].fallbackAfter', 'bad-delay', 'got 10.5'],
    ['a wait in words', [{ channel: 'SMS', fallbackAfter: '60' }], '[0].fallbackAfter', 'bad-delay', 'got "60"'],
    ['a wait of null', [{ channel: 'SMS', fallbackAfter: null }], '[0].fallbackAfter', 'bad-delay', 'got null'],
    [
      'a wait that is no number',
      [{ channel: 'SMS', fallbackAfter: Number.NaN }],
      '[0].fallbackAfter',
      'bad-delay',
      'got null',
    ],
    [
      'an unknown status',
      [{ channel: 'SMS', successStatus: 'Seen' }],
      '[0].successStatus',
      'bad-status',
      'got "Seen"; use Accepted, Sent, Delivered or Read',
    ],
    [
      'queued as success',
      [{ channel: 'SMS', successStatus: 'Queued' }],
      '[0].successStatus',
      'bad-status',
      'got "Queued"',
    ],
    ['a status that is a number', [{ channel: 'SMS', successStatus: 4 }], '[0].successStatus', 'bad-status', 'got 4'],
    [
      'Read on SMS',
      [{ channel: 'SMS', successStatus: 'Read' }],
      '[0].successStatus',
      'cannot-report-read',
      'SMS reports no Read; use Delivered or Sent',
    ],
    [
      'Delivered on Line',
      [{ channel: 'Line', successStatus: 'Delivered' }],
      '[0].successStatus',
      'cannot-report-delivered',
      'Line reports no Delivered; use Sent or Accepted',
    ],
    [
      'an unknown choice',
      [{ channel: 'SMS', onUncertain: 'panic' }],
      '[0].onUncertain',
      'bad-on-uncertain',
      'got "panic"; use "wait" or "resend"',
    ],
    [
      'a fault further down',
      [{ channel: 'SMS' }, { channel: 'SMS', fallbackAfter: 5 }],
      '[1].fallbackAfter',
      'bad-delay',
      'got 5',
    ],
  ])('%s', (_, input, path, fault, message) => {
    expect(problemsOf(input)).toEqual([{ path, fault, message: expect.stringContaining(message) }])
  })

  test.each([
    [['delivered'], 'sent', 'cannot-report-sent', 'X reports no Sent; use Delivered or Accepted'],
    [['accepted', 'sent'], 'delivered', 'cannot-report-delivered', 'X reports no Delivered; use Sent or Accepted'],
    [[], 'read', 'cannot-report-read', 'X reports no Read; use Accepted'],
  ] as const)('a connection that reports %j cannot be asked for %s', (reports, successStatus, fault, message) => {
    const checked = checkSequence([{ channel: 'X', successStatus }], (name) => ({ name, reports, connected: true }))
    expect(checked).toEqual({ ok: false, problems: [{ path: '[0].successStatus', fault, message }] })
  })

  test.each([[[]], [['delivered'] as const]])('Accepted may be asked of a connection that reports %j', (reports) => {
    const step = { channel: 'X', successStatus: 'Accepted' }
    const checked = checkSequence([step], (name) => ({ name, reports, connected: true }))
    expect(checked).toMatchObject({ ok: true, sequence: [{ successStatus: 'accepted' }] })
  })

  test('everything that is wrong is told at once', () => {
    const input = [
      { channel: 'SMS', successStatus: 'Read', fallbackAfter: 5, onUncertain: 'panic', colour: 1 },
      { channel: 'Fax' },
    ]
    expect(problemsOf(input).map(({ path }) => path)).toEqual([
      '[0].colour',
      '[0].fallbackAfter',
      '[0].successStatus',
      '[0].onUncertain',
      '[1].channel',
    ])
  })

  test('a long value is not repeated in full', () => {
    const [problem] = problemsOf([{ channel: 'x'.repeat(10_000) }])
    expect(problem?.message.length).toBeLessThan(150)
  })
})

test('titleCase writes a status as callers do', () => {
  expect(titleCase('delivered')).toBe('Delivered')
  expect(titleCase('')).toBe('')
})
