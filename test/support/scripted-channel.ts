import type { AddressKind } from '../../src/domain/channel-catalogue.ts'
import type { ContentType } from '../../src/domain/content.ts'
import type { RevokeOutcome, SendOutcome } from '../../src/domain/message.ts'
import type { SuccessStatus } from '../../src/domain/status-ladder.ts'
import type { Connection, Outgoing, Receipt, Revocation } from '../../src/engine/ports/channel.ts'

/** A connection inside the test: it notes each call and answers as it is told, when it is told. */
export type ScriptedConnection = Connection & {
  calls: Outgoing[]
  /** Resolves with the next call, from now on. */
  nextCall(): Promise<Outgoing>
  /** How calls are answered from now on; default: accepted. */
  answer(how: (outgoing: Outgoing, signal: AbortSignal) => SendOutcome | Promise<SendOutcome>): void
  /** What was to be taken back. */
  recalls: Revocation[]
  /** How recalls are answered from now on; default: revoked. */
  answerRecalls(how: (sent: Revocation, signal: AbortSignal) => RevokeOutcome | Promise<RevokeOutcome>): void
}

export function scriptedConnection(
  options: Partial<Connection['limits']> & {
    id?: string
    serves?: string[]
    takesIdempotencyKey?: boolean
    revokes?: true
    reports?: SuccessStatus[]
    carries?: ContentType[]
    address?: AddressKind
    receiptsWithinMs?: number
  } = {},
): ScriptedConnection {
  const { id = 'fake', serves = ['WhatsApp', 'Viber', 'SMS'], takesIdempotencyKey = false, perSecond } = options
  const calls: Outgoing[] = []
  const recalls: Revocation[] = []
  let recall: (sent: Revocation, signal: AbortSignal) => RevokeOutcome | Promise<RevokeOutcome> = () => ({
    kind: 'revoked',
  })
  let waiting: ((outgoing: Outgoing) => void)[] = []
  let respond: (outgoing: Outgoing, signal: AbortSignal) => SendOutcome | Promise<SendOutcome> = ({ attemptRef }) => ({
    kind: 'accepted',
    providerRef: `ref-${attemptRef}`,
  })
  return {
    id,
    provider: 'scripted',
    serves,
    limits: { concurrency: options.concurrency ?? 16, ...(perSecond !== undefined && { perSecond }) },
    ...(options.receiptsWithinMs !== undefined && { receiptsWithinMs: options.receiptsWithinMs }),
    abilities: () => ({
      reports: options.reports ?? ['accepted', 'sent', 'delivered', 'read'],
      address: options.address ?? 'phone',
      carries: options.carries ?? ['text'],
      takesIdempotencyKey,
      ...(options.revokes && { revokes: true }),
    }),
    channel: {
      async send(outgoing, signal) {
        calls.push(outgoing)
        for (const resolve of waiting.splice(0)) resolve(outgoing)
        return respond(outgoing, signal)
      },
      revoke: async (sent, signal) => {
        recalls.push(sent)
        return recall(sent, signal)
      },
      // Test callbacks are the receipts themselves.
      receive: ({ body }) => ({ kind: 'receipts', receipts: JSON.parse(body.toString()) as Receipt[], ignored: 0 }),
    },
    calls,
    recalls,
    answerRecalls: (how) => {
      recall = how
    },
    nextCall: () => new Promise((resolve) => (waiting = [...waiting, resolve])),
    answer: (how) => {
      respond = how
    },
  }
}
