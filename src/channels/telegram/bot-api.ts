import { withoutSlash } from '../../http/base-url.ts'
import type { HttpAnswer, HttpClient, HttpResult } from '../../http/http-client.ts'
import { type Fields, fieldsOf } from '../../json/loose-json.ts'

/** Calls to the Bot API. The token stands in the address, so no address is ever shown. https://core.telegram.org/bots/api */
export type BotApi = {
  call(method: Method, parameters: Fields, signal: AbortSignal): Promise<HttpResult>
  close(): Promise<void>
}

export type Method =
  | 'getMe'
  | 'deleteMessage'
  | 'sendMessage'
  | 'sendPhoto'
  | 'sendVideo'
  | 'sendAudio'
  | 'sendDocument'
  | 'sendLocation'
  | 'sendVenue'

export function createBotApi(http: HttpClient, { baseUrl, botToken }: { baseUrl: string; botToken: string }): BotApi {
  const start = `${withoutSlash(baseUrl)}/bot${botToken}`
  return {
    call: (method, parameters, signal) =>
      http.call(
        {
          url: `${start}/${method}`,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify(parameters),
        },
        signal,
      ),
    close: http.close,
  }
}

/** What a method gave; undefined for what is no success in Telegram's form. */
export function resultOf({ status, json }: HttpAnswer): unknown {
  const fields = fieldsOf(json)
  return status === 200 && fields?.ok === true ? fields.result : undefined
}

/** A refusal in Telegram's form. */
export type Refusal = { description: string; retryAfterSeconds?: number; migrateTo?: number }

export function refusalIn({ json }: HttpAnswer): Refusal | undefined {
  const fields = fieldsOf(json)
  if (fields?.ok !== false) return undefined
  const { retry_after: after, migrate_to_chat_id: migrateTo } = fieldsOf(fields.parameters) ?? {}
  return {
    description: typeof fields.description === 'string' ? fields.description : '',
    ...(typeof after === 'number' && after >= 0 && Number.isFinite(after) && { retryAfterSeconds: after }),
    // A chat's id has at most 52 bits; one that has lost digits on the way would be another chat's.
    ...(typeof migrateTo === 'number' && Number.isSafeInteger(migrateTo) && { migrateTo }),
  }
}
