import type { CheckOutcome } from '../../engine/ports/channel.ts'
import type { HttpResult } from '../../http/http-client.ts'
import { fieldsOf, textIn } from '../../json/loose-json.ts'

/**
 * What is asked to try a login: the account itself, or with an API key one line of the list of messages, for only a main
 * key may see the account. https://www.twilio.com/docs/iam/api-keys
 */
export function checkPath(accountSid: string, byApiKey: boolean): string {
  return `/2010-04-01/Accounts/${accountSid}${byApiKey ? '/Messages.json?PageSize=1' : '.json'}`
}

export function checkOutcomeOf(result: HttpResult, byApiKey: boolean): CheckOutcome {
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const { status, json } = result
  if (status === 401) return { kind: 'refused', detail: 'Twilio does not take this login' }
  if (status === 404) return { kind: 'refused', detail: 'there is no such account' }
  if (status === 403) {
    if (!byApiKey) return { kind: 'refused', detail: 'the account may not be used' }
    // A restricted key may be allowed to send and nothing else.
    return { kind: 'unknown', detail: 'this API key may not list messages; whether it may send is not known' }
  }
  const account = fieldsOf(json)
  if (status !== 200 || account === undefined) return { kind: 'unknown', detail: `Twilio answered ${status}` }
  if (byApiKey) return { kind: 'good' }
  // Not the account's name: unless somebody has changed it, that is an e-mail address.
  const state = textIn(account.status)
  if (state === 'suspended' || state === 'closed') return { kind: 'refused', detail: `the account is ${state}` }
  return { kind: 'good', ...(account.type === 'Trial' && { detail: 'a trial account' }) }
}
