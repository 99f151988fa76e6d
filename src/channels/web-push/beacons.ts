import { createHmac } from 'node:crypto'
import type { Report } from '../../domain/advance.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { lookUp } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { attemptRefIn } from '../attempt-ref.ts'

/**
 * No push service tells what became of a message, so the operator's service worker does: it is given one URL to call when
 * it has shown the notification and one for the click on it. Each is signed for its attempt and its status, which makes the
 * URL itself the proof; it says nothing else and can be called again without harm. What calls has no body that matters.
 */
const ATTEMPT = 'attempt'
const STATUS = 'status'
const SIGNATURE = 'signature'

export type Beacons = { delivered: string; read: string }

export function beaconsFor(callbackUrl: string, attemptRef: string, secret: string): Beacons {
  const urlOf = (status: string) => {
    const fields = { [ATTEMPT]: attemptRef, [STATUS]: status, [SIGNATURE]: sign(secret, attemptRef, status) }
    return `${callbackUrl}?${new URLSearchParams(fields)}`
  }
  return { delivered: urlOf('delivered'), read: urlOf('read') }
}

const STATUSES: Readonly<Record<string, Report['status']>> = { delivered: 'delivered', read: 'read' }

export function readBeacon({ url }: RawRequest, secrets: readonly string[]): CallbackResult {
  if (secrets.length === 0) return refused('this connection takes no callbacks: it has no beaconSecret')
  const { searchParams } = new URL(url, 'http://host.invalid')
  const signature = searchParams.get(SIGNATURE)
  if (!signature) return refused('it is not signed')
  const attemptRef = searchParams.get(ATTEMPT) ?? ''
  const native = searchParams.get(STATUS) ?? ''
  const wanted = secrets.map((secret) => sign(secret, attemptRef, native))
  if (!isOneOf(signature, wanted)) {
    return refused('its signature does not match: is it for another attempt, or was the beaconSecret changed?')
  }
  if (attemptRefIn(attemptRef) === undefined) return { kind: 'unreadable', detail: 'the URL names no attempt' }
  const status = lookUp(STATUSES, native)
  if (status === undefined) return { kind: 'receipts', receipts: [], ignored: 1 }
  return { kind: 'receipts', receipts: [{ attemptRef, report: { status, native } }], ignored: 0 }
}

function sign(secret: string, attemptRef: string, status: string): string {
  return createHmac('sha256', secret).update(`web-push beacon\n${attemptRef}\n${status}`).digest('base64url')
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
