import { type Static, Type } from 'typebox'
import type { Clock } from '../../engine/ports/clock.ts'
import { defineSource } from '../define-source.ts'
import { confirmUnread } from './confirm.ts'
import { findPerson } from './identity.ts'
import { createServerApi, type ServerApi } from './server-api.ts'
import { readWebhook } from './webhook.ts'

/**
 * Layer tells by webhook what is sent and read; right before a notice its Server API is asked what is still unread, and where
 * a person can be reached. docs/guides/layer.md is for those who set it up.
 */
const BASE_URL = 'https://api.layer.com'
const API_VERSION = '3.0'

const secret = Type.String({ minLength: 1, secret: true })

const config = Type.Object({
  secret: Type.Union([secret, Type.Array(secret, { minItems: 1, expected: 'a list of secrets' })], {
    description:
      'What the webhook was registered with; signs each request. A list while it is being changed: any is good.',
  }),
  appId: Type.Optional(
    Type.String({
      pattern: '^(layer:///apps/([a-z]+/)?)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      expected: 'the UUID of an app, alone or as layer:///apps/…',
      unset: 'only possible without `token`',
      example: '5b5a0c5e-0000-4000-8000-000000000001',
      description: 'The app, for calls of the Server API.',
    }),
  ),
  token: Type.Optional(
    Type.String({
      minLength: 1,
      secret: true,
      unset: 'webhooks are all that is known, and addresses come from elsewhere',
      description:
        'For the Server API: whether a message is still unread right before a notice, and where people can be reached.',
    }),
  ),
  apiVersion: Type.Optional(
    Type.Enum(['1.0', '1.1', '2.0', '3.0'], {
      default: API_VERSION,
      description: 'Version of the Server API. That of the webhook may be another one.',
    }),
  ),
  baseUrl: Type.Optional(
    Type.String({
      pattern: '^https?://',
      expected: 'a URL that starts with https:// or http://',
      default: BASE_URL,
      description: 'Where the Server API is.',
    }),
  ),
})

export const layer = defineSource<typeof config>({
  id: 'layer',
  summary: 'Layer, by webhooks 1.0, 2.0 or 3.0 and the Server API.',
  config,
  check: ({ appId, token }) =>
    token !== undefined && appId === undefined
      ? [{ field: 'appId', message: 'missing: the token is for calls to an app, so say which' }]
      : [],
  waitSeconds: 900,
  reportsDelivered: true,
  create: ({ secret, ...config }, { clock }) => {
    const secrets = typeof secret === 'string' ? [secret] : secret
    const api = serverApiOf(config, clock)
    return {
      handle: (request) => readWebhook(request, secrets, clock.now()),
      givesUpWhenRefused: true, // after half an hour of repeats, with all else that waits
      ...(api && {
        confirm: (asked, signal) => confirmUnread(api, asked, signal),
        personOf: ({ person }, signal) => findPerson(api, person, signal),
        close: api.close,
      }),
    }
  },
})

type ServerApiConfig = Omit<Static<typeof config>, 'secret'>

function serverApiOf({ token, appId, baseUrl, apiVersion }: ServerApiConfig, clock: Clock): ServerApi | undefined {
  if (token === undefined || appId === undefined) return undefined
  return createServerApi({ baseUrl: baseUrl ?? BASE_URL, appId, token, version: apiVersion ?? API_VERSION, clock })
}
