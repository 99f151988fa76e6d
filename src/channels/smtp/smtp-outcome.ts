import type { SendOutcome } from '../../domain/message.ts'

/**
 * What a failed delivery means. A reply of the server is always clear: 4xx did not take it and may later, 5xx never will.
 * Without a reply it depends on whether the end of the message had been written: before that a server drops what it has;
 * after it the mail may be on its way.
 *
 * A wrong password is `rejected` (535 is a reply like any other, and the next step can reach the person now), but a login
 * that fails for the moment (454), and TLS that cannot be agreed on, are tried again: nothing went out, and such things
 * pass, or are repaired, while the step still has time.
 */
export type SmtpFailure = {
  /** Nodemailer's own code, such as `EENVELOPE`. */
  code: string
  /** The command that was answered, or `CONN` and `API` where there was none. */
  command?: string | undefined
  /** The reply as it came, possibly over several lines. */
  response?: string | undefined
  responseCode?: number | undefined
}

type Reason = (SendOutcome & { kind: 'rejected' })['reason']

const SOON_MS = 1_000 // the domain's own backing off makes it longer, try by try
const BUSY_MS = 15_000
const GREYLISTED_MS = 60_000 // who greylists wants to see a server that comes back after a minute or more
const REPAIR_MS = 60_000

export function outcomeOfFailure(failure: SmtpFailure, wasWritten: boolean): SendOutcome {
  const { code, command = 'CONN', responseCode } = failure
  if (code === 'ETLS' || code === 'EREQUIRETLS') return retry(REPAIR_MS, failure)
  if (responseCode !== undefined && isReplyTo(command)) {
    return responseCode >= 500 && responseCode !== 503 ? refusal(failure, command) : tryLater(failure, responseCode)
  }
  const reason = OURS_TO_REPAIR[code]
  if (reason !== undefined) return { kind: 'rejected', reason, detail: wordsFor(failure), code }
  if (wasWritten) return { kind: 'uncertain', detail: `${wordsFor(failure)} after the mail was handed over` }
  return retry(SOON_MS, failure)
}

/** A server that goes away may say so (421) at any moment: that answers no command of ours. */
function isReplyTo(command: string): boolean {
  return command !== 'CONN' && command !== 'API'
}

/** Failures on our side of the line, found before anything was written. */
const OURS_TO_REPAIR: Readonly<Record<string, Reason>> = {
  EAUTH: 'credentials',
  ENOAUTH: 'credentials',
  EOAUTH2: 'credentials',
  ECONFIG: 'credentials',
  EENVELOPE: 'recipient',
  EMESSAGE: 'content',
  ESTREAM: 'content',
  EFILEACCESS: 'content',
  EURLACCESS: 'content',
}

function tryLater(failure: SmtpFailure, responseCode: number): SendOutcome {
  if (failure.code === 'EAUTH') return retry(REPAIR_MS, failure)
  return retry(responseCode === 450 || responseCode === 451 ? GREYLISTED_MS : BUSY_MS, failure)
}

function refusal(failure: SmtpFailure, command: string): SendOutcome {
  const enhanced = enhancedCode(failure.response)
  const code = enhanced ?? String(failure.responseCode)
  return { kind: 'rejected', reason: reasonOf(failure, command, enhanced), detail: wordsFor(failure), code }
}

function reasonOf({ code, responseCode }: SmtpFailure, command: string, enhanced = ''): Reason {
  const login = [530, 534, 535, 538].includes(responseCode ?? 0) || enhanced === '5.7.8' || enhanced === '5.7.9'
  if (code === 'EAUTH' || login) return 'credentials'
  if (responseCode === 552 && enhanced !== '5.2.2') return 'content' // too large
  // 5.1.7 and 5.1.8 are about the sender's address; the rest of 5.1, 5.2 and these of 5.4 about the recipient's.
  if (/^5\.(1\.[78]|3\.4|6\.|7\.)/.test(enhanced)) return command === 'MAIL FROM' ? 'credentials' : 'content'
  if (/^5\.(1|2)\.|^5\.4\.(4|6)$/.test(enhanced)) return 'recipient'
  if (command === 'RCPT TO') return 'recipient'
  return command === 'MAIL FROM' ? 'credentials' : 'content'
}

/** `5.1.1` out of `550 5.1.1 No such user`. */
function enhancedCode(response = ''): string | undefined {
  return /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]
}

function retry(afterMs: number, failure: SmtpFailure): SendOutcome {
  return { kind: 'retry', afterMs, detail: wordsFor(failure) }
}

/** The server's words, or ours for the code; nodemailer's own messages may quote what was sent. */
function wordsFor({ code, command = 'CONN', response }: SmtpFailure): string {
  if (response) return `${isReplyTo(command) ? command : 'the server'} answered ${withoutAddresses(response)}`
  return `${WORDS[code] ?? 'the mail server failed'} (${code})`
}

const LONGEST_WORDS = 500

/** A person's address stays out of errors, and of a page of text only the beginning is kept. */
export function withoutAddresses(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[^\s<>@"'(),;:]+@[^\s<>@"'(),;:]+/g, '…@…')
    .slice(0, LONGEST_WORDS)
    .trim()
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNECTION: 'the connection was cut',
  ESOCKET: 'the connection failed',
  ETIMEDOUT: 'the mail server did not answer in time',
  EDNS: 'the host name of the mail server could not be looked up',
  ETLS: 'the mail server and we could not agree on TLS',
  EPROTOCOL: 'the server does not speak SMTP',
  EABORT: 'called off or timed out',
  EAUTH: 'the login could not be tried',
  EENVELOPE: 'the address cannot be written to',
  EMESSAGE: 'the mail is larger than the server allows',
}
