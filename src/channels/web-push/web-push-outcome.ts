import type { SendOutcome } from '../../domain/message.ts'
import { type HttpAnswer, type HttpResult, retryAfterMs } from '../../http/http-client.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import { outcomeOf } from '../send-outcome.ts'

/**
 * What a push service's answer means. The statuses are those of RFC 8030; the services put more into their bodies, each in
 * its own shape: Apple a `reason`, Mozilla an `errno`, Google a sentence. Their sentences are read for what they say about
 * the key and never repeated.
 */
const BUSY_MS = 5_000
const AT_ONCE_MS = 1_000

/** Reasons of Apple's that are about the set-up rather than this message. */
const APPLE_SET_UP: Readonly<Record<string, string>> = {
  BadJwtToken: 'the VAPID token is not taken: is `subject` an address that can be written to, and the clock right?',
  BadVapidPublicKey: 'the VAPID public key is not taken',
  BadAuthorizationHeader: 'the VAPID header is not taken',
}

/**
 * Of Mozilla's 5xx, those that say that the message was not taken.
 * https://mozilla-services.github.io/autopush-rs/errors.html
 */
const MOZILLA_LATER: Readonly<Record<number, number>> = { 201: BUSY_MS, 202: AT_ONCE_MS, 902: BUSY_MS }

/** `isOwnAddress`: the address that the message went to stands for this subscription and no other. */
export function outcomeOfAnswer(
  result: HttpResult,
  { now, endpoint, isOwnAddress }: { now: number; endpoint: string; isOwnAddress: boolean },
): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  const { status } = result
  const code = String(status)
  if (usual.kind === 'accepted') return acceptance(result, endpoint)
  if (status < 400) return gone('the endpoint has moved, and no redirect is followed', code)
  if (isOfOtherKeys(result)) {
    return gone('the subscription was made with another VAPID key: the browser has to subscribe again', 'other-keys')
  }
  const reason = appleReason(result)
  if (reason !== undefined && Object.hasOwn(APPLE_SET_UP, reason)) {
    return {
      kind: 'rejected',
      reason: 'credentials',
      detail: `answered ${status}: ${APPLE_SET_UP[reason]}`,
      code: reason,
    }
  }
  switch (status) {
    case 404:
    case 410: {
      const dead = gone('the subscription is no longer valid: the browser has to subscribe again', code)
      return isOwnAddress ? { ...dead, suppress: 'bad-address' } : dead
    }
    case 401:
    case 403:
      return {
        kind: 'rejected',
        reason: 'credentials',
        detail: `answered ${status}: the VAPID login is not taken; look at subject, publicKey and privateKey`,
        code,
      }
    case 406: // Microsoft's word for too many at one time: https://github.com/microsoft/WindowsAppSDK/issues/3501
      return { kind: 'retry', afterMs: retryAfterMs(result, now) ?? BUSY_MS, detail: 'answered 406: too many messages' }
    case 413:
      return { kind: 'rejected', reason: 'content', detail: 'the message is too long for this push service', code }
  }
  const laterMs = status >= 500 ? MOZILLA_LATER[mozillaErrno(result) ?? 0] : undefined
  if (laterMs === undefined) return usual
  return { kind: 'retry', afterMs: retryAfterMs(result, now) ?? laterMs, detail: `answered ${status}: busy` }
}

/** The person cannot be reached over this subscription. */
function gone(detail: string, code: string): SendOutcome & { kind: 'rejected' } {
  return { kind: 'rejected', reason: 'recipient', detail, code }
}

/** Of a 2xx, only what RFC 8030 has for a message that was taken; who answers 200 may be a proxy with a page of its own. */
function acceptance({ status, headers }: HttpAnswer, endpoint: string): SendOutcome {
  const providerRef = resourceOf(headers.location, endpoint)
  if (providerRef !== undefined) return { kind: 'accepted', providerRef }
  if (status === 201 || status === 202) return { kind: 'accepted' }
  return { kind: 'uncertain', detail: `answered ${status}, which is no answer of a push service` }
}

const LONGEST_REF = 1_000

/** The message's own address at the service, where it gives one; it stands in the answer in full, or without the host. */
function resourceOf(location: string | undefined, endpoint: string): string | undefined {
  if (!location || !URL.canParse(location, endpoint)) return undefined
  const { href } = new URL(location, endpoint)
  return href.length <= LONGEST_REF ? href : undefined
}

/**
 * A subscription belongs for life to the key that it was made with. One that is older than the present key says nothing of
 * the others, so it must not look like a login that is wrong for all.
 */
function isOfOtherKeys(answer: HttpAnswer): boolean {
  const { status, text } = answer
  if (status !== 400 && status !== 401 && status !== 403) return false
  if (appleReason(answer) === 'VapidPkHashMismatch') return true
  return /VAPID public key mismatch|do(es)? not correspond to the (credentials|sender ID)|UnauthorizedRegistration/i.test(
    text,
  )
}

function appleReason({ json }: HttpAnswer): string | undefined {
  const reason = fieldsOf(json)?.reason
  return typeof reason === 'string' ? reason : undefined
}

function mozillaErrno({ json }: HttpAnswer): number | undefined {
  const errno = fieldsOf(json)?.errno
  return typeof errno === 'number' ? errno : undefined
}
