import PostalMime, { type Email } from 'postal-mime'
import type { Report } from '../../domain/advance.ts'
import type { CallbackResult, Receipt } from '../../engine/ports/channel.ts'
import { lookUp } from '../../json/loose-json.ts'
import { ATTEMPT_HEADER, ATTEMPT_PLACE } from './mail.ts'
import { withoutAddresses } from './smtp-outcome.ts'

/**
 * Reads a bounce, or any other delivery report (RFC 3464), as a mail server hands it over: a mail of three parts, of which
 * the second, `message/delivery-status`, is written for machines, and the third quotes the headers of our mail.
 *
 * Which attempt it is about is looked for where it is likeliest to have survived: our own header among the quoted ones, the
 * envelope id, the return path that it was sent to, and at last the Message-ID.
 */
export async function readDeliveryReport(raw: Buffer, returnPath?: string): Promise<CallbackResult> {
  let mail: Email
  try {
    mail = await PostalMime.parse(raw)
  } catch {
    return unreadable('the body is not a mail')
  }
  // A mailbox for bounces also gets holiday notices and the like: mail, but no report.
  if (mail.from === undefined && mail.date === undefined) return unreadable('the body is not a mail')
  const status = partOf(mail, ['message/delivery-status', 'message/global-delivery-status'])
  if (status === undefined) {
    return isReport(mail)
      ? unreadable('the report has no part for machines')
      : { kind: 'receipts', receipts: [], ignored: 1 }
  }
  const [perMessage, ...perRecipient] = blocksOf(status)
  if (perMessage === undefined || perRecipient.length === 0) return unreadable('the report names no recipient')
  const ref = refOf(mail, perMessage, returnPath)
  if (ref === undefined) return { kind: 'receipts', receipts: [], ignored: perRecipient.length }
  const reports = perRecipient.map((fields) => reportOf(fields)).filter((report) => report !== undefined)
  const receipts: Receipt[] = reports.map((report) => ({ ...ref, report }))
  return { kind: 'receipts', receipts, ignored: perRecipient.length - receipts.length }
}

type Fields = ReadonlyMap<string, string>

function unreadable(detail: string): CallbackResult {
  return { kind: 'unreadable', detail }
}

function isReport(mail: Email): boolean {
  const type = mail.headers.find((header) => header.key === 'content-type')?.value ?? ''
  return /^multipart\/report\b/i.test(type) && /delivery-status/i.test(type)
}

function partOf(mail: Email, types: readonly string[]): string | undefined {
  const content = mail.attachments.find((part) => types.includes(part.mimeType.toLowerCase()))?.content
  if (content === undefined || typeof content === 'string') return content
  return new TextDecoder().decode(content)
}

/** Groups of fields with blank lines between them; a line that begins with a blank goes on with the one before. */
function blocksOf(text: string): Fields[] {
  return text
    .split(/\r?\n[ \t]*\r?\n/)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const lines = block.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
      return new Map(
        lines.flatMap((line) => {
          const colon = line.indexOf(':')
          return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const]
        }),
      )
    })
}

const ATTEMPT_REF = '[0-9a-z-]{1,64}\\.\\d{1,4}'

function refOf(
  mail: Email,
  perMessage: Fields,
  returnPath: string | undefined,
): { attemptRef: string } | { providerRef: string } | undefined {
  const quoted = partOf(mail, ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers'])
  const original = blocksOf(quoted ?? '')[0]
  const candidates = [
    original?.get(ATTEMPT_HEADER.toLowerCase()),
    perMessage.get('original-envelope-id'),
    returnPath === undefined ? undefined : fromReturnPath(mail, returnPath),
  ]
  const attemptRef = candidates.find((each) => each !== undefined && new RegExp(`^${ATTEMPT_REF}$`, 'i').test(each))
  if (attemptRef !== undefined) return { attemptRef: attemptRef.toLowerCase() }
  const providerRef = /<([^<>\s]+)>/.exec(original?.get('message-id') ?? '')?.[1]
  return providerRef === undefined ? undefined : { providerRef }
}

/** The reference in the address that the report was sent to, where the return path carries one. */
function fromReturnPath(mail: Email, returnPath: string): string | undefined {
  const [before, after] = returnPath.split(ATTEMPT_PLACE)
  if (before === undefined || after === undefined) return undefined
  const pattern = new RegExp(`${literally(before)}(${ATTEMPT_REF})${literally(after)}`, 'i')
  const headers = mail.headers.filter(({ key }) => ['to', 'delivered-to', 'x-original-to', 'envelope-to'].includes(key))
  return headers.map(({ value }) => pattern.exec(value)?.[1]).find((ref) => ref !== undefined)
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

const ACTIONS: Readonly<Record<string, Report['status']>> = {
  failed: 'failed',
  delivered: 'delivered',
  relayed: 'sent', // to a server that sends no reports: the last that will be heard
  expanded: 'sent', // to a list
}

/** One recipient's fields; undefined where nothing changes (`delayed`), or the word is not known. */
function reportOf(fields: Fields): Report | undefined {
  const action = fields.get('action')?.toLowerCase() ?? ''
  const known = lookUp(ACTIONS, action)
  if (known === undefined) return undefined
  const code = /^[245]\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0]
  const providerAt = Date.parse(fields.get('last-attempt-date') ?? '')
  const report: Report = { status: known, native: action, ...(!Number.isNaN(providerAt) && { providerAt }) }
  if (known !== 'failed') return report
  const said = fields.get('diagnostic-code')?.replace(/^[\w-]+;\s*/, '') ?? ''
  const message = withoutAddresses(said) || `undeliverable${code === undefined ? '' : ` (${code})`}`
  const ranOut = code === '4.4.7' || code === '5.4.7' // the servers tried until they gave up
  return { ...report, status: ranOut ? 'expired' : 'failed', error: { ...(code !== undefined && { code }), message } }
}
