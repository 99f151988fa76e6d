import addressparser from 'nodemailer/lib/addressparser'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { oneLine, subjectFrom } from '../mail-text.ts'

/** The body of one agentless e-mail. Genesys takes exactly one recipient. */
export type AgentlessMail = {
  senderType: 'Outbound'
  fromAddress: Mailbox
  toAddresses: readonly [Mailbox]
  replyToAddress?: Mailbox
  subject: string
  textBody?: string
  htmlBody?: string
}
export type Mailbox = { email: string; name?: string }

export type Composed =
  | { kind: 'mail'; mail: AgentlessMail }
  | { kind: 'unfit'; reason: 'recipient' | 'content'; detail: string }

/** Genesys' limits; longer names and subjects are cut, longer bodies are refused. */
const LONGEST_NAME = 64
const LONGEST_SUBJECT = 400
const LARGEST_BODY_BYTES = 3 * 1024 * 1024

export function compose({ address, content }: Outgoing, sender: { from: Mailbox; replyTo?: Mailbox }): Composed {
  const { text } = content
  const { subject, html, from: askedFrom } = content.content.email ?? {}
  if (!isAddress(address)) return unfit('recipient', 'the address is not one that mail can be sent to')
  if (!text && !html) return unfit('content', 'there is neither text nor HTML to send')
  const bytes = Buffer.byteLength(text ?? '') + Buffer.byteLength(html ?? '')
  if (bytes > LARGEST_BODY_BYTES) return unfit('content', 'the mail is larger than the 3 MB that Genesys Cloud takes')
  const from = askedFrom === undefined ? sender.from : mailboxOf(askedFrom)
  if (from === undefined) return unfit('content', 'content.email.from is not one e-mail address')
  const mail: AgentlessMail = {
    senderType: 'Outbound',
    fromAddress: from,
    toAddresses: [{ email: address }],
    ...(sender.replyTo !== undefined && { replyToAddress: sender.replyTo }),
    subject: (oneLine(subject ?? '') || subjectFrom(text)).slice(0, LONGEST_SUBJECT),
    ...(text && { textBody: text }),
    ...(html && { htmlBody: html }),
  }
  return { kind: 'mail', mail }
}

/** One mailbox, with or without a name; undefined for anything else, a list included. */
export function mailboxOf(text: string): Mailbox | undefined {
  const [mailbox, ...others] = addressparser(text)
  if (mailbox?.address === undefined || others.length > 0 || !isAddress(mailbox.address)) return undefined
  const name = oneLine(mailbox.name).slice(0, LONGEST_NAME)
  return { email: mailbox.address, ...(name !== '' && { name }) }
}

/** Within Genesys' limits of 64 characters before the `@` and 253 after it. */
function isAddress(text: string): boolean {
  return /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{1,253}$/.test(text)
}

function unfit(reason: 'recipient' | 'content', detail: string): Composed {
  return { kind: 'unfit', reason, detail }
}
