import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { Clock } from '../engine/ports/clock.ts'
import type { BadgeJwt } from './badge-options.ts'
import { ApiError } from './errors.ts'

// Each kind of key has its own list: a public key must never be taken for a shared secret, and `none` is in neither.
const SHARED = ['HS256', 'HS384', 'HS512']
const PUBLIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const SKEW_SECONDS = 30 // a token that was made this instant, by a clock that is ahead of ours
const REST_MS = 30_000 // after keys could not be fetched

/** Checks that who asks is the consumer: a JWT whose `sub` is the consumer's id. */
export class BadgeTokens {
  readonly #jwt: BadgeJwt
  readonly #clock: Clock
  /** Whatever one of these accepts is good. */
  readonly #verifiers: readonly ((token: string, options: JWTVerifyOptions) => Promise<{ payload: JWTPayload }>)[]

  constructor(jwt: BadgeJwt, clock: Clock) {
    this.#jwt = jwt
    this.#clock = clock
    if ((jwt.secret === undefined) === (jwt.jwksUrl === undefined)) {
      throw new Error('badge.jwt needs exactly one of secret and jwksUrl')
    }
    if (jwt.jwksUrl === undefined) {
      const keys = [jwt.secret ?? []].flat().map((secret) => new TextEncoder().encode(secret))
      this.#verifiers = keys.map((key) => (token, options) => jwtVerify(token, key, { ...options, algorithms: SHARED }))
    } else {
      const keys = publishedKeys(new URL(jwt.jwksUrl), clock)
      this.#verifiers = [(token, options) => jwtVerify(token, keys, { ...options, algorithms: PUBLIC })]
    }
  }

  /** Answers when the token ends, in epoch milliseconds. Throws 401 for none or a bad one, 403 for somebody else's. */
  async check(token: string | undefined, consumer: string): Promise<number> {
    if (token === undefined) {
      throw new ApiError(1200, '', 'give a token of the consumer as "Authorization: Bearer <JWT>" or as ?token=')
    }
    const { sub, exp = 0 } = await this.#verify(token)
    const endsAt = exp * 1000
    if (endsAt <= this.#clock.now()) throw new ApiError(1200, 'token', 'has expired')
    if (sub !== consumer)
      throw new ApiError(1201, 'token', 'is of another consumer: its sub must be the id in the path')
    return endsAt
  }

  async #verify(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#jwt
    const options = {
      currentDate: new Date(this.#clock.now()),
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ['sub', 'exp'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }
    let trouble: unknown
    for (const verify of this.#verifiers) {
      try {
        return (await verify(token, options)).payload
      } catch (error) {
        if (error instanceof ApiError) throw error
        trouble = error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break // another key would not help
      }
    }
    throw new ApiError(1200, 'token', this.#whatIsWrong(trouble))
  }

  /** In our own words: the library's may quote the token. */
  #whatIsWrong(error: unknown): string {
    if (error instanceof errors.JWTExpired) return 'has expired'
    if (error instanceof errors.JWTClaimValidationFailed) {
      const { claim } = error
      if (claim === 'nbf') return 'is not valid yet (nbf)'
      return ['exp', 'sub', 'iss', 'aud'].includes(claim)
        ? `its ${claim} is missing or not the right one`
        : 'is not valid'
    }
    if (error instanceof errors.JOSEAlgNotAllowed) {
      return `its alg must be one of ${(this.#jwt.jwksUrl === undefined ? SHARED : PUBLIC).join(', ')}`
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not match'
    if (error instanceof errors.JWKSNoMatchingKey) return 'it is signed with a key that jwksUrl does not list'
    if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it must name its key (kid), as jwksUrl lists several'
    return 'is not a signed JWT'
  }
}

const TOKENS_FAULT = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

/**
 * Keys as their URL lists them: fetched anew every ten minutes, and for a key that is not among them, at most every 30
 * seconds. While the URL does not answer, the keys that were seen last go on, and it is left alone for a while.
 */
function publishedKeys(url: URL, clock: Clock): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url)
  let restUntil = 0
  const lastSeen: JWTVerifyGetKey = async (header, token) => {
    const keys = remote.jwks()
    if (keys === undefined) {
      throw new ApiError(2000, '', 'the keys for checking tokens cannot be fetched at present; try again later', 503)
    }
    return createLocalJWKSet(keys)(header, token)
  }
  return async (header, token) => {
    if (clock.now() < restUntil) return lastSeen(header, token)
    try {
      return await remote(header, token)
    } catch (error) {
      if (TOKENS_FAULT.some((kind) => error instanceof kind)) throw error
      restUntil = clock.now() + REST_MS
      return lastSeen(header, token)
    }
  }
}
