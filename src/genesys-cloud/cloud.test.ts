import { afterEach, describe, expect, it } from 'vitest'
import { type GenesysFake, startGenesys } from '../../test/fakes/genesys.ts'
import { freePort } from '../../test/fakes/http-provider.ts'
import { MovableClock } from '../system/movable-clock.ts'
import type { Account } from './account.ts'
import { type Cloud, createCloud } from './cloud.ts'

const NOW = Date.parse('2024-05-02T09:20:00Z')
const SECRET = 'the-secret-of-the-client'
const READ = { method: 'GET', path: '/api/v2/conversations/one' } as const
const LOGIN = /^POST \/oauth\/token$/
const signal = () => new AbortController().signal

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(
  over: Partial<Account> = {},
  tokenLifeSeconds = 3600,
): Promise<{ fake: GenesysFake; cloud: Cloud; clock: MovableClock }> {
  const clock = new MovableClock(NOW)
  const fake = await startGenesys({
    clientId: 'client',
    clientSecret: SECRET,
    now: () => clock.now(),
    tokenLifeSeconds,
  })
  closers.push(fake.close)
  fake.conversations.set('one', { id: 'one', participants: [] })
  const account = {
    region: 'eu-west-1',
    clientId: 'client',
    clientSecret: SECRET,
    apiUrl: fake.url,
    loginUrl: fake.url,
  }
  const cloud = createCloud({ ...account, ...over }, clock)
  closers.push(async () => {
    fake.release()
    await cloud.close()
  })
  return { fake, cloud, clock }
}

describe('a token', () => {
  it('is asked for once, and kept for all calls', async () => {
    const { fake, cloud } = await start()
    const answers = await Promise.all(Array.from({ length: 10 }, () => cloud.call(READ, signal())))
    expect(answers.map((each) => each.kind === 'answered' && each.status)).toEqual(Array(10).fill(200))
    expect(await cloud.call(READ, signal())).toMatchObject({ kind: 'answered', status: 200, json: { id: 'one' } })
    expect(fake.tokensGiven()).toBe(1)
  })

  it('is replaced shortly before it ends', async () => {
    const { fake, cloud, clock } = await start()
    await cloud.call(READ, signal())
    await clock.advance(3539 * 1000)
    await cloud.call(READ, signal())
    expect(fake.tokensGiven()).toBe(1)
    await clock.advance(1000)
    expect(await cloud.call(READ, signal())).toMatchObject({ status: 200 })
    expect(fake.tokensGiven()).toBe(2)
  })

  it('that lives for a few seconds is still used for most of them', async () => {
    const { fake, cloud, clock } = await start({}, 10)
    await cloud.call(READ, signal())
    await clock.advance(8_999)
    await cloud.call(READ, signal())
    expect(fake.tokensGiven()).toBe(1)
    await clock.advance(1)
    await cloud.call(READ, signal())
    expect(fake.tokensGiven()).toBe(2)
  })

  it('that is not taken any more is replaced once, for all calls that find out, and the calls are repeated', async () => {
    const { fake, cloud } = await start()
    await cloud.call(READ, signal())
    fake.revokeTokens()
    const answers = await Promise.all(Array.from({ length: 5 }, () => cloud.call(READ, signal())))
    expect(answers).toMatchObject(Array(5).fill({ kind: 'answered', status: 200 }))
    expect(fake.tokensGiven()).toBe(2)
  })

  it('that is refused although it is new is not asked for again and again', async () => {
    const { fake, cloud } = await start()
    fake.trouble({ on: /conversations/, do: 'answer', status: 401 })
    expect(await cloud.call(READ, signal())).toMatchObject({ kind: 'answered', status: 401 })
    expect(fake.tokensGiven()).toBe(2)
    expect(fake.requests.filter(({ path }) => path === READ.path)).toHaveLength(2)
  })

  it('is not lost to the others when one who waits for it gives up', async () => {
    const { fake, cloud } = await start()
    fake.trouble({ on: LOGIN, times: 1, do: 'hold' })
    const hasty = new AbortController()
    const calls = [cloud.call(READ, hasty.signal), cloud.call(READ, signal())]
    await fake.held()
    hasty.abort()
    expect(await calls[0]).toEqual({ kind: 'not-sent', detail: 'called off before anything was sent' })
    fake.release()
    expect(await calls[1]).toMatchObject({ kind: 'answered', status: 200 })
    expect(fake.tokensGiven()).toBe(1)
  })
})

describe('a login', () => {
  it('that is refused says what to check, shows no secret, and is left alone for ten seconds', async () => {
    const { fake, cloud, clock } = await start({ clientSecret: 'wrong-secret' })
    const first = await cloud.call(READ, signal())
    expect(first).toEqual({
      kind: 'no-token',
      why: 'refused',
      detail:
        'the login of Genesys Cloud answered 401 Unauthorized, code invalid_client, correlation id c0ffee-1: check ' +
        'clientId, clientSecret and region',
    })
    await clock.advance(9_999)
    expect(await cloud.call(READ, signal())).toEqual(first)
    expect(fake.requests).toHaveLength(1)
    await clock.advance(1)
    await cloud.call(READ, signal())
    expect(fake.requests).toHaveLength(2)
  })

  it.each([
    [{ status: 400, body: '{"error":"invalid_client"}' }, 'refused', 'code invalid_client'],
    [{ status: 404, body: '<h1>Not here</h1>' }, 'misplaced', 'check region and loginUrl'],
    [{ status: 302, headers: { location: 'https://elsewhere.example/' } }, 'misplaced', 'answered 302'],
    [{ status: 200, body: '<html>Welcome</html>' }, 'misplaced', 'without a token'],
    [{ status: 200, body: '{"access_token":"two\\r\\nlines"}' }, 'misplaced', 'without a token'],
    [{ status: 500, body: '<html>Oh no</html>' }, 'away', 'answered 500'],
  ] as const)('that answers %j is %s', async (answer, why, words) => {
    const { fake, cloud } = await start()
    fake.trouble({ on: LOGIN, do: 'answer', ...answer })
    expect(await cloud.call(READ, signal())).toMatchObject({ why, detail: expect.stringContaining(words) })
    expect(fake.requests.map(({ path }) => path)).toEqual(['/oauth/token'])
  })

  it('that is busy is left alone for as long as it asks', async () => {
    const { fake, cloud, clock } = await start()
    fake.trouble({ on: LOGIN, times: 1, do: 'answer', status: 429, headers: { 'retry-after': '7' } })
    expect(await cloud.call(READ, signal())).toMatchObject({ why: 'busy', retryAfterMs: 7_000 })
    await clock.advance(6_999)
    expect(await cloud.call(READ, signal())).toMatchObject({ why: 'busy' })
    await clock.advance(1)
    expect(await cloud.call(READ, signal())).toMatchObject({ status: 200 })
  })

  it('that does not listen is away, and is tried again at once', async () => {
    const { fake, cloud } = await start({ loginUrl: `http://127.0.0.1:${await freePort()}` })
    for (let time = 0; time < 2; time++) {
      expect(await cloud.call(READ, signal())).toMatchObject({
        why: 'away',
        detail: expect.stringContaining('refused'),
      })
    }
    expect(fake.requests).toEqual([])
  })

  it('that is cut off is away', async () => {
    const { fake, cloud } = await start()
    fake.trouble({ on: LOGIN, times: 1, do: 'cut' })
    expect(await cloud.call(READ, signal())).toMatchObject({ kind: 'no-token', why: 'away' })
    expect(await cloud.call(READ, signal())).toMatchObject({ status: 200 })
  })
})

it('closing waits for a call that is between its token and its answer', async () => {
  const { fake, cloud } = await start()
  fake.trouble({ on: LOGIN, times: 1, do: 'hold' })
  const call = cloud.call(READ, signal())
  await fake.held()
  let answered = false
  const finished = call.then(() => {
    answered = true
  })
  const closed = cloud.close()
  fake.release()
  await closed
  expect(answered).toBe(true)
  await finished
  expect(await call).toMatchObject({ kind: 'answered', status: 200 })
})
