import type { Context, Effect, Route } from '../domain/advance.ts'
import type { AddressKind } from '../domain/channel-catalogue.ts'
import { type Content, type ContentType, contentForChannel } from '../domain/content.ts'
import { idempotencyKey, type Message } from '../domain/message.ts'
import { addressOf, type User } from '../domain/recipient.ts'
import type { Step } from '../domain/sequence.ts'
import type { Connections } from './connections.ts'
import type { Outgoing } from './ports/channel.ts'
import type { Due, Envelope, Held } from './ports/message-store.ts'
import type { NoticeText } from './ports/watch-store.ts'
import { attemptRef } from './receipts.ts'

/** Which connection a step would take, and what it would be given. */
export class Routing {
  readonly #connections: Connections

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** Enough for receipts and outcomes, which never open a step: they only ask what the connection can do. */
  usual({ subAccountId }: Pick<Held, 'subAccountId'>): Context['route'] {
    return (step) => {
      const connection = this.#connections.pick(subAccountId, step.channel)
      if (connection === undefined) return { kind: 'skip', reason: 'not-configured' }
      const { takesIdempotencyKey } = connection.abilities(step.channel)
      return { kind: 'send', connection: connection.id, takesIdempotencyKey }
    }
  }

  /** What kind of address a channel needs in a subaccount; undefined without a connection. */
  addressKind(subAccountId: string, channel: string): AddressKind | undefined {
    return this.#connections.pick(subAccountId, channel)?.abilities(channel).address
  }

  /** The kinds of address that a message's steps need, from one on, in their order. */
  needs({ subAccountId, message }: Pick<Held, 'subAccountId' | 'message'>, from: number): readonly AddressKind[] {
    const kinds = message.sequence.slice(from).map(({ channel }) => this.addressKind(subAccountId, channel))
    return kinds.filter((kind) => kind !== undefined)
  }

  /** Where a step goes now; `admit` tells whether a connection has room. */
  due({ envelope, message }: Due, admit: (connection: string) => 'now' | { later: number }): Context['route'] {
    return (step: Step): Route => {
      const { channel } = step
      const connection = this.#connections.pick(envelope.subAccountId, channel)
      if (connection === undefined)
        return { kind: 'skip', reason: 'not-configured', detail: `${channel} has no connection` }
      const { address, carries, takesIdempotencyKey } = connection.abilities(channel)
      // Of a streak that has to be asked about first, where to is not known yet.
      const isOpen = message.watch !== undefined && message.watch.inquiry === undefined
      if (!isOpen && addressOf(userOf(envelope, message), channel, address) === undefined) {
        const detail =
          envelope.watched === undefined
            ? `the message names no ${address} address`
            : `nobody knows ${ADDRESS_WORDS[address]}`
        return { kind: 'skip', reason: 'no-address', detail }
      }
      // The notice of a streak is plain text, which every channel carries.
      const fits =
        envelope.watched !== undefined ||
        contentForChannel(envelope.type, envelope.content, { name: channel, carries }) !== undefined
      if (!fits) {
        const detail = `${channel} carries no ${envelope.type} and there is no fallbackText`
        return { kind: 'skip', reason: 'content-not-carried', detail }
      }
      const admitted = admit(connection.id)
      if (admitted !== 'now') return { kind: 'later', at: admitted.later }
      return { kind: 'send', connection: connection.id, takesIdempotencyKey }
    }
  }

  /** What a channel is given for a send; `notice` is what a streak tells. */
  outgoing(
    { envelope, message }: Pick<Due, 'envelope' | 'message'>,
    send: Effect & { type: 'send' },
    notice?: NoticeText,
  ): Outgoing {
    const { umid, subAccountId, clientMessageId } = envelope
    const step = message.sequence[send.step]
    const connection = this.#connections.get(send.connection)
    if (step === undefined || connection === undefined)
      throw new Error('invariant broken: a send has a step and a connection')
    const { channel, fallbackAfterMs } = step
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
      ...(fallbackAfterMs !== undefined && { validForMs: fallbackAfterMs }),
    }
  }
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
