import { type Advanced, advance, type Event } from '../../src/domain/advance.ts'
import { acceptMessage } from '../../src/domain/message.ts'
import type { Sequence } from '../../src/domain/sequence.ts'
import type { Change, Envelope, Held, Intake, NewMessage } from '../../src/engine/ports/message-store.ts'
import { newId } from '../../src/system/ids.ts'

export const T0 = Date.UTC(2026, 0, 5, 9)

/** WhatsApp 60 s Read → Viber 60 s Delivered → SMS. */
export const THREE_STEPS: Sequence = [
  { channel: 'WhatsApp', successStatus: 'read', fallbackAfterMs: 60_000, onUncertain: 'wait' },
  { channel: 'Viber', successStatus: 'delivered', fallbackAfterMs: 60_000, onUncertain: 'wait' },
  { channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' },
]
export const ONE_SMS: Sequence = [{ channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' }]

export function newMessage(
  options: { at?: number; sequence?: Sequence; scheduledAt?: number; expiresAt?: number } & Partial<Envelope> = {},
): NewMessage {
  const { at = T0, sequence = ONE_SMS, scheduledAt, expiresAt, ...envelope } = options
  const umid = envelope.umid ?? newId()
  const times = { ...(scheduledAt !== undefined && { scheduledAt }), ...(expiresAt !== undefined && { expiresAt }) }
  return {
    envelope: {
      umid,
      subAccountId: 'default',
      acceptedAt: at,
      user: { msisdn: '+6590000001' },
      type: 'text',
      content: { text: 'Hello' },
      ...times,
      ...envelope,
    },
    message: acceptMessage({ id: umid, sequence, at, ...times }),
  }
}

export function intake(...messages: NewMessage[]): Intake {
  return { subAccountId: messages[0]?.envelope.subAccountId ?? 'default', messages }
}

/** Decides as the engine would, with a route that always sends through `fake`. */
export function deciding(event: (held: Held) => Event): (held: Held) => Change {
  return (held) => ({ held, advanced: decideOn(held, event(held)) })
}

export function decideOn({ message }: Pick<Held, 'message'>, event: Event): Advanced {
  return advance(message, event, {
    route: () => ({ kind: 'send', connection: 'fake', takesIdempotencyKey: false }),
    leaseMs: 60_000,
    horizonMs: 864_000_000,
    retryForMs: 3_600_000,
  })
}
