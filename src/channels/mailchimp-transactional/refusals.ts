import type { RejectReason } from '../../domain/message.ts'
import { idIn, lookUp } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'

/**
 * Why Mailchimp does not send a mail to somebody: in the answer to a send (`reject_reason`), in an event, and as the reason
 * of an entry in its deny list. https://mailchimp.com/developer/transactional/api/messages/send-new-message/
 */
export type Refusal = Meaning<RejectReason>

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'hard-bounce': { fault: 'recipient', words: 'the address has bounced before', suppress: 'bad-address' },
  // An entry of this kind runs out after some hours.
  'soft-bounce': { fault: 'recipient', words: 'the address has bounced for the moment' },
  spam: { fault: 'recipient', words: 'the person has reported spam before', suppress: 'blocked' },
  unsub: { fault: 'recipient', words: 'the person has unsubscribed', suppress: 'opted-out' },
  custom: { fault: 'recipient', words: 'the address was put on the deny list by hand' },
  invalid: { fault: 'recipient', words: 'the address is not valid' },
  'invalid-sender': { fault: 'credentials', words: 'the sender (from) is not one that may send' },
  unsigned: { fault: 'credentials', words: 'the sender’s domain is not verified, or lacks SPF or DKIM' },
  'test-mode-limit': { fault: 'credentials', words: 'the test key has no more mails left' },
  rule: { fault: 'content', words: 'a rule of the account does not let it out' },
}

const OTHER: Refusal = { fault: 'content', words: 'Mailchimp does not say why' }

const LONGEST_CODE = 40

/** Mailchimp's own word as the code; of one that we do not know, no more than that it was refused. */
export function refusalFor(given: unknown): Refusal & { code?: string } {
  const code = idIn(given, LONGEST_CODE)
  return { ...(lookUp(REFUSALS, code) ?? OTHER), ...(code !== undefined && { code }) }
}
