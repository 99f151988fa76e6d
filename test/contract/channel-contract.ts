import { afterEach, describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../src/domain/message.ts'
import type {
  CallbackResult,
  Outgoing,
  RawRequest,
  Receipt,
  Revocation,
  RevokeOutcome,
} from '../../src/engine/ports/channel.ts'
import { type CallbackKind, type ChannelHarness, outgoingOf, type Sent } from './channel-harness.ts'
import { FORGED_IN_ENGINE, IN_ENGINE, SENT_BY_ENGINE } from './channel-in-engine.ts'

/**
 * What the engine relies on in every channel, whoever the provider is. To hold a new adapter to it, write a
 * `something-channel.test.ts` beside this file:
 *
 *   describeChannel('acme-sms', openHarness, { skip: { 'an answer of garbage is no acceptance': 'why it cannot happen' } })
 *
 * `openHarness` starts a provider that speaks the real protocol on a port of its own, and the channel that talks to it; each
 * case gets a new one and closes it. A skip is printed with its reason. A channel without `receive` needs no `callback`.
 */
export type CaseName =
  | keyof typeof SENDING
  | keyof typeof REPEATING
  | keyof typeof CHECKING
  | keyof typeof REVOKING
  | keyof typeof CALLBACKS
  | keyof typeof IN_ENGINE
  | keyof typeof SENT_BY_ENGINE
  | keyof typeof FORGED_IN_ENGINE
export type ContractOptions = { skip?: Partial<Record<CaseName, string>> }

type Case = (harness: ChannelHarness) => Promise<void>

const SENDING = {
  'a send is taken once, and answered with the id that the provider gave it': async (harness) => {
    const outcome = await send(harness)
    expect(outcome.kind).toBe('accepted')
    expect(await harness.taken()).toBe(1)
    if (outcome.kind === 'accepted' && outcome.providerRef !== undefined) expect(outcome.providerRef).toMatch(/\S/)
  },
  'two sends are two messages with two ids': async (harness) => {
    const one = await send(harness)
    const two = await send(harness, { umid: UMID_2, attemptRef: `${UMID_2}.1`, idempotencyKey: `${UMID_2}.1.1` })
    expect([one.kind, two.kind]).toEqual(['accepted', 'accepted'])
    expect(await harness.taken()).toBe(2)
    if (refOf(one) !== undefined) expect(refOf(one)).not.toBe(refOf(two))
  },
  'a refusal is rejected with a reason and in words': async (harness) => {
    await harness.behave('refuse')
    const outcome = await send(harness)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'recipient', detail: expect.stringMatching(/\S/) })
    expect(await harness.taken()).toBe(0)
  },
  'a busy provider is tried again, after a while that makes sense': async (harness) => {
    await harness.behave('busy')
    const outcome = await send(harness)
    expect(outcome).toMatchObject({ kind: 'retry', detail: expect.stringMatching(/\S/) })
    expect(outcome.kind === 'retry' && outcome.afterMs).toBeGreaterThan(0)
    expect(outcome.kind === 'retry' && outcome.afterMs).toBeLessThanOrEqual(24 * 3_600_000)
    await harness.behave('accept')
    expect((await send(harness)).kind).toBe('accepted')
    expect(await harness.taken()).toBe(1)
  },
  'a provider that does not listen is tried again': async (harness) => {
    const outcome = await harness.unreachable.send(outgoingOf(harness), new AbortController().signal)
    expect(outcome).toMatchObject({ kind: 'retry', detail: expect.stringMatching(/\S/) })
  },
  'a connection that was cut after the message was taken is uncertain': async (harness) => {
    await harness.behave('cut-after-taking')
    expect(await send(harness)).toMatchObject({ kind: 'uncertain', detail: expect.stringMatching(/\S/) })
    expect(await harness.taken()).toBe(1)
  },
  'an answer that never comes is uncertain when the call is called off': async (harness) => {
    await harness.behave('silent')
    const controller = new AbortController()
    const outcome = harness.channel.send(outgoingOf(harness), controller.signal)
    await harness.arrived()
    controller.abort()
    expect(await outcome).toMatchObject({ kind: 'uncertain', detail: expect.stringMatching(/\S/) })
  },
  'a call that is called off before it began sends nothing': async (harness) => {
    const outcome = await harness.channel.send(outgoingOf(harness), AbortSignal.abort())
    expect(outcome.kind).toBe('retry')
    expect(await harness.taken()).toBe(0)
  },
  'an answer of garbage is no acceptance': async (harness) => {
    await harness.behave('garbage')
    expect((await send(harness)).kind).toMatch(/^(uncertain|retry|rejected)$/)
    await harness.behave('accept')
    expect((await send(harness)).kind).toBe('accepted') // and the channel is none the worse for it
  },
  'no detail shows a secret': async (harness) => {
    const shown: unknown[] = []
    for (const behaviour of ['refuse', 'busy', 'fails', 'cut-after-taking', 'garbage'] as const) {
      await harness.behave(behaviour)
      shown.push(await send(harness))
    }
    shown.push(await harness.unreachable.send(outgoingOf(harness), new AbortController().signal))
    for (const kind of ['forged', 'unreadable'] as const) {
      if (harness.callback !== undefined) shown.push(await receive(harness, kind, sentOf(harness, undefined)))
    }
    for (const secret of harness.secrets) expect(JSON.stringify(shown)).not.toContain(secret)
  },
  'a busy provider that names its seconds is given them': async (harness) => {
    await harness.behave('busy-for-7s')
    expect(await send(harness)).toMatchObject({ kind: 'retry', afterMs: 7000 })
    expect(await harness.taken()).toBe(0)
  },
  'a provider that fails inside is no acceptance, and no refusal of the person': async (harness) => {
    await harness.behave('fails')
    const outcome = await send(harness)
    expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(uncertain|retry)$/) })
  },
  'a connection that was cut before the message was taken is no acceptance': async (harness) => {
    await harness.behave('cut-before-taking')
    expect((await send(harness)).kind).toMatch(/^(uncertain|retry)$/)
    expect(await harness.taken()).toBe(0)
  },
  'a slow answer is waited for': async (harness) => {
    await harness.behave('silent')
    const outcome = send(harness)
    await harness.arrived()
    harness.release()
    expect((await outcome).kind).toBe('accepted')
    expect(await harness.taken()).toBe(1)
  },
  'closing waits for a send that is under way': async (harness) => {
    if (harness.channel.close === undefined) return
    const outcome = send(harness)
    await harness.channel.close()
    expect((await outcome).kind).toMatch(/^(accepted|retry)$/)
  },
} satisfies Record<string, Case>

/** For providers that honour an idempotency key. */
const REPEATING = {
  'the same idempotency key twice is the same message': async (harness) => {
    const one = await send(harness)
    const two = await send(harness)
    expect([one.kind, two.kind]).toEqual(['accepted', 'accepted'])
    expect(refOf(two)).toBe(refOf(one))
    expect(await harness.taken()).toBe(1)
  },
  'a repeat after an unknown end is still the same message': async (harness) => {
    await harness.behave('cut-after-taking')
    expect((await send(harness)).kind).toBe('uncertain')
    await harness.behave('accept')
    expect((await send(harness)).kind).toBe('accepted')
    expect(await harness.taken()).toBe(1)
  },
} satisfies Record<string, Case>

/** For channels with a `check`. */
const CHECKING = {
  'good credentials are found good, and nothing is sent': async (harness) => {
    expect(await harness.channel.check?.(never())).toMatchObject({ kind: 'good' })
    expect(await harness.taken()).toBe(0)
  },
  'a login that is not taken is refused, and says so in words': async (harness) => {
    const strange = required(harness.strange, 'a channel with a check needs a harness with a `strange` one')
    const found = await strange.check?.(never())
    expect(found).toMatchObject({ kind: 'refused', detail: expect.stringMatching(/\S/) })
    for (const secret of harness.secrets) expect(JSON.stringify(found)).not.toContain(secret)
    expect(await strange.send(outgoingOf(harness), never())).toMatchObject({
      kind: 'rejected',
      reason: 'credentials',
    })
    expect(await harness.taken()).toBe(0)
    await strange.close?.()
  },
  'credentials of a provider that does not listen are not known to be bad': async (harness) => {
    expect(await harness.unreachable.check?.(never())).toMatchObject({ kind: 'unknown' })
  },
} satisfies Record<string, Case>

/** For channels whose abilities say `revokes`. */
const REVOKING = {
  'what has not arrived is taken back': async (harness) => {
    const sent = await sendAndTell(harness)
    expect(await revoke(harness, sent)).toEqual({ kind: 'revoked' })
    expect(await harness.taken()).toBe(0)
  },
  'what has arrived is not reported as taken back, unless it was': async (harness) => {
    const sent = await sendAndTell(harness)
    await required(harness.arriveAtPerson, 'a channel that revokes needs a harness with `arriveAtPerson`')(sent)
    const outcome = await revoke(harness, sent)
    if (outcome.kind === 'revoked') expect(await harness.taken()).toBe(0)
    else expect(await harness.taken()).toBe(1)
  },
  'nothing is known of a recall that nobody answers': async (harness) => {
    const sent = await sendAndTell(harness)
    expect(await harness.unreachable.revoke?.(revocationOf(sent), never())).toMatchObject({ kind: 'unclear' })
  },
} satisfies Record<string, Case>

/** For channels that hear from their provider. */
const CALLBACKS = {
  'a callback says what became of the message that was sent': async (harness) => {
    const sent = await sendAndTell(harness)
    const [top] = receiptsIn(await receive(harness, 'delivered', sent))
    expect(refMatches(top, sent)).toBe(true)
    const best = harness.abilities.reports.includes('delivered') ? 'delivered' : harness.abilities.reports.at(-1)
    expect(top?.report.status).toBe(best)
  },
  'a callback of failure brings the provider’s own words': async (harness) => {
    const sent = await sendAndTell(harness)
    const [receipt] = receiptsIn(await receive(harness, 'failed', sent))
    expect(refMatches(receipt, sent)).toBe(true)
    expect(receipt?.report).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(/\S/) } })
  },
  'a callback that comes twice reads the same twice': async (harness) => {
    const sent = await sendAndTell(harness)
    if (harness.tell !== undefined) {
      expect(await harness.tell('delivered', sent)).toEqual(await harness.tell('delivered', sent))
      return
    }
    const request = await requestOf(harness, 'delivered', sent)
    expect(await harness.channel.receive?.(request)).toEqual(await harness.channel.receive?.(request))
  },
  'a forged callback is refused': async (harness) => {
    const sent = await sendAndTell(harness)
    expect((await receive(harness, 'forged', sent)).kind).toBe('refused')
  },
  'a callback whose body was lost or replaced on the way is not believed': async (harness) => {
    const sent = await sendAndTell(harness)
    const request = await requestOf(harness, 'delivered', sent)
    for (const body of [Buffer.alloc(0), Buffer.from([0xff, 0xfe, 0x00]), request.body.subarray(0, 3)]) {
      expect((await harness.channel.receive?.({ ...request, body }))?.kind).toMatch(/^(refused|unreadable)$/)
    }
  },
  'a callback that we cannot read is unreadable': async (harness) => {
    const sent = await sendAndTell(harness)
    const result = await receive(harness, 'unreadable', sent)
    expect(result).toMatchObject({ kind: 'unreadable', detail: expect.stringMatching(/\S/) })
  },
  'a status that we do not know is ignored and not guessed': async (harness) => {
    const sent = await sendAndTell(harness)
    expect(await receive(harness, 'unknown-status', sent)).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  },
  'one bad item loses none of the others': async (harness) => {
    const sent = await sendAndTell(harness)
    const result = await receive(harness, 'one-bad-item', sent)
    expect(receiptsIn(result)).toHaveLength(2)
    for (const receipt of receiptsIn(result)) expect(refMatches(receipt, sent)).toBe(true)
    expect(result.kind === 'receipts' && result.ignored).toBe(1)
  },
} satisfies Record<string, Case>

export function describeChannel(
  name: string,
  openHarness: () => Promise<ChannelHarness>,
  options: ContractOptions = {},
): void {
  describe(`channel ${name}`, () => {
    let harness: ChannelHarness | undefined
    afterEach(async () => {
      await harness?.close()
      harness = undefined
    })
    const run = (cases: Record<string, Case>, whyNot: (opened: ChannelHarness) => string | undefined) => {
      for (const [title, check] of Object.entries(cases)) {
        it(title, async (context) => {
          harness = await openHarness()
          const reason = options.skip?.[title as CaseName] ?? whyNot(harness)
          if (reason === undefined) return check(harness)
          console.info(`channel ${name}: skipped "${title}": ${reason}`)
          context.skip(reason)
        })
      }
    }
    run(SENDING, () => undefined)
    run(REPEATING, ({ abilities }) => (abilities.takesIdempotencyKey ? undefined : 'the provider honours no key'))
    run(CHECKING, ({ channel }) => (channel.check === undefined ? 'the provider has nothing to ask' : undefined))
    run(REVOKING, ({ abilities }) => (abilities.revokes ? undefined : 'the provider takes nothing back'))
    const isHeard = ({ channel, tell }: ChannelHarness) =>
      channel.receive === undefined && tell === undefined ? 'the provider never calls back' : undefined
    run(CALLBACKS, isHeard)
    run(SENT_BY_ENGINE, () => undefined)
    run(IN_ENGINE, (opened) => (opened.abilities.reports.length < 2 ? 'it promises no receipts' : isHeard(opened)))
    run(FORGED_IN_ENGINE, ({ callback }) => (callback === undefined ? 'nobody else can call' : undefined))
  })
}

const UMID_2 = '0199c0de-0000-7000-8000-000000000002'

function never(): AbortSignal {
  return new AbortController().signal
}

function required<T>(value: T | undefined, why: string): T {
  if (value === undefined) throw new Error(why)
  return value
}

/** What a channel is given to take a send back. */
export function revocationOf({ outgoing, providerRef }: Sent): Revocation {
  const { umid, attemptRef, idempotencyKey, channel, address } = outgoing
  const leftAt = Date.parse('2026-03-01T12:00:00Z')
  return {
    umid,
    attemptRef,
    idempotencyKey,
    channel,
    address,
    leftAt,
    ...(providerRef !== undefined && { providerRef }),
  }
}

async function revoke({ channel }: ChannelHarness, sent: Sent): Promise<RevokeOutcome> {
  return required(await channel.revoke?.(revocationOf(sent), never()), 'a channel that revokes has a `revoke`')
}

function send(harness: ChannelHarness, overrides: Partial<Outgoing> = {}): Promise<SendOutcome> {
  return harness.channel.send(outgoingOf(harness, overrides), new AbortController().signal)
}

function refOf(outcome: SendOutcome): string | undefined {
  return outcome.kind === 'accepted' ? outcome.providerRef : undefined
}

function sentOf(harness: ChannelHarness, providerRef: string | undefined): Sent {
  return { outgoing: outgoingOf(harness), providerRef }
}

async function sendAndTell(harness: ChannelHarness): Promise<Sent> {
  const outcome = await send(harness)
  expect(outcome.kind).toBe('accepted')
  return sentOf(harness, refOf(outcome))
}

async function requestOf(harness: ChannelHarness, kind: CallbackKind, sent: Sent): Promise<RawRequest> {
  const request = await harness.callback?.(kind, sent)
  if (request === undefined) throw new Error('a channel that receives needs a harness with callbacks')
  return request
}

async function receive(harness: ChannelHarness, kind: CallbackKind, sent: Sent): Promise<CallbackResult> {
  if (harness.tell !== undefined) return harness.tell(kind, sent)
  const result = await harness.channel.receive?.(await requestOf(harness, kind, sent))
  if (result === undefined) throw new Error('the channel has no `receive`')
  return result
}

function receiptsIn(result: CallbackResult): Receipt[] {
  expect(result.kind).toBe('receipts')
  return result.kind === 'receipts' ? result.receipts : []
}

function refMatches(receipt: Receipt | undefined, sent: Sent): boolean {
  if (receipt === undefined) return false
  if ('attemptRef' in receipt) return receipt.attemptRef === sent.outgoing.attemptRef
  return sent.providerRef !== undefined && receipt.providerRef === sent.providerRef
}
