import { readFileSync } from 'node:fs'
import type { Accepted, MessageRequest, UntilreadClient } from '../client/client.ts'
import { usageFailure } from './exit.ts'
import { readSequenceText } from './sequence-text.ts'
import { harmless, type Terminal } from './terminal.ts'

export type SendOptions = {
  to?: string
  email?: string
  via?: string
  body?: string
  idempotencyKey?: string
  json?: boolean
}

/** The request that the command line describes. */
export function readMessage(text: string | undefined, options: SendOptions): MessageRequest {
  const { to, email, via, body } = options
  if (body !== undefined) {
    if (text !== undefined || to !== undefined || email !== undefined || via !== undefined) {
      throw usageFailure('--body holds the whole message: leave out the text, --to, --email and --via')
    }
    return readBody(body)
  }
  if (text === undefined) throw usageFailure('What should it say? Give the text, or a whole message with --body')
  if (to === undefined && email === undefined) throw usageFailure('Who is it for? Give --to or --email')
  return {
    user: { ...(to !== undefined && { msisdn: to }), ...(email !== undefined && { email }) },
    type: 'text',
    content: { text },
    ...(via !== undefined && { channels: readSequenceText(via) }),
  }
}

function readBody(path: string): MessageRequest {
  const name = path === '-' ? 'the standard input' : path
  let text: string
  try {
    text = readFileSync(path === '-' ? process.stdin.fd : path, 'utf8')
  } catch (error) {
    throw usageFailure(`--body: ${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw usageFailure(`--body: ${name} is not JSON`)
  }
}

export async function sendMessage(
  message: MessageRequest,
  client: UntilreadClient,
  terminal: Terminal,
  options: SendOptions & { watched: boolean },
): Promise<string> {
  const { idempotencyKey, json = false, watched } = options
  const accepted = await client.send(message, idempotencyKey === undefined ? {} : { idempotencyKey })
  if (json) terminal.print(JSON.stringify(accepted))
  else printAccepted(accepted, terminal, watched)
  return accepted.umid
}

function printAccepted({ umid, sms, warnings = [] }: Accepted, terminal: Terminal, watched: boolean): void {
  // Into a pipe goes the umid alone: `untilread watch $(untilread send …)`.
  terminal.print(terminal.interactive && !watched ? `Accepted: ${umid}` : umid)
  for (const warning of warnings) terminal.complain(terminal.paint('yellow', `Note: ${harmless(warning)}`))
  if (sms !== undefined && sms.parts > 1) terminal.complain(`An SMS of it has ${sms.parts} parts (${sms.encoding}).`)
  if (terminal.interactive && !watched) terminal.print(terminal.paint('dim', `Watch it: untilread watch ${umid}`))
}
