import { type Static, Type } from 'typebox'
import type { StepContent } from '../../domain/content.ts'
import type { SendOutcome } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient, type HttpRequest } from '../../http/http-client.ts'
import { type Fields, fieldsOf } from '../../json/loose-json.ts'
import { defineChannel, listOf, Secrets, Url, type World } from '../define-channel.ts'
import { readCallback } from './callback.ts'
import { checkOfAnswer, outcomeOfAnswer } from './viber-outcome.ts'

/**
 * A Viber bot: it writes to those who subscribe to it, by the ids that Viber gave them for this bot alone. It cannot write to
 * phone numbers; that is another product of Viber's, reached through an aggregator.
 * https://creators.viber.com/docs/bots-api
 */
const BASE_URL = 'https://chatapi.viber.com/pa'

const config = Type.Object({
  authToken: Secrets({
    description:
      'The bot’s auth token: it logs in, and checks callbacks. A list while it is being changed: the first logs in, any is ' +
      'good for a callback.',
  }),
  senderName: Type.String({
    pattern: '^[^\\p{Cc}]{1,28}$',
    expected: 'a name of 1 to 28 characters on one line',
    example: 'My Shop',
    description: 'The name that stands over each message.',
  }),
  senderAvatar: Type.Optional(Url({ description: 'The address of a picture that stands beside the name.' })),
  baseUrl: Type.Optional(Url({ default: BASE_URL, description: 'Where the API is, or a stand-in for tests.' })),
})
type Config = Static<typeof config>

export const viber = defineChannel({
  id: 'viber',
  serves: ['Viber'],
  summary: 'Viber through a bot, to those who subscribe to it.',
  config,
  abilities: () => ({
    // What is accepted is sent: Viber tells the two apart nowhere.
    reports: ['accepted', 'delivered', 'read'],
    address: 'any',
    carries: ['text', 'image', 'location'],
    takesIdempotencyKey: false,
    hearsReplies: true,
  }),
  create: (config, world) => {
    const http = createHttpClient()
    const tokens = listOf(config.authToken)
    return {
      send: (outgoing, signal) => send(http, config, world, outgoing, signal),
      receive: (request) => readCallback(request, tokens),
      check: async (signal) => {
        const result = await http.call(requestOf(config, 'get_account_info', {}), signal)
        return checkOfAnswer(result, world.callbackUrl)
      },
      close: http.close,
    }
  },
})

async function send(
  http: HttpClient,
  config: Config,
  { clock }: World,
  { address, attemptRef, content }: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  if (!isViberId(address)) {
    const detail = 'the address is no id of a Viber user: a bot writes to subscribers, and to no phone number'
    return { kind: 'rejected', reason: 'recipient', detail }
  }
  const fields = contentFields(content)
  if (fields === undefined) {
    return { kind: 'rejected', reason: 'content', detail: `the content lacks what a ${content.type} on Viber needs` }
  }
  const { senderName: name, senderAvatar: avatar } = config
  const request = requestOf(config, 'send_message', {
    receiver: address,
    // The least that can be asked for: nothing that we send needs a newer app.
    min_api_version: 1,
    sender: { name, ...(avatar !== undefined && { avatar }) },
    tracking_data: attemptRef,
    ...fields,
  })
  return outcomeOfAnswer(await http.call(request, signal), clock.now())
}

/** Base64, as all ids of users are. A phone number with its `+` would look the same. */
function isViberId(address: string): boolean {
  return /^[A-Za-z0-9+/]{8,}={0,2}$/.test(address) && !/^\+?\d+$/.test(address)
}

function contentFields({ type, text, content }: StepContent): Fields | undefined {
  switch (type) {
    case 'text':
      return text ? { type, text } : undefined
    case 'image': {
      const thumbnail = fieldsOf(content.image)?.thumbnail
      // The text may be empty, but it has to be there.
      const picture = { type: 'picture', text: text ?? '', media: content.url }
      return content.url ? { ...picture, ...(typeof thumbnail === 'string' && { thumbnail }) } : undefined
    }
    case 'location': {
      const { latitude, longitude } = fieldsOf(content.location) ?? {}
      const isPlace = typeof latitude === 'number' && typeof longitude === 'number'
      return isPlace ? { type, location: { lat: latitude, lon: longitude } } : undefined
    }
    default:
      return undefined
  }
}

function requestOf({ authToken, baseUrl = BASE_URL }: Config, name: string, body: Fields): HttpRequest {
  return {
    url: `${withoutSlash(baseUrl)}/${name}`,
    headers: {
      'x-viber-auth-token': listOf(authToken)[0] ?? '',
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify(body),
  }
}
