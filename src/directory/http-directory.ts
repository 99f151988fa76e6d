import { STATUS_CODES } from 'node:http'
import type { KnownPerson } from '../domain/source-event.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { type Directory, DirectoryTrouble } from '../engine/ports/directory.ts'
import type { Log } from '../engine/ports/log.ts'
import { createHttpClient, type HttpAnswer, type HttpResult } from '../http/http-client.ts'
import { sign } from '../signing/standard-webhooks.ts'
import { readUserRecord } from './read-user-record.ts'
import { SharedLookups } from './shared-lookups.ts'

/**
 * The operator's own user database, asked over HTTP: we post who is meant, signed in the form of Standard Webhooks, and get
 * what is known of the person. docs/guides/directory.md is the contract with those who write the other end.
 *
 * Answers are kept for a while, also that somebody is unknown; trouble is not. Who asks for the same person at the same time
 * shares one call.
 */
export type HttpDirectoryConfig = {
  url: string
  /** All sign while one is being changed. */
  secrets: readonly string[]
  /** For one call, answer included. */
  timeoutMs: number
  /** 0: nothing is kept. */
  cacheForMs: number
}
export type HttpDirectoryWorld = { clock: Clock; newId: () => string; log: Pick<Log, 'warn'> }
export type HttpDirectory = Directory & {
  /** Lets running calls finish and closes what is pooled. */
  close(): Promise<void>
}

const MAX_ANSWER_BYTES = 64 * 1024 // a person takes less than one
const MOST_CALLS = 16 // at a time: a thousand reminders that fall due at once must not run over somebody's database

export function httpDirectory(config: HttpDirectoryConfig, { clock, newId, log }: HttpDirectoryWorld): HttpDirectory {
  const http = createHttpClient({ timeoutMs: config.timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES })
  const lookups = new SharedLookups<KnownPerson>({ clock, keepForMs: config.cacheForMs, mostAtOnce: MOST_CALLS })

  const ask = async (subAccountId: string, contactId: string, signal: AbortSignal) => {
    const body = JSON.stringify({ subAccountId, contactId })
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      ...sign(config.secrets, newId(), clock.now() / 1000, body),
    }
    const { person, unusable } = readAnswer(await http.call({ url: config.url, headers, body }, signal))
    // One wrong address is no reason to withhold the others from the person; the operator hears of it.
    for (const field of unusable) {
      log.warn({ subAccountId, contactId, field }, 'the user database gave a value that cannot be used')
    }
    return person
  }

  return {
    find: (subAccountId, contactId, signal) =>
      lookups.find(JSON.stringify([subAccountId, contactId]), signal, (stop) => ask(subAccountId, contactId, stop)),
    close: http.close,
  }
}

type Read = { person: KnownPerson | undefined; unusable: readonly string[] }
const UNKNOWN: Read = { person: undefined, unusable: [] }

function readAnswer(result: HttpResult): Read {
  if (result.kind !== 'answered') throw trouble(`did not answer: ${result.detail}`)
  const { status, complete } = result
  const answered = `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  // What a wrong address gives, also with 404: everybody would be unknown, and nobody would notice.
  if (isWebPage(result)) throw trouble(`${answered} with a web page; is the URL right?`)
  if (status === 204 || status === 404 || status === 410) return UNKNOWN
  if (status === 401 || status === 403) throw trouble(`${answered}; does it have the same secret?`)
  if (status >= 300 && status < 400) throw trouble(`${answered}, which is not followed; give the URL where it leads`)
  if (status !== 200) throw trouble(answered)
  if (!complete) throw trouble(`${answered} with an answer that broke off, or is longer than 64 KB`)
  const read = readUserRecord(result.json)
  if (read.kind === 'wrong') throw trouble(`${answered}, but ${read.detail}`)
  return read
}

function isWebPage({ headers, text }: HttpAnswer): boolean {
  return /^\s*text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(text)
}

function trouble(what: string): DirectoryTrouble {
  return new DirectoryTrouble(`the user database ${what}`)
}
