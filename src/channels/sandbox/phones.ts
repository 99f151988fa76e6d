import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { Fault } from './fields.ts'
import { type ChannelSettings, DEFAULT_SETTINGS, type HandsetSettings } from './handset-settings.ts'

/**
 * The simulated handsets: what each was told to do, what arrived on it, and what has happened to that. Any address is a
 * handset; one that nobody has set up behaves by the defaults. No time and no network here: both are told from outside.
 */
export type Handset = {
  address: string
  settings: HandsetSettings
  /** In the order of arrival. What arrived twice stands here twice. */
  messages: PhoneMessage[]
}

/** A message as the provider took it. */
export type TakenMessage = {
  /** The provider's own id. */
  id: string
  umid: string
  step: number
  attemptRef: string
  channel: string
  address: string
  from?: string
  type: string
  text?: string
  content?: unknown
  callbackUrl: string
}

export type PhoneMessage = TakenMessage & {
  /** As they were when it arrived: later changes of a handset are for later messages. */
  settings: ChannelSettings
  /** The same step of the same message had arrived before. */
  duplicate: boolean
  receivedAt: number
  deliveredAt?: number
  readAt?: number
  failed?: Fault & { at: number }
  receipts: PhoneReceipt[]
}

export type Happening = 'sent' | 'delivered' | 'read' | 'failed'

/** What the provider has to tell the service of a message. */
export type PhoneReceipt = {
  status: Happening
  at: number
  fault?: Fault
  /** Calls made so far. */
  tries: number
  state: 'waiting' | 'acknowledged' | 'given-up' | 'dropped'
}

export type Limits = { messagesPerHandset: number; handsets: number; messages: number }
/** Enough for any test that somebody reads, and for a load test; and the memory stays bounded. */
const LIMITS: Limits = { messagesPerHandset: 1_000, handsets: 10_000, messages: 50_000 }

export class Phones {
  readonly #limits: Limits
  readonly #onForget: (message: PhoneMessage) => void
  /** The one that was used last stands last. */
  readonly #handsets = new Map<string, Handset>()
  #messages = 0

  /** `onForget` is called with each message that is dropped, so that nothing is planned for it any more. */
  constructor(onForget: (message: PhoneMessage) => void = () => {}, limits: Partial<Limits> = {}) {
    this.#onForget = onForget
    this.#limits = { ...LIMITS, ...limits }
  }

  /** Replaces the settings of a handset; what has arrived stays. */
  configure(address: string, settings: HandsetSettings): Handset {
    const handset = this.#use(address)
    handset.settings = settings
    return handset
  }

  settingsFor(address: string, channel: string): ChannelSettings {
    return this.#handsets.get(keyOf(address))?.settings.channels.get(channel) ?? DEFAULT_SETTINGS
  }

  take(taken: TakenMessage, at: number): PhoneMessage {
    const handset = this.#use(taken.address)
    const message: PhoneMessage = {
      ...taken,
      settings: this.settingsFor(taken.address, taken.channel),
      duplicate: handset.messages.some(({ attemptRef }) => attemptRef === taken.attemptRef),
      receivedAt: at,
      receipts: [],
    }
    handset.messages.push(message)
    this.#messages++
    if (handset.messages.length > this.#limits.messagesPerHandset) this.#drop(handset.messages.splice(0, 1))
    this.#keepWithinLimits()
    return message
  }

  /** A handset that nobody has used is there too, and empty. */
  look(address: string): Handset {
    return this.#handsets.get(keyOf(address)) ?? emptyHandset(address)
  }

  /** The one that was used last stands last. */
  list(): Handset[] {
    return [...this.#handsets.values()]
  }

  /** The newest copy, if there are several. */
  find(address: string, umid: string, step: number): PhoneMessage | undefined {
    return this.look(address).messages.findLast((message) => message.umid === umid && message.step === step)
  }

  /** Back to how it came out of the box. */
  reset(address: string): void {
    const handset = this.#handsets.get(keyOf(address))
    if (handset === undefined) return
    this.#handsets.delete(keyOf(address))
    this.#drop(handset.messages)
  }

  #use(address: string): Handset {
    const key = keyOf(address)
    const handset = this.#handsets.get(key) ?? emptyHandset(address)
    this.#handsets.delete(key)
    this.#handsets.set(key, handset)
    this.#keepWithinLimits()
    return handset
  }

  #keepWithinLimits(): void {
    for (const [key, handset] of this.#handsets) {
      const tooMany = this.#handsets.size > this.#limits.handsets || this.#messages > this.#limits.messages
      if (!tooMany || this.#handsets.size === 1) return
      this.#handsets.delete(key)
      this.#drop(handset.messages)
    }
  }

  #drop(messages: readonly PhoneMessage[]): void {
    this.#messages -= messages.length
    for (const message of messages) this.#onForget(message)
  }
}

/**
 * Lets something happen to a message and answers with what the provider learns from it. A person who reads a message has
 * got it, too. What has happened once does not happen again, so the answer may be empty.
 */
export function happen(message: PhoneMessage, happening: Happening, at: number, fault?: Fault): PhoneReceipt[] {
  const news: Happening[] = []
  if (happening === 'sent') news.push('sent')
  if (happening === 'delivered' || happening === 'read') {
    if (message.deliveredAt === undefined) news.push('delivered')
    message.deliveredAt ??= at
  }
  if (happening === 'read' && message.readAt === undefined) {
    message.readAt = at
    news.push('read')
  }
  if (happening === 'failed' && message.failed === undefined) {
    message.failed = { ...(fault ?? { message: 'failed' }), at }
    news.push('failed')
  }
  return news
    .filter((status) => isReported(message.channel, status))
    .map((status) => ({
      status,
      at,
      ...(status === 'failed' && { fault: message.failed }),
      tries: 0,
      state: 'waiting',
    }))
}

/** An SMS that is read stays "delivered" to its provider: a channel reports no more than it can see. */
function isReported(channel: string, status: Happening): boolean {
  return status === 'failed' || (lookUpChannel(channel)?.reports.includes(status) ?? false)
}

/** A message that reached the handset did so, even if the provider calls it failed as well. */
export function statusOf(message: PhoneMessage): Happening {
  if (message.readAt !== undefined) return 'read'
  if (message.deliveredAt !== undefined) return 'delivered'
  return message.failed === undefined ? 'sent' : 'failed'
}

export type Planned = { afterMs: number; happening: Happening }

/** What will happen to a message by itself, in the order of time. */
export function planOf(settings: ChannelSettings): Planned[] {
  const { deliverAfterMs, readAfterMs, fail } = settings
  const plan: Planned[] = [{ afterMs: 0, happening: 'sent' }]
  if (deliverAfterMs !== null) plan.push({ afterMs: deliverAfterMs, happening: 'delivered' })
  if (readAfterMs !== null) plan.push({ afterMs: readAfterMs, happening: 'read' })
  if (fail !== undefined) plan.push({ afterMs: fail.afterMs, happening: 'failed' })
  return plan.sort((a, b) => a.afterMs - b.afterMs)
}

function emptyHandset(address: string): Handset {
  const settings = { channels: new Map(), asWritten: {} }
  return { address: PHONE_NUMBER.test(address) ? `+${keyOf(address)}` : address, settings, messages: [] }
}

const PHONE_NUMBER = /^\+?[\d ().-]{7,24}$/

/** One handset for all the ways to write its number, with `+` or without; e-mail addresses in any case. */
function keyOf(address: string): string {
  if (PHONE_NUMBER.test(address)) return address.replace(/\D/g, '')
  return address.includes('@') ? address.toLowerCase() : address
}
