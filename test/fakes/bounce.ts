/** What a mail server writes when a mail could not be delivered, or was, and somebody asked to be told. */
export type Bounce = {
  /** One block of fields for each recipient. */
  recipients: readonly Readonly<Record<string, string>>[]
  to?: string
  envelopeId?: string
  /** Headers of our mail, as they are quoted. */
  quoted?: Readonly<Record<string, string>>
  /** How they are quoted: all of the mail, or its headers alone. */
  quotedAs?: 'message/rfc822' | 'text/rfc822-headers'
}

export function bounceMail(bounce: Bounce): Buffer {
  const { recipients, to = 'bounces@mail.example', envelopeId, quoted = {}, quotedAs = 'message/rfc822' } = bounce
  const perMessage = { 'Reporting-MTA': 'dns; mx.example', ...(envelopeId && { 'Original-Envelope-Id': envelopeId }) }
  const lines = [
    'Return-Path: <>',
    'From: Mail Delivery System <MAILER-DAEMON@mx.example>',
    `To: ${to}`,
    'Subject: Delivery status notification',
    'Date: Sun, 1 Mar 2026 12:00:00 +0000',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="between"',
    '',
    '--between',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'This is the mail system at mx.example. Here is what became of your mail.',
    '',
    '--between',
    'Content-Type: message/delivery-status',
    '',
    ...fieldLines(perMessage),
    ...recipients.flatMap((fields) => ['', ...fieldLines(fields)]),
    '',
    '--between',
    `Content-Type: ${quotedAs}`,
    '',
    ...fieldLines(quoted),
    ...(quotedAs === 'message/rfc822' ? ['', 'Your table is ready.'] : []),
    '--between--',
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

function fieldLines(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
}
