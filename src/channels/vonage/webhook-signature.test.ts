import { describe, expect, it } from 'vitest'
import { signedByVonage, VONAGE_SIGNATURE_SECRET } from '../../../test/fakes/vonage.ts'
import { whyForged } from './webhook-signature.ts'

const BODY = '{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","status":"delivered"}'
const HASH = '0e4fcd5b3a7fc7b4f7f6d3d6f6d9b2b1'
const SECRETS = [VONAGE_SIGNATURE_SECRET]
const why = (authorization: string | undefined, body: string | Buffer = BODY, secrets: readonly string[] = SECRETS) =>
  whyForged(authorization, Buffer.from(body), secrets)
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

/**
 * A token made once with another tool (openssl): the key is `secret`, the header {"alg":"HS256","typ":"JWT"}, and the body that
 * it covers is `{}`, whose SHA-256 is 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a.
 */
const OF_EMPTY =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJWb25hZ2UiLCJwYXlsb2FkX2hhc2giOiI0NDEzNmZhMzU1YjM2NzhhMTE0NmFkMTZmN2U4NjQ5ZTk0ZmI0ZmMyMWZlNzdlODMxMGMwNjBmNjFjYWFmZjhhIn0.0WaVlc9-mJqPtLNViimSd9i2g0z3G2AdhMxCIHkTlJA'

describe('a webhook', () => {
  it('is Vonage’s when its token is signed and has the hash of its body', async () => {
    expect(await why(signedByVonage(BODY).headers.authorization)).toBeUndefined()
    expect(await why(`Bearer ${OF_EMPTY}`, '{}', ['secret'])).toBeUndefined()
  })

  it('may be signed by the old secret or the new one', async () => {
    const { authorization } = signedByVonage(BODY).headers
    expect(await why(authorization, BODY, ['new', ...SECRETS])).toBeUndefined()
    expect(await why(authorization, BODY, [...SECRETS, 'new'])).toBeUndefined()
    expect(await why(authorization, BODY, ['new'])).toContain('does not match')
  })

  it('may have its hash in capitals, and any bytes in its body', async () => {
    const { authorization } = signedByVonage(BODY).headers
    const [, claims = ''] = authorization?.split('.') ?? []
    const { payload_hash: hash } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { payload_hash: string }
    const capitals = signedByVonage(BODY, undefined, { payload_hash: hash.toUpperCase() })
    expect(await why(capitals.headers.authorization)).toBeUndefined()
    expect(await why(authorization, Buffer.from([0xff, 0xfe]))).toBe('its body is not the one that was signed')
  })

  it.each([
    ['another body', () => signedByVonage(BODY).headers.authorization, `${BODY} `],
    ['no body', () => signedByVonage(BODY).headers.authorization, ''],
    ['no hash', () => signedByVonage(BODY, undefined, { payload_hash: undefined }).headers.authorization, BODY],
    ['a hash that is a number', () => signedByVonage(BODY, undefined, { payload_hash: 7 }).headers.authorization, BODY],
    [
      'a hash of something else',
      () => signedByVonage(BODY, undefined, { payload_hash: HASH }).headers.authorization,
      BODY,
    ],
  ])('with %s is not what was signed', async (_, authorization, body) => {
    expect(await why(authorization(), body)).toBe('its body is not the one that was signed')
  })

  it.each([undefined, '', 'Bearer', 'Bearer x', 'Basic YTpi', 'Bearer a.b', 'Bearer a.b.c.d', 'Bearer a.b.c d'])(
    'with %j is not signed',
    async (authorization) => {
      expect(await why(authorization)).toContain('not signed')
    },
  )

  it('is not proved by a token without a signature, or by another algorithm', async () => {
    const [, claims] = signedByVonage(BODY).headers.authorization?.slice(7).split('.') ?? []
    for (const head of [{ alg: 'none' }, { alg: 'HS512' }, { alg: 'RS256' }, {}]) {
      expect(await why(`Bearer ${encode(head)}.${claims}.AAAA`)).toContain('does not match')
    }
    expect(await why('Bearer a.b.c')).toContain('does not match')
  })

  it('is nobody’s where there is no secret', async () => {
    expect(await why(signedByVonage(BODY, '').headers.authorization, BODY, [])).toContain('signatureSecret')
  })
})
