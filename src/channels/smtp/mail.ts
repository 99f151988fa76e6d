import type { SendMailOptions } from 'nodemailer'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { AUTOMATIC_HEADERS, mailboxOf, mailPartsOf, type Unfit } from '../mail-parts.ts'

/** Carries our reference inside the mail, so that a bounce which quotes the mail's headers brings it back. */
export const ATTEMPT_HEADER = 'X-Untilread-Attempt'
/** Stands for our reference in a return path such as `bounces+{attempt}@mail.example`. */
export const ATTEMPT_PLACE = '{attempt}'

export type Sender = {
  from: string
  returnPath?: string
  messageIdDomain?: string
  /** Ask the mail server for reports: of failures only, or also of delivery. */
  ask?: 'failure' | 'success'
}

export type Composed = { kind: 'mail'; messageId: string; mail: SendMailOptions } | Unfit

/**
 * The mail for one send. Its Message-ID follows from the idempotency key, so a repeat is the same mail and a mailbox shows
 * it once. The address stands alone in the envelope: nothing in it can add a second recipient.
 */
export function compose(outgoing: Outgoing, sender: Sender): Composed {
  const parts = mailPartsOf(outgoing, sender.from)
  if (parts.kind === 'unfit') return parts
  const { from, to, subject, text, html } = parts
  const ours = mailboxOf(sender.from)?.email ?? from.email
  const messageId = `${outgoing.idempotencyKey.toLowerCase().replace(/[^a-z0-9.-]/g, '-')}@${sender.messageIdDomain ?? domainOf(ours)}`
  const returnPath = sender.returnPath?.replace(ATTEMPT_PLACE, outgoing.attemptRef) ?? ours
  const mail: SendMailOptions = {
    messageId: `<${messageId}>`,
    from: { name: from.name ?? '', address: from.email },
    to: { name: '', address: to },
    envelope: { from: returnPath, to: [to] },
    subject,
    ...(text && { text }),
    ...(html && { html }),
    headers: { ...AUTOMATIC_HEADERS, [ATTEMPT_HEADER]: outgoing.attemptRef },
    ...(sender.ask && {
      dsn: {
        id: outgoing.attemptRef,
        return: 'headers',
        notify: sender.ask === 'success' ? ['success', 'failure'] : ['failure'],
      },
    }),
  }
  return { kind: 'mail', messageId, mail }
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
