import type { TSchema } from 'typebox'
import { isTimeZone, languageOf } from '../domain/address.ts'
import type { Contact } from '../engine/ports/directory.ts'
import { type Country, readPhone } from '../phone/phone.ts'
import { CONTACT_FIELDS, type ContactField, ContactFields, ContactId } from './contact-shape.ts'
import { ApiError, type ErrorCode } from './errors.ts'
import { findProblem } from './judge.ts'
import { DOUBTFUL } from './read-phone.ts'

export type Person = Partial<Record<ContactField, string>>
/** What is wrong with a field, or only looks wrong; the message does not repeat the value. */
export type FieldNote = { field: ContactField; message: string }
export type ReadPerson = { person: Person; problems: (FieldNote & { code: ErrorCode })[]; warnings: FieldNote[] }

/** Reads fields that are texts, each by itself, so that all that is wrong is told at once. */
export function readPerson(given: Person, country: Country | undefined): ReadPerson {
  const read: ReadPerson = { person: {}, problems: [], warnings: [] }
  for (const field of CONTACT_FIELDS) {
    const text = given[field]
    if (text === undefined) continue
    const outcome = readField(field, text, country)
    if ('value' in outcome) {
      read.person[field] = outcome.value
      if (outcome.warning !== undefined) read.warnings.push({ field, message: outcome.warning })
    } else read.problems.push({ field, ...outcome })
  }
  return read
}

type Outcome = { value: string; warning?: string } | { message: string; code: ErrorCode }

function readField(field: ContactField, text: string, country: Country | undefined): Outcome {
  const problem = problemOf(ContactFields[field], text)
  if (problem !== undefined) return problem
  switch (field) {
    case 'msisdn': {
      const phone = readPhone(text, country)
      if (phone === undefined) return { code: 1002, message: country === undefined ? WANTS_E164 : WANTS_NUMBER }
      return phone.exists ? { value: phone.number } : { value: phone.number, warning: DOUBTFUL }
    }
    case 'language': {
      const tag = languageOf(text)
      if (tag === undefined) return { code: 1000, message: 'must be a language tag (BCP 47) such as de or pt-BR' }
      return { value: tag }
    }
    case 'timeZone':
      if (isTimeZone(text)) return { value: text }
      return { code: 1000, message: 'must be the IANA name of a time zone, such as Europe/Berlin' }
    default:
      return { value: text }
  }
}

const FORM = '+ and 7 to 15 digits from the country code on'
const WANTS_E164 = `is not a phone number; give E.164, which is ${FORM}, or say defaultCountry for national numbers`
const WANTS_NUMBER = `is neither a number of defaultCountry nor E.164, which is ${FORM}`

/** What is wrong with an id, or undefined. */
export function problemOfId(id: string): { message: string; code: ErrorCode } | undefined {
  return problemOf(ContactId, id)
}

function problemOf(schema: TSchema, text: string): { message: string; code: ErrorCode } | undefined {
  const found = findProblem(schema, text, 'value')
  return found && { message: found.message.slice('value: '.length), code: found.code }
}

/** The same for a caller who gave one contact: the first problem as an error, warnings as sentences. */
export function readOnePerson(given: Person, country: Country | undefined): { person: Person; warnings: string[] } {
  const { person, problems, warnings } = readPerson(given, country)
  const [problem] = problems
  if (problem !== undefined) throw new ApiError(problem.code, problem.field, problem.message)
  return { person, warnings: warnings.map(({ field, message }) => `${field}: ${message}`) }
}

/** The fields of a contact that are about the person. */
export function personOf(contact: Contact): Person {
  const person: Person = {}
  for (const field of CONTACT_FIELDS) {
    const value = contact[field]
    if (value !== undefined) person[field] = value
  }
  return person
}
