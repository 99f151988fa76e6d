import { createHash } from 'node:crypto'
import { compactVerify } from 'jose'
import { fieldsOf, parseJson, textIn } from '../../json/loose-json.ts'
import { isSameText } from '../../signing/same-text.ts'

/**
 * Vonage signs a webhook with a JWT in the Authorization header: HS256, keyed with the account's signature secret. The body
 * is covered by its SHA-256, which stands among the claims. https://developer.vonage.com/en/getting-started/concepts/webhooks
 */
const TOKEN = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i

/** Why a webhook is not believed; undefined for one that is Vonage's. */
export async function whyForged(
  authorization: string | undefined,
  body: Buffer,
  secrets: readonly string[],
): Promise<string | undefined> {
  if (secrets.length === 0) return 'this connection takes no webhooks: it has no signatureSecret'
  const token = TOKEN.exec(authorization ?? '')?.[1]
  if (token === undefined) return 'it is not signed: are signed webhooks switched on for the application?'
  const claims = await claimsOf(token, secrets)
  if (claims === undefined) return 'its signature does not match: is signatureSecret that of the account?'
  const hash = createHash('sha256').update(body).digest('hex')
  // Without the hash, the token of one webhook would vouch for any body.
  const isWhole = isSameText(textIn(fieldsOf(claims)?.payload_hash)?.toLowerCase() ?? '', hash)
  return isWhole ? undefined : 'its body is not the one that was signed'
}

/**
 * The claims of a token that one of the secrets signed. Its times are left alone: Vonage repeats a webhook for a day, and a
 * receipt that comes twice changes nothing.
 */
async function claimsOf(token: string, secrets: readonly string[]): Promise<unknown> {
  for (const secret of secrets) {
    try {
      const { payload } = await compactVerify(token, new TextEncoder().encode(secret), { algorithms: ['HS256'] })
      return parseJson(Buffer.from(payload))
    } catch {
      // Not signed with this one.
    }
  }
  return undefined
}
