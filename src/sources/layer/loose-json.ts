import { fieldsOf } from '../../json/loose-json.ts'

/** Layer's ids and texts, read without belief: what is not as it should be is undefined. */

/** A text that every database takes: without NUL, and without halves of characters. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : undefined
}

/** A text that says something. */
export function wordsOf(value: unknown): string | undefined {
  const text = textOf(value)?.trim()
  return text === '' ? undefined : text
}

const LONGEST_ID = 200

/** Undefined also for one that would not come back from the database as it is: a changed id is another one. */
function idOf(text: string): string | undefined {
  return text !== '' && text.length <= LONGEST_ID && textOf(text) === text ? text : undefined
}

/**
 * The bare id of a message or a conversation, which is written as `layer:///messages/<uuid>`, as the bare id, or as an
 * object with an `id`.
 */
export function bareId(value: unknown): string | undefined {
  if (typeof value === 'string') return idOf(value.slice(value.lastIndexOf('/') + 1))
  const fields = fieldsOf(value)
  return fields && typeof fields.id === 'string' ? bareId(fields.id) : undefined
}

const IDENTITY = 'layer:///identities/'

/**
 * The app's own id of a user, which is written as it is (webhooks 1.0), as an identity URI, or as an object with one or
 * both. In the URI it is percent-encoded.
 */
export function userId(value: unknown): string | undefined {
  if (typeof value === 'string') return idOf(value.startsWith(IDENTITY) ? decoded(value.slice(IDENTITY.length)) : value)
  const fields = fieldsOf(value)
  if (fields === undefined) return undefined
  if (typeof fields.user_id === 'string' && fields.user_id !== '') return idOf(fields.user_id)
  return typeof fields.id === 'string' ? userId(fields.id) : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // it was never encoded
  }
}

/** The users of a list; undefined when it is no list, or one of them cannot be read: then it is not all of them. */
export function userIds(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const ids = value.map(userId).filter((id) => id !== undefined)
  return ids.length === value.length ? [...new Set(ids)] : undefined
}
