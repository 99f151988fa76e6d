import { isSupportedCountry } from 'libphonenumber-js/min'
import { type Static, Type } from 'typebox'

/** What LivePerson needs to be told. */
export const DEFAULTS = {
  callOff: 'read',
  pollSeconds: 60,
  lookBackDays: 30,
  trustUnauthenticated: true,
  sourceName: 'Untilread',
  domainUrl: 'https://api.liveperson.net',
  scheme: 'https',
} as const

/** `alternative`: of two ways to log in, the one that the example file does not show. */
function secret(description: string, { alternative }: { alternative?: true } = {}) {
  return Type.Optional(Type.String({ minLength: 1, secret: true, ...(alternative && { alternative }), description }))
}

const webhookSecret = Type.String({ minLength: 1, secret: true })

export const config = Type.Object({
  account: Type.String({
    pattern: '^[A-Za-z0-9]{1,40}$',
    expected: 'an account number in quotes, such as "12345678"',
    example: '12345678',
    description: 'The account, also called site or brand id.',
  }),
  consumerKey: Type.Optional(
    Type.String({ minLength: 1, alternative: true, description: 'App key of an API key (OAuth 1.0).' }),
  ),
  consumerSecret: secret('Secret of the API key.', { alternative: true }),
  token: secret('Access token of the API key.', { alternative: true }),
  tokenSecret: secret('Access token secret of the API key.', { alternative: true }),
  clientId: Type.Optional(
    Type.String({
      minLength: 1,
      example: 'c0ffee00-0000-4000-8000-000000000000',
      description: 'Client id of an application install (OAuth 2.0), instead of an API key.',
    }),
  ),
  clientSecret: secret('Client secret of the install.'),
  scope: Type.Optional(
    Type.String({
      minLength: 1,
      unset: 'what the install was given',
      description: 'Scope to ask for with the install.',
    }),
  ),
  skills: Type.Optional(
    Type.Array(
      Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 1 })], {
        expected: 'the name or id of a skill',
      }),
      {
        minItems: 1,
        expected: 'a list of names or ids of skills',
        unset: 'all',
        example: ['Sales'],
        description: 'Only conversations that are with these skills now. Names need the permission to read skills.',
      },
    ),
  ),
  callOff: Type.Optional(
    Type.Enum(['read', 'reply'], {
      default: DEFAULTS.callOff,
      description:
        'What calls a reminder off: `read`: that the window reported reading, or a reply. `reply`: a reply alone, for ' +
        'connectors that never report reading, or report it too easily.',
    }),
  ),
  pollSeconds: Type.Optional(
    Type.Integer({
      minimum: 20,
      maximum: 3600,
      default: DEFAULTS.pollSeconds,
      description: 'Seconds from one poll to the next.',
    }),
  ),
  lookBackDays: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 390,
      default: DEFAULTS.lookBackDays,
      description:
        'How long ago an open conversation may have begun to be found. Once found it is followed to its end.',
    }),
  ),
  webhookSecret: Type.Optional(
    Type.Union([webhookSecret, Type.Array(webhookSecret, { minItems: 1 })], {
      unset: 'webhooks are refused',
      description: 'Client secret of the install that sends webhooks. A list while it is being changed: any is good.',
    }),
  ),
  trustUnauthenticated: Type.Optional(
    Type.Boolean({
      default: DEFAULTS.trustUnauthenticated,
      description: 'Use the e-mail address, phone number, customer id and such of visitors who have not logged in.',
    }),
  ),
  defaultCountry: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{2}$',
      expected: 'two letters such as US',
      unset: 'phone numbers without a country code are passed over',
      example: 'US',
      description: 'Where phone numbers without a country code are from.',
    }),
  ),
  sourceName: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,20}$',
      expected: 'at most 20 letters, digits, "-" and "_"',
      default: DEFAULTS.sourceName,
      description: 'What we call ourselves to LivePerson, which wants to know who asks.',
    }),
  ),
  domainUrl: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]+$',
      expected: 'a URL that starts with https:// or http://',
      default: DEFAULTS.domainUrl,
      description: 'Where the hosts of the account are asked for.',
    }),
  ),
  scheme: Type.Optional(
    Type.Enum(['https', 'http'], {
      default: DEFAULTS.scheme,
      description: 'How those hosts are spoken with. `http` is for tests.',
    }),
  ),
})
export type Config = Static<typeof config>

const KEY = ['consumerKey', 'consumerSecret', 'token', 'tokenSecret'] as const
const INSTALL = ['clientId', 'clientSecret'] as const

/** One whole set of credentials, and a country that has phones. */
export function checkConfig(config: Config): { field: string; message: string }[] {
  return [...checkCredentials(config), ...checkCountry(config)]
}

function checkCredentials(config: Config): { field: string; message: string }[] {
  const has = (field: keyof Config) => config[field] !== undefined
  if (KEY.some(has) && (INSTALL.some(has) || has('scope'))) {
    const message =
      'give either an API key (consumerKey, consumerSecret, token, tokenSecret) or an install (clientId, clientSecret), not both'
    return [{ field: INSTALL.find(has) ?? 'scope', message }]
  }
  const [set, what] = KEY.some(has)
    ? [KEY, 'the rest of the API key']
    : [INSTALL, 'an install (clientId, clientSecret) or an API key (consumerKey, consumerSecret, token, tokenSecret)']
  const isBegun = set.some(has) || has('scope')
  const missing = set.filter((field) => !has(field))
  if (!isBegun) return [{ field: 'clientId', message: `missing: LivePerson needs ${what}` }]
  return missing.map((field) => ({ field, message: `missing: it goes with ${set.find(has) ?? 'scope'}` }))
}

function checkCountry({ defaultCountry }: Config): { field: string; message: string }[] {
  if (defaultCountry === undefined || isSupportedCountry(defaultCountry)) return []
  return [{ field: 'defaultCountry', message: `there is no country ${defaultCountry}; want two letters such as US` }]
}
