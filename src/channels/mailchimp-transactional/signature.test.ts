import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignedBy } from './signature.ts'

// A webhook as Mailchimp has sent it, with which its users test their libraries: the same click twice, slashes escaped.
const CLICK = {
  event: 'click',
  msg: {
    ts: 1365109999,
    subject: 'This an example webhook message',
    email: 'example.webhook@mandrillapp.com',
    sender: 'example.sender@mandrillapp.com',
    tags: ['webhook-example'],
    opens: [{ ts: 1365111111 }],
    clicks: [{ ts: 1365111111, url: 'http://mandrill.com' }],
    state: 'sent',
    metadata: { user_id: 111 },
    _id: 'exampleaaaaaaaaaaaaaaaaaaaaaaaaa',
    _version: 'exampleaaaaaaaaaaaaaaa',
  },
  ip: '127.0.0.1',
  location: {
    country_short: 'US',
    country: 'United States',
    region: 'Oklahoma',
    city: 'Oklahoma City',
    latitude: 35.4675598145,
    longitude: -97.5164337158,
    postal_code: '73101',
    timezone: '-05:00',
  },
  user_agent: 'Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; en-US; rv:1.9.1.8) Gecko/20100317 Postbox/1.1.3',
  user_agent_parsed: {
    type: 'Email Client',
    ua_family: 'Postbox',
    ua_name: 'Postbox 1.1.3',
    ua_version: '1.1.3',
    ua_url: 'http://www.postbox-inc.com/',
    ua_company: 'Postbox, Inc.',
    ua_company_url: 'http://www.postbox-inc.com/',
    ua_icon: 'http://cdn.mandrill.com/img/email-client-icons/postbox.png',
    os_family: 'OS X',
    os_name: 'OS X 10.6 Snow Leopard',
    os_url: 'http://www.apple.com/osx/',
    os_company: 'Apple Computer, Inc.',
    os_company_url: 'http://www.apple.com/',
    os_icon: 'http://cdn.mandrill.com/img/email-client-icons/macosx.png',
    mobile: false,
  },
  url: 'http://mandrill.com',
  ts: 1379233940,
}
const EVENTS = JSON.stringify([CLICK, CLICK]).replaceAll('/', '\\/')
const KEY = 'ntynTMaFpM_octE5R1DKAw'
const URL_CALLED = 'http://requestb.in/q9a918q9'
const SIGNATURE = '7rUa4lNJitlb178MgGOcHO6T4Bg='

const form = (fields: Record<string, string> = { mandrill_events: EVENTS }) =>
  new URLSearchParams(new URLSearchParams(fields).toString())
const signed = (over: Partial<Parameters<typeof isSignedBy>[1]> = {}, keys = [KEY]) =>
  isSignedBy(keys, { signature: SIGNATURE, url: URL_CALLED, form: form(), ...over })

describe('a signature', () => {
  it('covers the URL and the form as it was sent', () => {
    expect(signed()).toBe(true)
  })

  it.each([
    ['another URL', { url: `${URL_CALLED}/` }],
    ['a query', { url: `${URL_CALLED}?a=1` }],
    ['the same JSON, written anew', { form: form({ mandrill_events: EVENTS.replaceAll('\\/', '/') }) }],
    ['a field more', { form: form({ mandrill_events: EVENTS, more: '' }) }],
    ['no form', { form: form({}) }],
    ['no signature', { signature: '' }],
    ['half of it', { signature: SIGNATURE.slice(0, 14) }],
    ['it twice', { signature: `${SIGNATURE},${SIGNATURE}` }],
  ])('does not fit %s', (_, over) => {
    expect(signed(over)).toBe(false)
  })

  it('may be by the old key or the new one', () => {
    expect(signed({}, ['new', KEY])).toBe(true)
    expect(signed({}, [KEY, 'new'])).toBe(true)
    expect(signed({}, ['new'])).toBe(false)
    expect(signed({}, [])).toBe(false)
  })

  it('takes fields by their names, whatever their order in the form', () => {
    const [one, other] = [form({ a: '1', b: '2' }), form({ b: '2', a: '1' })]
    const signature = createHmac('sha1', KEY).update(`${URL_CALLED}a1b2`).digest('base64')
    expect([signed({ form: one, signature }), signed({ form: other, signature })]).toEqual([true, true])
  })
})
