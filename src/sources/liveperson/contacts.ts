import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { KnownPerson } from '../../domain/source-event.ts'
import { type Fields, fieldsOf, objectsIn } from '../../json/loose-json.ts'
import { codeOf, timeOf, wordOf } from './json.ts'

export type ContactOptions = {
  /** Believe what visitors say of themselves without having logged in. */
  trustUnauthenticated: boolean
  /** For phone numbers without a country code. */
  defaultCountry: CountryCode | undefined
}

/**
 * What LivePerson knows of a consumer. Details stand in three places. First comes the profile (`consumerParticipants`), then what a login vouches for (`sdes`),
 * then what the visitor or the page says (`unAuthSdes`); within one place the newest. Of each kind the first usable one is
 * taken, so a phone number that nobody could dial does not hide a good one.
 */
export function knownOf(profile: Fields | undefined, record: Fields, options: ContactOptions): KnownPerson {
  const { trustUnauthenticated, defaultCountry } = options
  const vouchedFor = newestFirst(record.sdes).filter((event) => event.isAuthenticated !== false)
  const events = trustUnauthenticated ? [...newestFirst(record.sdes), ...newestFirst(record.unAuthSdes)] : vouchedFor
  // The doubled keys are LivePerson's: an event of a type holds a wrapper of that name, and that the details.
  const personal = events.flatMap((event) => inner(event, 'PERSONAL_INFO', 'personalInfo'))
  const customer = events.flatMap((event) => inner(event, 'CUSTOMER_INFO', 'customerInfo'))
  const contacts = personal
    .flatMap((info) => objectsIn(info.contacts))
    .map((each) => fieldsOf(each.personalContact))
    .filter((each) => each !== undefined)
  const name = first(
    [namesOf(profile?.firstName, profile?.lastName), ...personal.map((info) => namesOf(info.name, info.surname))],
    wordOf,
  )
  const email = first([profile?.email, ...valuesOf(contacts, 'email')], emailOf)
  const phones = [profile?.phone, ...valuesOf(contacts, 'phone')]
  const msisdn = first(phones, (phone) => msisdnOf(phone, defaultCountry))
  const language = first(valuesOf(personal, 'language'), languageOf)
  const contactId = first(valuesOf(customer, 'customerId'), wordOf)
  const shownName = name ?? wordOf(profile?.consumerName)
  return {
    ...(shownName !== undefined && { name: shownName }),
    ...(email !== undefined && { email }),
    ...(msisdn !== undefined && { msisdn }),
    ...(language !== undefined && { language }),
    ...(contactId !== undefined && { contactId }),
  }
}

function newestFirst(place: unknown): Fields[] {
  const at = (event: Fields) => timeOf(event.serverTimeStamp) ?? 0
  return objectsIn(fieldsOf(place)?.events).sort((a, b) => at(b) - at(a))
}

function first<T>(values: readonly unknown[], read: (value: unknown) => T | undefined): T | undefined {
  for (const value of values) {
    const usable = read(value)
    if (usable !== undefined) return usable
  }
  return undefined
}

function valuesOf(infos: readonly Fields[], key: string): unknown[] {
  return infos.map((info) => info[key])
}

function inner(event: Fields, type: string, key: string): Fields[] {
  if (codeOf(event.sdeType) !== type) return []
  const wrapper = fieldsOf(event[key])
  return [fieldsOf(wrapper?.[key]) ?? wrapper].filter((each) => each !== undefined)
}

function namesOf(...names: unknown[]): string {
  return names.flatMap((name) => wordOf(name) ?? []).join(' ')
}

function emailOf(value: unknown): string | undefined {
  const text = wordOf(value)
  return text !== undefined && text.length <= 254 && /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;".]+$/.test(text)
    ? text
    : undefined
}

/** Free text to E.164; undefined for what nobody can dial. Nothing is guessed: a wrong guess is a stranger's phone. */
function msisdnOf(value: unknown, country: CountryCode | undefined): string | undefined {
  const text = wordOf(value)
  if (text === undefined || text.length > 40) return undefined
  const found = parsePhoneNumberFromString(text, country)
  return found?.isValid() ? found.number : undefined
}

function languageOf(value: unknown): string | undefined {
  const text = wordOf(value)?.replaceAll('_', '-')
  if (text === undefined) return undefined
  try {
    return Intl.getCanonicalLocales(text)[0]
  } catch {
    return undefined
  }
}
