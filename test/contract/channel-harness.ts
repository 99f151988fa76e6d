import type { Abilities, CallbackResult, Channel, Outgoing, RawRequest } from '../../src/engine/ports/channel.ts'

/** A channel and its provider, in the hands of those who try it. What is asked of it stands in `channel-contract.ts`. */
export type ChannelHarness = {
  channel: Channel
  abilities: Abilities
  /** The same kind of channel, whose provider does not listen. */
  unreachable: Channel
  /** What the provider can carry, where the default (a text to +6591234567 on SMS) will not do. */
  outgoing?: Partial<Outgoing>
  behave(behaviour: ProviderBehaviour): void | Promise<void>
  /** Resolves when the provider has taken the message of a send that it does not answer (`silent`). */
  arrived(): Promise<unknown>
  /** Answers what `silent` left open. */
  release(): void
  /** How many messages stand with the person. What the provider recognised as a repeat is not counted. */
  taken(): number | Promise<number>
  /** What must never be shown to anybody. */
  secrets: readonly string[]
  /** A callback about what was sent, as it comes in over HTTP. */
  callback?(kind: CallbackKind, sent: Sent): RawRequest | Promise<RawRequest>
  /** The same for a provider that tells it over a connection of its own: what the channel made of it. */
  tell?(kind: CallbackKind, sent: Sent): Promise<CallbackResult>
  /** The same kind of channel with a login that the provider does not take. Needed by those with a `check`. */
  strange?: Channel
  /** Needed by those with a `revoke`: the message of this send is now with the person, and stays there. */
  arriveAtPerson?(sent: Sent): void | Promise<void>
  close(): Promise<void>
}

export type ProviderBehaviour =
  | 'accept'
  /** Refuses the recipient for good. */
  | 'refuse'
  /** Says that it did not take it, and to come back later. */
  | 'busy'
  /** The same, and names the seconds: 7. */
  | 'busy-for-7s'
  /** Fails inside: 500 and the like, without a word on whether it was taken. */
  | 'fails'
  /** Ends the connection when the request comes, and takes nothing. */
  | 'cut-before-taking'
  /** Takes it, then ends the connection without an answer. */
  | 'cut-after-taking'
  /** Takes it and does not answer until `release`. */
  | 'silent'
  /** Answers something that is not of its protocol. */
  | 'garbage'

export type CallbackKind =
  /** The message arrived; for channels that report no `delivered`, the highest status that they do report. */
  | 'delivered'
  | 'failed'
  /** As `delivered`, but not from the provider: another secret, or none. */
  | 'forged'
  /** From the provider, and not in its format. */
  | 'unreadable'
  /** A word for the status that the adapter has never heard. */
  | 'unknown-status'
  /** Three items: a good one as `delivered`, one that makes no sense, and another good one about the same message. */
  | 'one-bad-item'

export type Sent = { outgoing: Outgoing; providerRef: string | undefined }

const UMID = '0199c0de-0000-7000-8000-000000000001'

/** The text is not shown in any error, so it is told apart from everything else. */
export function outgoingOf(harness: Pick<ChannelHarness, 'outgoing'>, overrides: Partial<Outgoing> = {}): Outgoing {
  return {
    umid: UMID,
    step: 1,
    attemptRef: `${UMID}.1`,
    idempotencyKey: `${UMID}.1.1`,
    subAccountId: 'default',
    channel: 'SMS',
    address: '+6591234567',
    user: { msisdn: '+6591234567' },
    content: { type: 'text', text: 'Your table is ready.', content: { text: 'Your table is ready.' } },
    ...harness.outgoing,
    ...overrides,
  }
}
