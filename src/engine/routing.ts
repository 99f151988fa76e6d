import type { Context, Effect, Route } from '../domain/advance.ts'
import type { AddressKind } from '../domain/channel-catalogue.ts'
import { type Content, type ContentType, contentForChannel } from '../domain/content.ts'
import { idempotencyKey, type Message } from '../domain/message.ts'
import { addressOf, type User } from '../domain/recipient.ts'
import type { Step } from '../domain/sequence.ts'
import { listedAs, stopFor } from '../domain/suppression.ts'
import type { ConnectionHealth } from './connection-health.ts'
import type { Connections } from './connections.ts'
import type { DecidedSend } from './dispatcher.ts'
import type { Connection, Outgoing } from './ports/channel.ts'
import type { Due, Envelope, Held } from './ports/message-store.ts'
import type { NoticeText } from './ports/watch-store.ts'
import { attemptRef } from './receipts.ts'

/** Which connection a step would take, and what it would be given. */
export class Routing {
  readonly #connections: Connections
  readonly #health: ConnectionHealth

  constructor(connections: Connections, health: ConnectionHealth) {
    this.#connections = connections
    this.#health = health
  }

  /** Enough for receipts and outcomes, which never open a step: they only ask what its connection can do. */
  usual({ subAccountId, message }: { subAccountId: string; message?: Message }): Context['route'] {
    return ({ channel }, index) => {
      const taken = message?.attempts[index]?.connection
      const connection =
        (taken !== undefined && this.#connections.get(taken)) || this.#connections.serving(subAccountId, channel)[0]
      return connection === undefined ? { kind: 'skip', reason: 'not-configured' } : sendBy(connection, channel)
    }
  }

  /** What kind of address a channel needs in a subaccount; undefined without a connection. */
  addressKind(subAccountId: string, channel: string): AddressKind | undefined {
    return this.#connections.serving(subAccountId, channel)[0]?.abilities(channel).address
  }

  /** The kinds of address that a message's steps need, from one on, in their order. */
  needs({ subAccountId, message }: Pick<Held, 'subAccountId' | 'message'>, from: number): readonly AddressKind[] {
    const kinds = message.sequence.slice(from).map(({ channel }) => this.addressKind(subAccountId, channel))
    return kinds.filter((kind) => kind !== undefined)
  }

  /** Where a step goes now; `admit` tells whether a connection has room. */
  due(due: Due, admit: (connection: string) => 'now' | { later: number }, now: number): Context['route'] {
    const { envelope, message, suppressed } = due
    return (step: Step, index: number): Route => {
      const { channel } = step
      const serving = this.#connections.serving(envelope.subAccountId, channel)
      if (serving.length === 0)
        return { kind: 'skip', reason: 'not-configured', detail: `${channel} has no connection` }
      const choices = this.#choicesFor(due, index)
      const [first] = choices
      if (first === undefined) {
        return { kind: 'skip', reason: 'not-configured', detail: `${channel} has no connection for this country` }
      }
      const obstacle = obstacleTo(first, channel, due)
      if (obstacle !== undefined) return obstacle
      const user = userOf(envelope, message)
      const addresses = choices
        .map((each) => addressOf(user, channel, each.abilities(channel).address) ?? '')
        .map(listedAs)
      const connections = serving.map(({ id }) => id)
      const stop = stopFor(suppressed, { channel, addresses, connections })
      if (stop !== undefined) return { kind: 'skip', ...stop }
      return this.#choose(choices, { channel, index, message }, admit, now)
    }
  }

  /** Whether a step that its connection turned away could be carried by another now. */
  hasAnother({ envelope, held: { message }, step, connection }: DecidedSend): boolean {
    const { channel = '' } = message.sequence[step] ?? {}
    const avoid = message.attempts[step]?.avoid ?? []
    return this.#inOrder({ envelope, message }, step).some(
      (each) =>
        each.id !== connection &&
        !avoid.includes(each.id) &&
        this.#health.takes(each.id) &&
        obstacleTo(each, channel, { envelope, message }) === undefined,
    )
  }

  /** Where a send of this channel went. */
  addressFor(
    { envelope, message }: Pick<Due, 'envelope' | 'message'>,
    channel: string,
    connection: string,
  ): string | undefined {
    const kind = this.#connections.get(connection)?.abilities(channel).address
    return kind && addressOf(userOf(envelope, message), channel, kind)
  }

  /**
   * While a send may have gone out, or is under way, only the connection that made it is asked again: by another one the
   * person might get it twice.
   */
  #choicesFor(due: Addressed, index: number): readonly Connection[] {
    const { uncertain, inFlight, connection } = due.message.attempts[index] ?? {}
    const made = (uncertain || inFlight) && connection !== undefined ? this.#connections.get(connection) : undefined
    return made === undefined ? this.#inOrder(due, index) : [made]
  }

  /** Those that may carry the step, the one to be preferred first; one that can carry it goes before all that cannot. */
  #inOrder(due: Addressed, index: number): readonly Connection[] {
    const { envelope, message } = due
    const step = message.sequence[index]
    if (step === undefined) return []
    const wanted = { ...step, user: userOf(envelope, message), seed: attemptRef(message.id, index) }
    return this.#connections.inOrderFor(envelope.subAccountId, wanted, (connection) => {
      return obstacleTo(connection, step.channel, due) === undefined
    })
  }

  /** The first that is up and has not just turned the step away. One that is down is tried by a send now and then. */
  #choose(
    choices: readonly Connection[],
    { channel, index, message }: { channel: string; index: number; message: Message },
    admit: (connection: string) => 'now' | { later: number },
    now: number,
  ): Route {
    const avoid = message.attempts[index]?.avoid ?? []
    const free = choices.filter(({ id }) => !avoid.includes(id))
    const candidates = free.length > 0 ? free : choices
    const send = { umid: message.id, step: index }
    let chosen = candidates.length === 1 ? candidates[0] : undefined
    for (const connection of chosen === undefined ? candidates : []) {
      const { id } = connection
      if (this.#health.mayTry(id, send, now, () => admit(id) === 'now')) return sendBy(connection, channel)
      if (this.#health.isUp(id)) chosen = connection
      if (chosen !== undefined) break
    }
    chosen ??= candidates.find(({ id }) => this.#health.takes(id)) ?? candidates[0]
    if (chosen === undefined) throw new Error('invariant broken: a step that is routed has a connection')
    const admitted = admit(chosen.id)
    return admitted === 'now' ? sendBy(chosen, channel) : { kind: 'later', at: admitted.later }
  }

  /** What a channel is given for a send; `notice` is what a streak tells. */
  outgoing(
    { envelope, message }: Pick<Due, 'envelope' | 'message'>,
    send: Effect & { type: 'send' },
    now: number,
    notice?: NoticeText,
  ): Outgoing {
    const { umid, subAccountId, clientMessageId } = envelope
    const step = message.sequence[send.step]
    const connection = this.#connections.get(send.connection)
    if (step === undefined || connection === undefined)
      throw new Error('invariant broken: a send has a step and a connection')
    const { channel, fallbackAfterMs } = step
    // No longer than the step, and not beyond the message itself.
    const lives = [fallbackAfterMs, message.expiresAt && message.expiresAt - now].filter((each) => each !== undefined)
    const { address: kind, carries } = connection.abilities(channel)
    const user = userOf(envelope, message)
    const address = addressOf(user, channel, kind)
    const { type, content } = notice === undefined ? envelope : noticeContent(notice, kind === 'email')
    const fitted = contentForChannel(type, content, { name: channel, carries })
    if (address === undefined || fitted === undefined)
      throw new Error('invariant broken: a routed step has address and content')
    return {
      umid,
      step: send.step + 1,
      attemptRef: attemptRef(umid, send.step),
      idempotencyKey: idempotencyKey(umid, send.step, send.try),
      subAccountId,
      channel,
      address,
      user,
      content: fitted,
      ...(clientMessageId !== undefined && { clientMessageId }),
      ...(message.attempts[send.step]?.revocable !== undefined && { willBeRevoked: true }),
      ...(lives.length > 0 && { validForMs: Math.max(0, Math.min(...lives)) }),
    }
  }
}

type Addressed = Pick<Due, 'envelope' | 'message'>

/** Why a connection cannot carry a message, whoever is up. */
function obstacleTo(
  connection: Connection,
  channel: string,
  { envelope, message }: Addressed,
): (Route & { kind: 'skip' }) | undefined {
  const { address: kind, carries } = connection.abilities(channel)
  // Of a streak that has to be asked about first, where to is not known yet.
  const isOpen = message.watch !== undefined && message.watch.inquiry === undefined
  if (!isOpen && addressOf(userOf(envelope, message), channel, kind) === undefined) {
    const detail =
      envelope.watched === undefined ? `the message names no ${kind} address` : `nobody knows ${ADDRESS_WORDS[kind]}`
    return { kind: 'skip', reason: 'no-address', detail }
  }
  // The notice of a streak is plain text, which every channel carries.
  const fits =
    envelope.watched !== undefined ||
    contentForChannel(envelope.type, envelope.content, { name: channel, carries }) !== undefined
  if (fits) return undefined
  const detail = `${channel} carries no ${envelope.type} and there is no fallbackText`
  return { kind: 'skip', reason: 'content-not-carried', detail }
}

function sendBy(connection: Connection, channel: string): Route {
  const { takesIdempotencyKey, revokes = false } = connection.abilities(channel)
  return { kind: 'send', connection: connection.id, takesIdempotencyKey, revokes }
}

const ADDRESS_WORDS: Readonly<Record<AddressKind, string>> = {
  phone: 'a phone number',
  email: 'an e-mail address',
  line: 'a LINE id',
  any: 'an address',
}

/** Of a streak, where the person can be reached is found out right before the notice. */
function userOf({ user }: Envelope, { watch }: Message): User {
  return { ...user, ...watch?.inquiry?.user }
}

function noticeContent(
  { text, subject, body, html }: NoticeText,
  isMail: boolean,
): { type: ContentType; content: Content } {
  return { type: 'text', content: isMail ? { text: body, email: { subject, html } } : { text } }
}
