import { createPrivateKey, type KeyObject } from 'node:crypto'
import { fieldsOf, textIn } from '../json/loose-json.ts'

/** Who we are to Google: the key file of a service account, as the console lets it be downloaded. */
export type ServiceAccount = {
  email: string
  key: KeyObject
  keyId?: string
  /** Where the file says that tokens are; also whom the signed word is meant for. */
  tokenUrl: string
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token'

/** The account in the file, or in words what is wrong with the file. */
export function readServiceAccount(file: string): ServiceAccount | { wrong: string } {
  const fields = fieldsOf(parse(file))
  if (fields === undefined) return { wrong: 'is no JSON: give the whole key file of the service account' }
  const email = textIn(fields.client_email)
  const pem = textIn(fields.private_key)
  if (email === undefined || pem === undefined) {
    return { wrong: 'has no client_email or no private_key: give the whole key file of the service account' }
  }
  const key = keyIn(pem)
  if (key?.asymmetricKeyType !== 'rsa') return { wrong: 'has a private_key that is no RSA key in PEM' }
  const keyId = textIn(fields.private_key_id)
  const tokenUrl = textIn(fields.token_uri) ?? TOKEN_URL
  if (!/^https?:\/\//.test(tokenUrl) || !URL.canParse(tokenUrl)) return { wrong: 'has a token_uri that is no URL' }
  return { email, key, tokenUrl, ...(keyId !== undefined && { keyId }) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
