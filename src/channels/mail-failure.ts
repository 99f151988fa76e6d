import type { AttemptError } from '../domain/message.ts'

/**
 * Why a mail was not delivered, by the enhanced status code (RFC 3463) in what a mail service reports. The receiving
 * server's own sentence is not repeated, because it usually names the person; each code has its words here instead.
 */
export type MailFailure = { status: 'failed' | 'expired'; error: AttemptError }

/** `said` is looked through for a code in this order; `otherwise` says what is known without one. */
export function mailFailure(said: readonly unknown[], otherwise: string): MailFailure {
  const code = said.map(codeIn).find((each) => each !== undefined)
  if (code === undefined) return { status: 'failed', error: { message: otherwise } }
  const detail = code.slice(code.indexOf('.') + 1)
  const subject = detail.slice(0, detail.indexOf('.'))
  const message = WORDS[detail] ?? SUBJECTS[subject] ?? otherwise
  return { status: detail === RAN_OUT ? 'expired' : 'failed', error: { code, message } }
}

/** Not the beginning of an IP address, and not one in the middle of a longer number. */
const ENHANCED_CODE = /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)/

function codeIn(text: unknown): string | undefined {
  return typeof text === 'string' ? ENHANCED_CODE.exec(text)?.[0] : undefined
}

/** The servers tried until the time was over. */
const RAN_OUT = '4.7'

const WORDS: Readonly<Record<string, string>> = {
  '1.1': 'there is no such mailbox',
  '1.2': 'there is no such mail domain',
  '1.3': 'the address is not one that mail can be sent to',
  '1.6': 'the mailbox has moved',
  '1.8': 'the receiving server does not know the domain of the sender',
  '1.10': 'the mail domain takes no mail',
  '2.1': 'the mailbox is closed',
  '2.2': 'the mailbox is full',
  '2.3': 'the mail is too large for the mailbox',
  '3.4': 'the mail is too large',
  '4.1': 'the receiving server does not answer',
  '4.4': 'no way leads to the mail domain',
  '4.7': 'the receiving server did not take it in time',
  '7.1': 'the receiving server does not let it in',
  '7.20': 'the signature of the mail does not match (DKIM)',
  '7.23': 'the sender’s domain does not allow this server (SPF)',
  '7.25': 'the sending server has no name of its own (reverse DNS)',
  '7.26': 'neither SPF nor DKIM proves who sent it',
}

/** Of codes that are not told apart above: the number in the middle. */
const SUBJECTS: Readonly<Record<string, string>> = {
  1: 'something is wrong with the address',
  2: 'the mailbox does not take it',
  3: 'the receiving mail system does not take it',
  4: 'the receiving server cannot be reached',
  5: 'the servers could not agree on the protocol',
  6: 'the receiving server does not take the content',
  7: 'the receiving server refused it: its rules, or the sender’s reputation',
}
