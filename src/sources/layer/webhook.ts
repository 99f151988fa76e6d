import { createHash } from 'node:crypto'
import type { RawRequest } from '../../engine/ports/channel.ts'
import type { SourceResult } from '../../engine/ports/source.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import { readEnvelope } from './envelope.ts'
import { isSignedBy } from './signature.ts'
import { WEBHOOKS_1 } from './webhooks-1.ts'
import { WEBHOOKS_2 } from './webhooks-2.ts'

const VERSIONS = ['1.0', '2.0', '3.0']
/** No name of an event is in both, so the name says how to read it. */
const READERS = new Map([...WEBHOOKS_1, ...WEBHOOKS_2])

/** Reads what Layer sends: the question whether we are here, and events. `now` is in epoch milliseconds. */
export function readWebhook(request: RawRequest, secrets: readonly string[], now: number): SourceResult {
  if (request.method === 'GET') return answerChallenge(request.url)
  if (request.method !== 'POST') return { kind: 'refused', detail: 'Layer sends GET and POST' }
  const signature = request.headers['layer-webhook-signature']
  if (signature === undefined) return { kind: 'refused', detail: 'it has no layer-webhook-signature' }
  if (!isSignedBy(secrets, request.body, signature)) return { kind: 'refused', detail: 'its signature does not match' }
  const version = versionOf(request.headers['content-type'])
  if (version !== undefined && !VERSIONS.includes(version)) {
    return unreadable('the webhook is of a version that is not read: register it with version 1.0, 2.0 or 3.0')
  }
  const body = fieldsOf(parseJson(request.body))
  if (body === undefined) return unreadable('the body is not a JSON object')
  const envelope = readEnvelope(body, () => createHash('sha256').update(request.body).digest('base64url'), now)
  if ('unreadable' in envelope) return unreadable(envelope.unreadable)
  const reading = READERS.get(envelope.type)?.(envelope) ?? []
  if ('unreadable' in reading) return unreadable(`${envelope.type}: ${reading.unreadable}`)
  return { kind: 'events', events: reading, ignored: reading.length === 0 ? 1 : 0 }
}

const LONGEST_CHALLENGE = 1_000

/** Layer asks once, unsigned, when a webhook is registered, and expects to hear its own word. */
function answerChallenge(url: string): SourceResult {
  const challenge = URL.parse(url, 'http://localhost')?.searchParams.get('verification_challenge')
  if (!challenge || challenge.length > LONGEST_CHALLENGE) {
    return { kind: 'refused', detail: 'a GET needs a verification_challenge' }
  }
  return { kind: 'reply', status: 200, body: challenge, contentType: 'text/plain; charset=utf-8' }
}

/** As in `application/vnd.layer.webhooks+json; version=1.0`; undefined where a proxy has changed the header. */
function versionOf(contentType: string | undefined): string | undefined {
  return /;\s*version="?([^";,\s]+)/i.exec(contentType ?? '')?.[1]
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

function unreadable(detail: string): SourceResult {
  return { kind: 'unreadable', detail }
}
