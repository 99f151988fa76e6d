import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import { verify } from '../../signing/standard-webhooks.ts'
import { isObject } from './fields.ts'
import type { TakenMessage } from './phones.ts'

/** A caller's mistake, with the status that says so; the server around the sandbox gives it its shape. */
export class SandboxError extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.name = 'SandboxError'
    this.statusCode = statusCode
  }
}

/** Reads one signed send as the provider's API takes it. */
export function readSend(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: unknown,
  secret: string,
): Omit<TakenMessage, 'id'> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const signed = {
    'webhook-id': single(headers['webhook-id']),
    'webhook-timestamp': single(headers['webhook-timestamp']),
    'webhook-signature': single(headers['webhook-signature']),
  }
  // Judged at the moment of signing: the clock may be moved by hours while a send is on its way.
  const signedAt = Number(signed['webhook-timestamp']) * 1000
  const verification = verify(signed, bytes, [secret], signedAt)
  if (verification.kind === 'refused') throw new SandboxError(401, `not signed by this service: ${verification.detail}`)

  const fields = parseObject(bytes)
  const attemptRef = text(fields, 'attemptRef')
  const [, umid, step] = /^(.+)\.([1-9]\d*)$/.exec(attemptRef) ?? []
  if (umid === undefined) throw new SandboxError(400, 'attemptRef: must be the umid and the step, such as "…umid….1"')
  const channel = lookUpChannel(text(fields, 'channel'))
  if (channel === undefined) throw new SandboxError(400, 'channel: is not in the catalogue')
  const callbackUrl = text(fields, 'callbackUrl')
  if (!/^https?:\/\//.test(callbackUrl) || !URL.canParse(callbackUrl)) {
    throw new SandboxError(400, 'callbackUrl: must be an http or https URL')
  }
  return {
    umid,
    step: Number(step),
    attemptRef,
    channel: channel.name,
    address: text(fields, 'address'),
    ...optionalText(fields, 'from'),
    type: text(fields, 'type'),
    ...optionalText(fields, 'text'),
    ...(fields.content !== undefined && { content: fields.content }),
    callbackUrl,
  }
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (isObject(value)) return value
  } catch {
    // said below, as for any other value
  }
  throw new SandboxError(400, 'body: must be a JSON object')
}

function text(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name]
  if (typeof value === 'string' && value !== '') return value
  throw new SandboxError(400, `${name}: must be a text`)
}

function optionalText<Name extends string>(fields: Readonly<Record<string, unknown>>, name: Name) {
  const value = fields[name]
  if (value === undefined) return {}
  if (typeof value !== 'string') throw new SandboxError(400, `${name}: must be a text`)
  return { [name]: value } as { [name in Name]: string }
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
