import { afterEach, describe, expect, it } from 'vitest'
import type { Answer } from '../../test/fakes/fake-provider.ts'
import { RCS_AGENT, type RcsOptions, startRcs } from '../../test/fakes/rcs.ts'
import { MovableClock } from '../system/movable-clock.ts'
import { createGoogleApi, outcomeWithoutToken } from './google-api.ts'
import { readServiceAccount } from './google-service-account.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SCOPE = 'https://www.googleapis.com/auth/rcsbusinessmessaging'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(options: Partial<RcsOptions> = {}) {
  const clock = new MovableClock(NOW)
  const fake = await startRcs({ now: () => clock.now(), ...options })
  closers.push(fake.close)
  const account = readServiceAccount(fake.keyFile)
  if ('wrong' in account) throw new Error(account.wrong)
  const api = createGoogleApi({ account, scope: SCOPE, tokenUrl: fake.tokenUrl }, clock)
  closers.push(api.close)
  let count = 0
  const call = (signal = new AbortController().signal) => {
    const messageId = `00000000-0000-5000-8000-${String(++count).padStart(12, '0')}`
    const url = `${fake.url}/v1/phones/+6591234567/agentMessages?messageId=${messageId}&agentId=${RCS_AGENT}`
    return api.call({ method: 'POST', url, json: { contentMessage: { text: 'Hi' } } }, signal)
  }
  const logins = () => fake.requests.filter(({ path }) => path === '/token').length
  return { fake, clock, api, call, logins }
}

describe('a token', () => {
  it('is asked for once for all who wait', async () => {
    const { call, logins } = await start()
    const results = await Promise.all([call(), call(), call()])
    expect(results).toMatchObject([{ status: 200 }, { status: 200 }, { status: 200 }])
    expect(logins()).toBe(1)
  })

  it('is kept until a minute before it ends', async () => {
    const { call, clock, logins } = await start({ tokenLifeSeconds: 3600 })
    await call()
    await clock.advance(3_539_000)
    await call()
    expect(logins()).toBe(1)
    await clock.advance(1_000)
    await call()
    expect(logins()).toBe(2)
  })

  it('that is not taken is replaced, and the call is repeated', async () => {
    const { fake, call, logins } = await start()
    await call()
    fake.withdraw('ya29.token-1')
    expect(await call()).toMatchObject({ kind: 'answered', status: 200 })
    expect(logins()).toBe(2)
    expect(fake.messages).toHaveLength(2)
  })

  it('that is not taken either is told as it is', async () => {
    const { fake, call, logins } = await start()
    fake.withdraw('ya29.token-1')
    fake.withdraw('ya29.token-2')
    expect(await call()).toMatchObject({ kind: 'answered', status: 401 })
    expect(logins()).toBe(2)
  })

  it('is not waited for by somebody who gives up, and comes to the others', async () => {
    const { call, logins } = await start()
    const controller = new AbortController()
    const [given, other] = [call(controller.signal), call()]
    controller.abort()
    expect(await given).toMatchObject({ kind: 'not-sent' })
    expect(await other).toMatchObject({ status: 200 })
    expect(logins()).toBe(1)
  })
})

describe('a login', () => {
  const refusal = (error: unknown): Answer => ({ status: 400, body: { error, error_description: 'for rbm@my-shop' } })

  it.each([
    [refusal('invalid_grant'), 'refused', 'or the clock of this machine is wrong'],
    [refusal('invalid_scope'), 'refused', 'may not use this API'],
    [refusal('unheard_of'), 'refused', 'check the service account and tokenUrl'],
    [refusal('toString'), 'refused', 'check the service account and tokenUrl'],
    [refusal({ code: 7 }), 'refused', 'check the service account and tokenUrl'],
    [{ status: 404, body: '<html>' }, 'refused', 'check the service account and tokenUrl'],
    [{ status: 200, body: '<html>' }, 'refused', 'without a token'],
    [{ status: 200, body: { access_token: 'two words' } }, 'refused', 'without a token'],
    [{ status: 200, body: { access_token: ['t'] } }, 'refused', 'without a token'],
    [{ status: 302, body: '' }, 'refused', 'answered 302'],
    [{ status: 429, body: '' }, 'busy', 'answered 429'],
    [{ status: 503, body: '' }, 'away', 'answered 503'],
  ] as const)('that answers %j is %s', async (login, why, words) => {
    const { call } = await start({ login })
    const result = await call()
    expect(result).toMatchObject({ kind: 'no-token', why, detail: expect.stringContaining(words) })
    expect(JSON.stringify(result)).not.toContain('rbm@my-shop')
  })

  it('that was refused is left alone for ten seconds', async () => {
    const { call, clock, logins } = await start({ login: refusal('invalid_grant') })
    await call()
    await clock.advance(9_000)
    expect(await call()).toMatchObject({ why: 'refused' })
    expect(logins()).toBe(1)
    await clock.advance(1_000)
    await call()
    expect(logins()).toBe(2)
  })

  it('that is busy is left alone for as long as it says', async () => {
    const { call, clock, logins } = await start({ login: { status: 429, headers: { 'retry-after': '20' } } })
    expect(await call()).toMatchObject({ why: 'busy', retryAfterMs: 20_000 })
    await clock.advance(19_000)
    await call()
    expect(logins()).toBe(1)
  })

  it('that is refused is the operator’s to mend; another passes by itself', () => {
    expect(outcomeWithoutToken({ kind: 'no-token', why: 'refused', detail: 'd' })).toMatchObject({
      kind: 'rejected',
      reason: 'credentials',
    })
    expect(outcomeWithoutToken({ kind: 'no-token', why: 'away', detail: 'd' })).toEqual({
      kind: 'retry',
      afterMs: 5_000,
      detail: 'd',
    })
    expect(outcomeWithoutToken({ kind: 'no-token', why: 'busy', detail: 'd', retryAfterMs: 7_000 })).toMatchObject({
      kind: 'retry',
      afterMs: 7_000,
    })
  })

  it('by itself gives the token that is kept, and calls nothing else', async () => {
    const { api, fake } = await start()
    const never = new AbortController().signal
    expect(await api.logIn(never)).toEqual({ kind: 'token', token: 'ya29.token-1' })
    expect(await api.logIn(never)).toEqual({ kind: 'token', token: 'ya29.token-1' })
    expect(fake.requests.map(({ path }) => path)).toEqual(['/token'])
  })
})
