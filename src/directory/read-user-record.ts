import { e164Of, isChannelId, isEmailAddress, isName, isTimeZone, languageOf } from '../domain/address.ts'
import type { KnownPerson } from '../domain/source-event.ts'

type Field = Exclude<keyof KnownPerson, 'contactId'>

/** `unusable`: fields that hold a text, but none that is of use, such as an e-mail address without @. */
export type UserRecord =
  | { kind: 'record'; person: KnownPerson; unusable: readonly Field[] }
  /** Not what the contract says; the detail quotes no value. */
  | { kind: 'wrong'; detail: string }

/** Reads what the operator's user database says of a person. Null and empty are absent; fields that we do not know are theirs. */
export function readUserRecord(json: unknown): UserRecord {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { kind: 'wrong', detail: 'its body is not a JSON object' }
  }
  const record = json as Readonly<Record<string, unknown>>
  const person: Partial<Record<Field, string>> = {}
  const unusable: Field[] = []
  for (const field of FIELDS) {
    const value = Object.hasOwn(record, field) ? record[field] : undefined
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') return { kind: 'wrong', detail: `${field} is not a text` }
    const text = value.trim()
    if (text === '') continue
    const read = READ[field](text)
    if (read === undefined) unusable.push(field)
    else person[field] = read
  }
  return { kind: 'record', person, unusable }
}

const READ: Readonly<Record<Field, (text: string) => string | undefined>> = {
  name: taking(isName),
  email: taking(isEmailAddress),
  msisdn: e164Of,
  lineUserId: taking(isChannelId),
  channelUserId: taking(isChannelId),
  language: languageOf,
  timeZone: taking(isTimeZone),
}
const FIELDS = Object.keys(READ) as readonly Field[]

function taking(isGood: (text: string) => boolean): (text: string) => string | undefined {
  return (text) => (isGood(text) ? text : undefined)
}
