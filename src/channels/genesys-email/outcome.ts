import type { SendOutcome } from '../../domain/message.ts'
import { codeOf, isSuccess, wordsOf } from '../../genesys-cloud/answer-words.ts'
import type { CloudResult } from '../../genesys-cloud/cloud.ts'
import type { NoToken } from '../../http/bearer-tokens.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { idIn, isObject } from '../../json/loose-json.ts'
import { outcomeOf } from '../send-outcome.ts'

/** What a call for an agentless e-mail came to. */
export function readOutcome(result: CloudResult, now: number): SendOutcome {
  if (result.kind === 'no-token') return withoutToken(result)
  if (result.kind !== 'answered') return outcomeOf(result, now)
  if (isSuccess(result)) return readAcceptance(result)
  const usual = outcomeOf(result, now)
  const detail = `Genesys Cloud ${wordsOf(result)}`
  switch (usual.kind) {
    case 'rejected':
      return readRefusal(result, { ...usual, detail })
    case 'retry':
    case 'uncertain':
      return { ...usual, detail }
    default:
      return usual
  }
}

const AWAY_MS = 1_000
const BUSY_MS = 5_000

/** Nothing was sent. That we may not, a person has to mend; the rest passes. */
function withoutToken({ why, detail, retryAfterMs }: NoToken): SendOutcome {
  if (why === 'refused' || why === 'misplaced') return { kind: 'rejected', reason: 'credentials', detail }
  return { kind: 'retry', afterMs: retryAfterMs || (why === 'busy' ? BUSY_MS : AWAY_MS), detail }
}

function readAcceptance(answer: HttpAnswer): SendOutcome {
  const providerRef = isObject(answer.json) ? idIn(answer.json.id) : undefined
  if (providerRef !== undefined) return { kind: 'accepted', providerRef }
  // It said yes, in words that are not of its API: somebody may have the mail.
  return { kind: 'uncertain', detail: `Genesys Cloud ${wordsOf(answer)}, without the id of a mail` }
}

type Rejected = SendOutcome & { kind: 'rejected' }

/**
 * Genesys documents no codes for what it does not like of a mail, and most come as `bad.request`. So we look which part of
 * the mail is spoken of, in the code and in the error's own fields: the sender's side (a domain that was not verified) is for
 * the operator to mend, the recipient's is about this person alone.
 */
function readRefusal(answer: HttpAnswer, usual: Rejected): Rejected {
  const code = codeOf(answer) ?? usual.code
  const rejected: Rejected = { ...usual, ...(code !== undefined && { code }) }
  if (usual.reason !== 'content') return rejected
  if (answer.status === 404)
    return { ...rejected, reason: 'credentials', detail: `${usual.detail}: check region and apiUrl` }
  const told = spokenOf(answer.json)
  if (RECIPIENT.test(told) && !SENDER.test(told)) {
    return { ...rejected, reason: 'recipient', detail: `${usual.detail}: the recipient` }
  }
  if (!SENDER.test(told) && !DOMAIN.test(told)) return rejected
  return { ...rejected, reason: 'credentials', detail: `${usual.detail}: is the domain of from set up and verified?` }
}

const SENDER = /from\W*(e-?mail|address|domain)|sender|reply\W*to/i
const RECIPIENT = /to\W*(e-?mail|address)|recipient|invalid\W*(e-?mail|address)/i
const DOMAIN = /\bdomain/i

/** The words of an error, for looking at and never for showing: they may quote the mail. */
function spokenOf(json: unknown): string {
  if (!isObject(json)) return ''
  const { code, message, messageWithParams, details, errors } = json
  return JSON.stringify([code, message, messageWithParams, details, errors])
}
