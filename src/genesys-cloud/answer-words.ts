import { STATUS_CODES } from 'node:http'
import type { HttpAnswer } from '../http/http-client.ts'
import { isObject } from '../json/loose-json.ts'

/**
 * An answer in words for operators: status, Genesys' own code and its correlation id, by which their support finds the call.
 * Their `message` is left out: it quotes what was sent.
 */
export function wordsOf(answer: HttpAnswer): string {
  const { status } = answer
  const code = codeOf(answer)
  const correlation = answer.headers['inin-correlation-id']
  return [
    `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd(),
    ...(code === undefined ? [] : [`code ${code}`]),
    ...(correlation !== undefined && /^[\w-]{1,64}$/.test(correlation) ? [`correlation id ${correlation}`] : []),
  ].join(', ')
}

/** `code` of an error of the API, or `error` of one of the login; undefined for anything that is not a plain word. */
export function codeOf({ json }: Pick<HttpAnswer, 'json'>): string | undefined {
  if (!isObject(json)) return undefined
  const code = json.code ?? json.error
  return typeof code === 'string' && /^[\w.-]{1,80}$/.test(code) ? code : undefined
}

export function isSuccess({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status >= 200 && status < 300
}
