import { describe, expect, it } from 'vitest'
import { channelWorld } from '../../test/support/channel-world.ts'
import { hasToken, tokenUrl } from './callback-token.ts'

const world = (connectionId: string) =>
  channelWorld({ connectionId, callbackUrl: `https://messages.example.com/callbacks/${connectionId}` })
const API = 'https://api.example.com'
const urlOf = (connectionId: string, secrets: readonly string[]) => tokenUrl(world(connectionId), secrets, API) ?? ''

describe('the token of a callback URL', () => {
  it('is known again behind whatever host a proxy made of it', () => {
    const { pathname, search } = new URL(urlOf('sms', ['secret']))
    expect(pathname).toBe('/callbacks/sms')
    expect(hasToken(pathname + search, world('sms'), ['secret'])).toBe(true)
  })

  it('is good for any of several secrets, and made of the first', () => {
    const { search } = new URL(urlOf('sms', ['next', 'secret']))
    expect(search).toBe(new URL(urlOf('sms', ['next'])).search)
    expect(hasToken(`/${search}`, world('sms'), ['secret', 'next'])).toBe(true)
    expect(hasToken(`/${search}`, world('sms'), ['secret'])).toBe(false)
  })

  it('does not show the secret, and is no good for another connection', () => {
    const url = urlOf('sms', ['a-secret'])
    expect(url).not.toContain('a-secret')
    expect(hasToken(new URL(url).search, world('viber'), ['a-secret'])).toBe(false)
  })

  it.each(['/callbacks/sms', '/callbacks/sms?token=', '/callbacks/sms?token=secret', '/?other=1'])(
    'is not in %s',
    (url) => {
      expect(hasToken(url, world('sms'), ['secret'])).toBe(false)
    },
  )

  it('is nobody’s where there is no secret', () => {
    expect(tokenUrl(world('sms'), [], API)).toBeUndefined()
    expect(hasToken('/callbacks/sms?token=', world('sms'), [])).toBe(false)
  })

  it('is not given to who could not use it', () => {
    expect(tokenUrl(channelWorld({ callbackUrl: 'http://localhost:3000/callbacks/sms' }), ['s'], API)).toBeUndefined()
  })
})
