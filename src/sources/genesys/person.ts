import type { KnownPerson } from '../../domain/source-event.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { Cloud } from '../../genesys-cloud/cloud.ts'
import { type Fields, idIn, isObject, textIn } from '../../json/loose-json.ts'
import { ask } from './ask.ts'
import type { Participant } from './conversation.ts'

/** Fields of an external contact, and `attribute:<name>` for an attribute of the customer's participant. */
export const EMAIL_FIELDS = ['personalEmail', 'workEmail', 'otherEmail'] as const
export const PHONE_FIELDS = ['cellPhone', 'homePhone', 'workPhone', 'otherPhone'] as const
export const ATTRIBUTE = 'attribute:'

const MOST_HOPS = 3 // a contact that was merged into one that was merged again

/** An external contact, or the one that it was merged into; undefined when there is none. Throws `SourceTrouble`. */
export async function fetchContact(
  cloud: Cloud,
  clock: Clock,
  contactId: string,
  signal: AbortSignal,
): Promise<Fields | undefined> {
  let contact: Fields | undefined
  let next: string | undefined = contactId
  const seen = new Set<string>()
  for (let hop = 0; hop <= MOST_HOPS && next !== undefined && !seen.has(next); hop++) {
    seen.add(next)
    const answer = await ask(
      cloud,
      clock,
      {
        method: 'GET',
        path: `/api/v2/externalcontacts/contacts/${encodeURIComponent(next)}`,
        what: 'the external contact',
        permission: 'externalContacts:contact:view',
      },
      signal,
      [404],
    )
    if (answer.status === 404 || !isObject(answer.json)) break // what it was merged into is gone: the old one must do
    contact = answer.json
    next = idWithin(contact.mergedTo) ?? idWithin(contact.canonicalContact)
  }
  return contact
}

function idWithin(reference: unknown): string | undefined {
  return isObject(reference) ? idIn(reference.id) : undefined
}

/** Whether any of these places is on the contact, or an attribute of the participant. */
export function asksFor(places: readonly string[], kind: 'contact' | 'attribute'): boolean {
  return places.some((place) => place.startsWith(ATTRIBUTE) === (kind === 'attribute'))
}

/** The first place that holds an address which can be used. */
export function firstAddress(
  places: readonly string[],
  read: (value: unknown) => string | undefined,
  { contact, attributes }: { contact?: Fields | undefined; attributes?: Participant['attributes'] | undefined },
): string | undefined {
  for (const place of places) {
    const value = place.startsWith(ATTRIBUTE)
      ? ownValue(attributes, place.slice(ATTRIBUTE.length))
      : ownValue(contact, place)
    const address = read(value)
    if (address !== undefined) return address
  }
  return undefined
}

function ownValue(fields: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined
}

export function emailIn(value: unknown): string | undefined {
  const text = textIn(value)
  return text !== undefined && text.length <= 254 && /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/.test(text)
    ? text
    : undefined
}

/** E.164 out of a phone of a contact that takes SMS as far as is known, or out of an attribute. */
export function msisdnIn(value: unknown): string | undefined {
  if (isObject(value)) return value.acceptsSMS === false ? undefined : msisdnIn(value.e164)
  const digits = textIn(value)?.replace(/[\s().\-/]/g, '')
  return digits !== undefined && /^\+[1-9]\d{6,14}$/.test(digits) ? digits : undefined
}

export function nameOf(contact: Fields | undefined): Pick<KnownPerson, 'name'> {
  const name = [textIn(contact?.firstName), textIn(contact?.lastName)].filter((part) => part !== undefined).join(' ')
  return name === '' ? {} : { name }
}
