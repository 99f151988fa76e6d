import type { Outgoing } from '../../engine/ports/channel.ts'
import { type Mailbox, mailboxOf, mailPartsOf, type Unfit } from '../mail-parts.ts'

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

export type Composed = { kind: 'mail'; mail: AgentlessMail } | Unfit

/** Genesys' limits; longer names and subjects are cut, longer bodies are refused. */
const LONGEST_NAME = 64
const LONGEST_SUBJECT = 400
const LARGEST_BODY_BYTES = 3 * 1024 * 1024

export function compose(outgoing: Outgoing, sender: { from: string; replyTo?: string }): Composed {
  const parts = mailPartsOf(outgoing, sender.from)
  if (parts.kind === 'unfit') return parts
  const { from, to, subject, text, html } = parts
  const bytes = Buffer.byteLength(text ?? '') + Buffer.byteLength(html ?? '')
  if (bytes > LARGEST_BODY_BYTES) {
    return { kind: 'unfit', reason: 'content', detail: 'the mail is larger than the 3 MB that Genesys Cloud takes' }
  }
  const replyTo = sender.replyTo === undefined ? undefined : mailboxOf(sender.replyTo)
  const mail: AgentlessMail = {
    senderType: 'Outbound',
    fromAddress: withShortName(from),
    toAddresses: [{ email: to }],
    ...(replyTo !== undefined && { replyToAddress: withShortName(replyTo) }),
    subject: subject.slice(0, LONGEST_SUBJECT),
    ...(text && { textBody: text }),
    ...(html && { htmlBody: html }),
  }
  return { kind: 'mail', mail }
}

function withShortName({ email, name }: Mailbox): Mailbox {
  return { email, ...(name !== undefined && { name: name.slice(0, LONGEST_NAME) }) }
}
