import { createHmac, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'

/** The credentials that the fake knows; what is absent lets nobody in that way. */
export type FakeCredentials = {
  oauth1?: { consumerKey: string; consumerSecret: string; token: string; tokenSecret: string }
  oauth2?: { clientId: string; clientSecret: string; scope?: string }
}

/** Checks what requests say they are from, as LivePerson does: the whole signature with the query, the time, the nonce. */
export type Gate = {
  /** Undefined when it may come in, else what is wrong. */
  objection(request: { method: string; url: string; authorization: string | undefined }): string | undefined
  /** The answer of the token service. */
  token(form: URLSearchParams): Promise<{ status: number; json: unknown }>
  /** No token that was given out is good any more. */
  expireTokens(): void
}

const TOKEN_SECONDS = 3600
const TOLERANCE_SECONDS = 300

export function createGate(account: string, credentials: FakeCredentials, now: () => number): Gate {
  const tokens = new Map<string, number>()
  const nonces = new Set<string>()

  const oauth1Objection = (method: string, url: URL, header: string): string | undefined => {
    const { oauth1 } = credentials
    if (oauth1 === undefined) return 'no API keys here'
    const given = new Map(
      [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decodeURIComponent(value)]),
    )
    const of = (name: string) => given.get(`oauth_${name}`) ?? ''
    if (of('consumer_key') !== oauth1.consumerKey || of('token') !== oauth1.token) return 'no such key'
    if (of('signature_method') !== 'HMAC-SHA1' || of('version') !== '1.0') return 'another method or version'
    if (Math.abs(Number(of('timestamp')) - now() / 1000) > TOLERANCE_SECONDS) return 'the timestamp is off'
    if (of('nonce') === '' || nonces.has(of('nonce'))) return 'the nonce was used before'
    nonces.add(of('nonce'))
    const signature = of('signature')
    given.delete('oauth_signature')
    const parameters = [...given].concat([...url.searchParams])
    const lines = parameters.map(([name, value]) => `${percent(name)}=${percent(value)}`).sort()
    const base = `${method}&${percent(`${url.protocol}//${url.host}${url.pathname}`)}&${percent(lines.join('&'))}`
    const key = `${percent(oauth1.consumerSecret)}&${percent(oauth1.tokenSecret)}`
    return createHmac('sha1', key).update(base).digest('base64') === signature ? undefined : 'wrong signature'
  }

  return {
    objection: ({ method, url, authorization = '' }) => {
      if (authorization.startsWith('OAuth ')) return oauth1Objection(method, new URL(url), authorization.slice(6))
      const [, bearer = ''] = /^Bearer (\S+)$/.exec(authorization) ?? []
      const until = tokens.get(bearer)
      if (until === undefined) return 'no such token'
      return until > now() / 1000 ? undefined : 'the token has run out'
    },
    token: async (form) => {
      const { oauth2 } = credentials
      const wanted = { client_id: oauth2?.clientId, client_secret: oauth2?.clientSecret, scope: oauth2?.scope }
      if (form.get('grant_type') !== 'client_credentials')
        return { status: 400, json: { error: 'unsupported_grant_type' } }
      const wrong = Object.entries(wanted).some(([name, value]) => form.get(name) !== (value ?? null))
      if (oauth2 === undefined || wrong) return { status: 401, json: { error: 'invalid_client' } }
      const issued = Math.floor(now() / 1000)
      const jwt = await new SignJWT({ azp: oauth2.clientId, scope: oauth2.scope ?? '' })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('Sentinel')
        .setAudience(account)
        .setJti(randomUUID())
        .setIssuedAt(issued)
        .setExpirationTime(issued + TOKEN_SECONDS)
        .sign(Buffer.from('the key of the fake, which nobody checks'))
      tokens.set(jwt, issued + TOKEN_SECONDS)
      return { status: 200, json: { access_token: jwt, token_type: 'Bearer' } } // without expires_in, as documented
    },
    expireTokens: () => tokens.clear(),
  }
}

function percent(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      return /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}
