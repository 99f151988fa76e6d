import type { RejectReason, SendOutcome } from '../../domain/message.ts'
import type { HttpAnswer, HttpResult } from '../../http/http-client.ts'
import { type Fields, fieldsOf, idIn, objectsIn, textIn } from '../../json/loose-json.ts'
import { outcomeOfMeaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { lookUpWords, statusMeaning } from './codes.ts'

/** For a refusal of Infobip's that is to pass by itself; it names no time. */
const LATER_MS = 30_000
/** The groups of statuses, each at its number. */
const GROUPS = ['ACCEPTED', 'PENDING', 'UNDELIVERABLE', 'DELIVERED', 'EXPIRED', 'REJECTED']
const TAKING_GROUPS = ['ACCEPTED', 'PENDING', 'DELIVERED']
const REFUSING_GROUPS = ['UNDELIVERABLE', 'EXPIRED', 'REJECTED']

/**
 * What an answer to a send means. A 200 says only that the request was read: each message in it has a status of its own,
 * which may be a refusal. `messageId` is the one that we gave it.
 */
export function outcomeOfAnswer(result: HttpResult, messageId: string, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  if (usual.kind === 'accepted') return outcomeOfMessage(result, messageId)
  return usual.kind === 'rejected' ? refusalOf(result, usual) : usual
}

function outcomeOfMessage({ json, status: httpStatus }: HttpAnswer, messageId: string): SendOutcome {
  const [message] = objectsIn(fieldsOf(json)?.messages)
  const status = fieldsOf(message?.status) ?? {}
  const { id } = status
  const group = groupOf(status)
  const providerRef = idIn(message?.messageId, 200) ?? messageId
  if (TAKING_GROUPS.includes(group)) return { kind: 'accepted', providerRef }
  if (!REFUSING_GROUPS.includes(group) || !Number.isSafeInteger(id)) {
    // It said yes, but not in Infobip's words: somebody in between may have answered, or the answer broke off.
    return { kind: 'uncertain', detail: `answered ${httpStatus} without the status of a message` }
  }
  const code = id as number
  const { fault = 'content', words = lookUpWords('status', code), suppress } = statusMeaning(code) ?? {}
  // The answer to a repeat: the first call was the one that counted.
  if (fault === 'taken') return { kind: 'accepted', providerRef: messageId }
  const detail = `Infobip refused the message: ${words}`
  return outcomeOfMeaning({ fault, suppress }, { detail, code: String(code), afterMs: LATER_MS })
}

/** By its number; by its name where the number is none that we know. Neither of the two has to be there. */
function groupOf({ groupId, groupName }: Fields): string {
  const known = typeof groupId === 'number' ? GROUPS[groupId] : undefined
  return known ?? (typeof groupName === 'string' ? groupName : '')
}

/** Whose fault it is, by the field that Infobip finds wrong. */
const REASONS: readonly (readonly [RegExp, RejectReason])[] = [
  [/\bdestinations?\b/, 'recipient'],
  [/\b(sender|webhooks)\b/, 'credentials'],
]

/**
 * A refused request has a code, and the fields that are wrong; its sentences may quote their values. There are two shapes:
 * an error of the whole platform's kind, and the older one with a `requestError` around it.
 */
function refusalOf({ json, status }: HttpAnswer, usual: SendOutcome & { kind: 'rejected' }): SendOutcome {
  const error = fieldsOf(json) ?? {}
  const older = fieldsOf(fieldsOf(error.requestError)?.serviceException)
  const code = wordIn(error.errorCode) ?? wordIn(older?.messageId) ?? usual.code
  const wrong = wrongFieldsOf(error, older)
  const reason =
    status === 400 ? REASONS.find(([pattern]) => wrong.some((field) => pattern.test(field)))?.[1] : undefined
  return {
    ...usual,
    reason: reason ?? usual.reason,
    detail: wrong.length === 0 ? usual.detail : `${usual.detail}: it finds fault with ${wrong.join(', ')}`,
    ...(code !== undefined && { code }),
  }
}

const MOST_FIELDS = 5

function wrongFieldsOf(error: Fields, older: Fields | undefined): string[] {
  const named = [
    ...objectsIn(error.violations).map(({ property }) => property),
    ...Object.keys(fieldsOf(older?.validationErrors) ?? {}),
  ]
  return named
    .filter((name) => typeof name === 'string' && /^[\w.[\]]{1,80}$/.test(name))
    .slice(0, MOST_FIELDS) as string[]
}

function wordIn(value: unknown): string | undefined {
  const word = textIn(value)
  return word !== undefined && /^[A-Z0-9_]{1,40}$/.test(word) ? word : undefined
}
