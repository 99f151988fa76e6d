import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { KnownPerson } from '../../domain/source-event.ts'
import { wordsOf } from './loose-json.ts'
import type { ServerApi } from './server-api.ts'

/** What the app has told Layer of a user: everything in it may be blank. Undefined when there is nothing of use. */
export async function findPerson(
  api: ServerApi,
  person: string,
  signal: AbortSignal,
): Promise<KnownPerson | undefined> {
  const identity = await api.get(['users', person, 'identity'], signal)
  if (identity === undefined) return undefined
  const fullName = [identity.first_name, identity.last_name].map(wordsOf).filter((each) => each !== undefined)
  const name = wordsOf(identity.display_name) ?? wordsOf(fullName.join(' '))
  const email = emailOf(wordsOf(identity.email_address))
  const msisdn = msisdnOf(wordsOf(identity.phone_number))
  if (name === undefined && email === undefined && msisdn === undefined) return undefined
  return { ...(name && { name }), ...(email && { email }), ...(msisdn && { msisdn }) }
}

function emailOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(text) ? text : undefined
}

/** Only a number that names its country: to guess one could reach somebody else. */
function msisdnOf(text: string | undefined): string | undefined {
  const number = text === undefined ? undefined : parsePhoneNumberFromString(text)
  return number?.isValid() ? number.number : undefined
}
