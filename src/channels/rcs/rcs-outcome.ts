import type { RejectReason, SendOutcome } from '../../domain/message.ts'
import type { RevokeOutcome } from '../../engine/ports/channel.ts'
import type { HttpAnswer, HttpResult } from '../../http/http-client.ts'
import { fieldsOf, isObject, lookUp } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'

/** Google's words for what went wrong (`error.status`), as far as they say more than the HTTP status that they came with. */
const MEANINGS: Readonly<Record<string, Meaning<RejectReason | 'taken' | 'unknown'>>> = {
  NOT_FOUND: {
    fault: 'recipient',
    words: 'the phone cannot be reached by RCS: it has none, or the agent is not launched on its network',
  },
  INVALID_ARGUMENT: {
    fault: 'content',
    words: 'the message is not right for the agent, or has something that the phone cannot show',
  },
  OUT_OF_RANGE: { fault: 'content', words: 'the message is not right for the agent' },
  FAILED_PRECONDITION: { fault: 'credentials', words: 'the agent is not ready to send' },
  UNAUTHENTICATED: { fault: 'credentials', words: 'the token of the service account is not taken' },
  PERMISSION_DENIED: {
    fault: 'credentials',
    words: 'the service account may not use this agent, or the agent is not launched and the phone is no tester of it',
  },
  // Google says that it ignores a second message under an id that was used, and not with which answer.
  ALREADY_EXISTS: { fault: 'taken', words: 'there is a message with this id' },
  ABORTED: { fault: 'unknown', words: 'broken off' },
  CANCELLED: { fault: 'unknown', words: 'broken off' },
}

/**
 * What the answer to the creation of a message means. A repeat under the same id is the same message, so what is uncertain
 * may simply be repeated.
 */
export function outcomeOfAnswer(result: HttpResult, messageId: string, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  if (usual.kind === 'accepted') {
    if (isObject(result.json)) return { kind: 'accepted', providerRef: messageId }
    // It said yes, but not in Google's words: somebody in between may have answered, or the answer broke off.
    return { kind: 'uncertain', detail: `answered ${result.status} without a message` }
  }
  if (usual.kind !== 'rejected') return usual
  const code = codeOf(result)
  if (code === undefined) return withoutCode(usual, result.status)
  const meaning = lookUp(MEANINGS, code)
  if (meaning === undefined) return { ...usual, detail: `Google answered ${result.status} ${code}`, code }
  const detail = `Google answered ${result.status}: ${meaning.words}`
  switch (meaning.fault) {
    case 'taken':
      return { kind: 'accepted', providerRef: messageId }
    case 'unknown':
      return { kind: 'uncertain', detail }
    default:
      return { kind: 'rejected', reason: meaning.fault, detail, code }
  }
}

/** A 404 that is not Google's own says nothing of the phone: there is no such page. */
function withoutCode(usual: SendOutcome & { kind: 'rejected' }, status: number): SendOutcome {
  if (status !== 404) return usual
  return { ...usual, reason: 'credentials', detail: `${usual.detail}, and not from Google's API: check baseUrl` }
}

/**
 * What the answer to a deletion means: 200 is a message that will never arrive, 404 one that has.
 * https://developers.google.com/business-communications/rcs-business-messaging/reference/rest/v1/phones.agentMessages/delete
 *
 * `wasTaken`: Google is known to have had the message. Of another, 404 may as well mean that it never came.
 */
export function revocationOf(result: HttpResult, isAlive: boolean): RevokeOutcome {
  if (result.kind !== 'answered') return { kind: 'unclear', detail: result.detail }
  const { status, json } = result
  if (status === 200 && isObject(json)) return { kind: 'revoked' }
  if (status === 404 && isAlive && codeOf(result) === 'NOT_FOUND') return { kind: 'too-late', status: 'delivered' }
  return { kind: 'unclear', detail: `Google answered ${status}` }
}

function codeOf({ json }: HttpAnswer): string | undefined {
  const status = fieldsOf(fieldsOf(json)?.error)?.status
  return typeof status === 'string' && /^[A-Z_]{3,40}$/.test(status) ? status : undefined
}
