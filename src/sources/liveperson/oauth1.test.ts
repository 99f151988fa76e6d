import { describe, expect, it } from 'vitest'
import { baseString, signOAuth1 } from './oauth1.ts'

const KEYS = {
  consumerKey: 'example_consumer_key',
  consumerSecret: 'example_consumer_secret',
  token: 'example_token',
  tokenSecret: 'example_token_secret',
}
const PATH = 'va.msghist.liveperson.net/messaging_history/api/account/12345678/conversations/search'
const QUERY = 'offset=0&limit=100&sort=start:desc&v=2&source=Acme_Reminder_Poll'
const ONCE = { nonce: 'c1c04ec4312544cf', timestampSeconds: 1_700_000_000.9 }

describe('an OAuth 1.0 signature', () => {
  it('is that of the worked example', () => {
    const header = signOAuth1({ method: 'POST', url: `https://${PATH}?${QUERY}` }, KEYS, ONCE)
    expect(header).toBe(
      'OAuth oauth_consumer_key="example_consumer_key", oauth_token="example_token", ' +
        'oauth_signature_method="HMAC-SHA1", oauth_timestamp="1700000000", oauth_nonce="c1c04ec4312544cf", ' +
        'oauth_version="1.0", oauth_signature="%2Ff2EA3iApZL7XyyPc18YwDok3j8%3D"',
    )
  })

  it('is the same however the query is written', () => {
    const sign = (query: string) => signOAuth1({ method: 'post', url: `https://${PATH}?${query}` }, KEYS, ONCE)
    expect(sign('source=Acme_Reminder_Poll&v=2&sort=start%3Adesc&limit=100&offset=0')).toBe(sign(QUERY))
  })

  it('covers every letter of the query', () => {
    const sign = (query: string) => signOAuth1({ method: 'POST', url: `https://${PATH}?${query}` }, KEYS, ONCE)
    expect(sign(QUERY.replace('offset=0', 'offset=1'))).not.toBe(sign(QUERY))
  })

  it('sorts encoded names and values by bytes, and encodes what encodeURIComponent leaves', () => {
    const url = "http://Host.example:8080/a?b=2&a=~&B=1&b=10&c=it's!(*)&d=%20"
    expect(baseString({ method: 'GET', url }, { a: 'é' })).toBe(
      'GET&http%3A%2F%2Fhost.example%3A8080%2Fa&' +
        'B%3D1%26a%3D%25C3%25A9%26a%3D~%26b%3D10%26b%3D2%26c%3Dit%2527s%2521%2528%252A%2529%26d%3D%2520',
    )
  })
})
