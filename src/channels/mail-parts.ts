import addressparser from 'nodemailer/lib/addressparser'
import { isEmailAddress } from '../domain/address.ts'
import type { Outgoing } from '../engine/ports/channel.ts'
import { oneLine, subjectFrom } from './mail-text.ts'

/** What every mail is made of, whoever carries it: out of the content of a step and the connection's own sender. */
export type MailParts = { from: Mailbox; to: string; subject: string; text?: string; html?: string }
export type Mailbox = { email: string; name?: string }

export type Unfit = { kind: 'unfit'; reason: 'recipient' | 'content'; detail: string }

/** What a connection's `from` and `replyTo` have to be. */
export const ONE_ADDRESS = 'want one e-mail address, such as Example <hello@example.com>'

/** The text may be missing where there is HTML, and the other way round; the subject is never empty. */
export function mailPartsOf(
  { address, content }: Pick<Outgoing, 'address' | 'content'>,
  usualFrom: string,
): ({ kind: 'parts' } & MailParts) | Unfit {
  const { text } = content
  const { subject = '', html, from: askedFrom } = content.content.email ?? {}
  if (!isMailAddress(address)) return unfit('recipient', 'the address is not one that mail can be sent to')
  if (!text && !html) return unfit('content', 'there is neither text nor HTML to send')
  const from = mailboxOf(askedFrom ?? usualFrom)
  if (from === undefined) return unfit('content', 'content.email.from is not one e-mail address')
  return {
    kind: 'parts',
    from,
    to: address,
    subject: oneLine(subject) || subjectFrom(text),
    ...(text && { text }),
    ...(html && { html }),
  }
}

/** One mailbox, with or without a name; undefined for anything else, a list included. */
export function mailboxOf(text: string): Mailbox | undefined {
  const [mailbox, ...others] = addressparser(text)
  if (mailbox?.address === undefined || others.length > 0 || !isMailAddress(mailbox.address)) return undefined
  const name = oneLine(mailbox.name)
  return { email: mailbox.address, ...(name !== '' && { name }) }
}

/** What is wrong with a connection's mailboxes, by field; one that is left out is fine. */
export function mailboxProblems(fields: Readonly<Record<string, string | undefined>>) {
  return Object.entries(fields)
    .filter(([, text]) => text !== undefined && mailboxOf(text) === undefined)
    .map(([field]) => ({ field, message: ONE_ADDRESS }))
}

const LONGEST_LOCAL_PART = 64 // RFC 5321, 4.5.3.1.1

function isMailAddress(text: string): boolean {
  return isEmailAddress(text) && text.lastIndexOf('@') <= LONGEST_LOCAL_PART
}

/** So that no holiday notice answers, and the way in which Exchange wants to be told. */
export const AUTOMATIC_HEADERS = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } as const

function unfit(reason: Unfit['reason'], detail: string): Unfit {
  return { kind: 'unfit', reason, detail }
}
