import { createHmac } from 'node:crypto'
import { isOneOf } from '../../signing/same-text.ts'

/**
 * `X-Mandrill-Signature`: base64 of HMAC-SHA1, keyed with the webhook's own key, over the URL as it was given to Mailchimp
 * and the fields of the form by name, each followed by its value, nothing in between.
 * https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
 */
export type Signed = {
  signature: string
  /** What a proxy made of it on the way does not count. */
  url: string
  form: URLSearchParams
}

/** Whether one of the keys signed this. Takes the same time wherever it differs. */
export function isSignedBy(keys: readonly string[], { signature, url, form }: Signed): boolean {
  const fields = [...new Set(form.keys())].sort().flatMap((name) => form.getAll(name).map((value) => name + value))
  const text = url + fields.join('')
  const wanted = keys.map((key) => createHmac('sha1', key).update(text).digest('base64'))
  return isOneOf(signature, wanted)
}
