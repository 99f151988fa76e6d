import type { SendMailOptions } from 'nodemailer'
import addressparser from 'nodemailer/lib/addressparser'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { oneLine, subjectFrom } from '../mail-text.ts'

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

export type Composed =
  | { kind: 'mail'; messageId: string; mail: SendMailOptions }
  | { kind: 'unfit'; reason: 'recipient' | 'content'; detail: string }

/**
 * The mail for one send. Its Message-ID follows from the idempotency key, so a repeat is the same mail and a mailbox shows
 * it once. The address stands alone in the envelope: nothing in it can add a second recipient.
 */
export function compose(outgoing: Outgoing, sender: Sender): Composed {
  const { text, content } = outgoing.content
  const { subject, html, from: askedFrom } = content.email ?? {}
  if (!isPlainAddress(outgoing.address)) return unfit('recipient', 'the address is not one that mail can be sent to')
  if (!text && !html) return unfit('content', 'there is neither text nor HTML to send')
  const from = mailboxOf(askedFrom ?? sender.from)
  if (from === undefined) return unfit('content', 'content.email.from is not one e-mail address')
  const ours = mailboxOf(sender.from)?.address ?? from.address
  const messageId = `${outgoing.idempotencyKey.toLowerCase().replace(/[^a-z0-9.-]/g, '-')}@${sender.messageIdDomain ?? domainOf(ours)}`
  const returnPath = sender.returnPath?.replace(ATTEMPT_PLACE, outgoing.attemptRef) ?? ours
  const mail: SendMailOptions = {
    messageId: `<${messageId}>`,
    from,
    to: { name: '', address: outgoing.address },
    envelope: { from: returnPath, to: [outgoing.address] },
    subject: subject ? oneLine(subject) : subjectFrom(text),
    ...(text && { text }),
    ...(html && { html }),
    headers: {
      'Auto-Submitted': 'auto-generated', // nobody's holiday notice shall answer it,
      'X-Auto-Response-Suppress': 'All', // and this is how Exchange wants to be told
      [ATTEMPT_HEADER]: outgoing.attemptRef,
    },
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

/** One mailbox, with or without a name; undefined for anything else, a list included. */
export function mailboxOf(text: string): { name: string; address: string } | undefined {
  const [mailbox, ...others] = addressparser(text)
  if (mailbox?.address === undefined || others.length > 0 || !isPlainAddress(mailbox.address)) return undefined
  return { name: mailbox.name, address: mailbox.address }
}

function isPlainAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/.test(text)
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function unfit(reason: 'recipient' | 'content', detail: string): Composed {
  return { kind: 'unfit', reason, detail }
}
