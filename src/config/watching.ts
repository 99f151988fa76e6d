import { type TProperties, Type } from 'typebox'
import { Url } from '../channels/define-channel.ts'
import { webhook } from '../channels/webhook.ts'
import { Duration } from './duration-field.ts'

/** What is configured for watching chat platforms, beside the platforms' own fields and the reminder rules. */
export const SUBACCOUNT = '^[A-Za-z0-9\\-._&]{3,50}$' // as in the paths of the API

/** What every source has, beside its platform's own fields. */
export const sourceFields = {
  platform: Type.String({ description: 'The chat platform that it watches.' }),
  subaccount: Type.String({
    pattern: SUBACCOUNT,
    expected: '3 to 50 letters, digits or - . _ &',
    default: 'default',
    description: 'The subaccount whose reminder rules count for it, and in whose name people are reminded.',
  }),
  enabled: Type.Boolean({
    default: true,
    description: '`false`: as if it were not there, though rules may name it.',
  }),
} satisfies TProperties

/** The same secrets as on a channel of one's own. */
const signingSecrets = webhook.config.properties.secret.anyOf

export const directory = Type.Object(
  {
    url: Url({ description: 'Where it is asked, with a signed `POST`.' }),
    secret: Type.Union(signingSecrets, {
      description: 'Signs what is asked. A list while it is being changed: all sign.',
    }),
    timeout: Duration({
      default: '5s',
      from: '100ms',
      to: '1m',
      description: 'How long an answer is waited for; then the other ways to an address are tried.',
    }),
    cacheFor: Duration({
      default: '5m',
      from: '0s',
      to: '24h',
      description: 'How long an answer is used again.',
    }),
  },
  { description: 'Your own user database, asked where to reach a person who is not among the contacts.' },
)

const ORIGIN_WORDS = 'an origin such as https://www.example.com, without a path, or "*" for all'
const origin = Type.Refine(Type.String({ expected: ORIGIN_WORDS }), (text) => originOf(text) !== undefined)

/** An origin as browsers spell it, or `*`; undefined for what is neither. */
export function originOf(text: string): string | undefined {
  if (text === '*') return text
  const url = /^https?:\/\/[^\s/?#@*\\]+$/i.test(text) ? URL.parse(text) : null
  return url?.origin
}

/** As long as the shortest of its signatures: a shorter one can be guessed from a single token. */
const SHORTEST_JWT_SECRET = 32

const jwtSecret = Type.String({
  minLength: SHORTEST_JWT_SECRET,
  expected: `at least ${SHORTEST_JWT_SECRET} characters`,
  secret: true,
})

export const badgeJwt = Type.Object(
  {
    secret: Type.Optional(
      Type.Union([jwtSecret, Type.Array(jwtSecret, { minItems: 1, expected: 'a list of secrets' })], {
        unset: 'tokens are checked by the keys at `jwksUrl`',
        description:
          'The secret that your tokens are signed with (HS256, HS384 or HS512). A list while it is being changed: any is good.',
      }),
    ),
    jwksUrl: Type.Optional(
      Type.String({
        pattern: '^https?://',
        expected: 'a URL that starts with https:// or http://',
        alternative: true,
        unset: 'tokens are checked by `secret`',
        description: 'Where the public keys of your tokens are. Either this or `secret`.',
      }),
    ),
    issuer: Type.Optional(Type.String({ minLength: 1, unset: 'any', description: 'What `iss` has to be.' })),
    audience: Type.Optional(Type.String({ minLength: 1, unset: 'any', description: 'What `aud` has to name.' })),
  },
  {
    unset: 'whoever knows an id may ask',
    description: 'The badge of a person is shown only with a token whose `sub` is that person.',
  },
)

export const badge = Type.Object(
  {
    origins: Type.Array(origin, {
      default: [],
      expected: 'a list of origins such as [https://www.example.com], or ["*"] for all',
      unset: 'none',
      example: ['https://www.example.com'],
      description: 'Websites that may show it, beside those on the address of this service. `*` for all.',
    }),
    perMinute: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 60,
      description: 'Requests that one address may make in a minute while `jwt` is not set.',
    }),
    proxies: Type.Integer({
      minimum: 0,
      maximum: 10,
      default: 0,
      description: 'How many proxies of yours stand before the service: they tell the address that is counted.',
    }),
    jwt: Type.Optional(badgeJwt),
  },
  { description: 'Shows on a website that somebody has unread messages.' },
)
