import { describe, expect, it } from 'vitest'
import { FAKE_CREDENTIALS } from '../../../test/fakes/liveperson.ts'
import { troubleOf, typesOf, useLivePerson, WITH_OAUTH2 } from '../../../test/support/liveperson-source.ts'

const { clock, startFake, watch } = useLivePerson()

describe('OAuth 2.0', () => {
  it('asks for a token once, and renews it before it runs out', async () => {
    const fake = await startFake()
    const { poll } = watch(fake, WITH_OAUTH2)
    await poll()
    await clock.advance(58 * 60_000)
    await poll()
    expect(fake.requests.filter(({ place }) => place === 'token')).toHaveLength(1)
    await clock.advance(90_000)
    await poll()
    expect(fake.requests.filter(({ place }) => place === 'token')).toHaveLength(2)
  })

  it('renews a token that was withdrawn in the middle of a poll, once', async () => {
    const fake = await startFake({ largestPage: 1 })
    for (const text of ['one', 'two']) fake.write(fake.open(), { text })
    const { poll } = watch(fake, WITH_OAUTH2)
    await poll()
    fake.expireTokens()
    expect(await poll()).toEqual([])
    expect(fake.requests.filter(({ place }) => place === 'token')).toHaveLength(2)
    fake.fail('search', { do: 'answer', status: 401 }, { times: 2 })
    expect(await troubleOf(poll())).toMatchObject({ kind: 'credentials' })
    expect(fake.requests.filter(({ place }) => place === 'token')).toHaveLength(3)
  })

  it('sends the scope that it was given', async () => {
    const fake = await startFake({ credentials: { oauth2: { ...FAKE_CREDENTIALS.oauth2, scope: 'history.read' } } })
    expect(await watch(fake, { ...WITH_OAUTH2, scope: 'history.read' }).poll()).toEqual([])
    expect(await troubleOf(watch(fake, WITH_OAUTH2).poll())).toMatchObject({ kind: 'credentials' })
  })

  it('takes a token that does not say how long it is good', async () => {
    const fake = await startFake()
    fake.fail('token', { do: 'answer', status: 200, body: '{"access_token":"opaque"}' })
    expect(await watch(fake, WITH_OAUTH2).poll()).toEqual([]) // not one of the fake's: it is renewed
    fake.fail('token', { do: 'answer', status: 200, body: '{"token":"x"}' })
    expect(await troubleOf(watch(fake, WITH_OAUTH2).poll())).toMatchObject({ kind: 'unreadable' })
  })
})

describe('trouble', () => {
  it.each([
    ['another secret', { consumerSecret: 'hunter2' }],
    ['another token', { token: 'hunter2' }],
    ['a wrong client secret', { ...WITH_OAUTH2, clientSecret: 'hunter2' }],
  ])('with %s is one of credentials, and quotes none', async (_, over) => {
    const found = await troubleOf(watch(await startFake(), over).poll())
    expect(found.kind).toBe('credentials')
    expect(found.message).toMatch(/^LivePerson answered 401 when asked for /)
    expect(found.message).not.toContain('hunter2')
  })

  it('with an account that does not exist is said so', async () => {
    const { poll } = watch(await startFake(), { account: '99999999' })
    expect(await troubleOf(poll())).toEqual({
      kind: 'configuration',
      message: 'the domain API answered 401: there is no LivePerson account 99999999; check account',
    })
  })

  it.each([
    ['search', { status: 429, headers: { 'retry-after': '7' } }, { kind: 'busy', retryAfterMs: 7000 }],
    ['search', { status: 429 }, { kind: 'busy' }],
    [
      'search',
      { status: 403 },
      { kind: 'credentials', message: expect.stringContaining('Conversation History / Messaging Interactions') },
    ],
    [
      'search',
      { status: 400, body: '{"error":"lee@example.org"}' },
      { kind: 'configuration', message: expect.not.stringContaining('lee') },
    ],
    ['search', { status: 500 }, { kind: 'away' }],
    ['search', { status: 503, headers: { 'retry-after': '30' } }, { kind: 'away', retryAfterMs: 30_000 }],
    ['search', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, { kind: 'away' }],
    [
      'search',
      { status: 200, body: '<html>Sorry</html>' },
      { kind: 'away', message: expect.stringContaining('not JSON') },
    ],
    ['search', { status: 200, body: '[]' }, { kind: 'unreadable' }],
    ['search', { status: 200, body: '{"conversationHistoryRecords":[1,2]}' }, { kind: 'unreadable' }],
    ['byId', { status: 500 }, { kind: 'away' }],
    ['domain', { status: 500 }, { kind: 'away' }],
    ['domain', { status: 404 }, { kind: 'configuration' }],
    ['domain', { status: 200, body: '{"baseURIs":[]}' }, { kind: 'unreadable' }],
    [
      'domain',
      { status: 200, body: '{"baseURIs":[{"service":"msgHist","baseURI":"evil.example/x?"}]}' },
      { kind: 'unreadable' },
    ],
    [
      'domain',
      { status: 200, body: '{"service":"agentVep","baseURI":"127.0.0.1:1"}' },
      { kind: 'configuration', message: expect.stringContaining('has no service accountConfigReadOnly') },
    ],
    ['skills', { status: 403 }, { kind: 'credentials', message: expect.stringContaining('give skills by id') }],
    ['skills', { status: 200, body: '{}' }, { kind: 'unreadable' }],
    ['token', { status: 500 }, { kind: 'away' }],
  ] as const)('in %s, %j, is told as %j', async (place, failure, expected) => {
    const fake = await startFake()
    fake.write(fake.open(), { text: 'Hello' })
    fake.fail(place, { do: 'answer', ...failure })
    const { poll } = watch(fake, { skills: ['Sales'], ...(place === 'token' && WITH_OAUTH2) })
    expect(await troubleOf(poll())).toEqual({ message: expect.any(String), ...expected })
    expect(typesOf(await poll())).toEqual(['described', 'sent']) // and passes by
  })

  it('of an answer that breaks off passes by as well', async () => {
    const fake = await startFake()
    fake.fail('search', { do: 'break-off', body: '{"conversationHistoryRecords":[' })
    const { poll } = watch(fake)
    expect(await troubleOf(poll())).toMatchObject({ kind: 'away', message: expect.stringContaining('only a part') })
    expect(await poll()).toEqual([])
  })

  it('of a host that moved ends with the next poll, for its address is asked for again', async () => {
    const fake = await startFake()
    fake.fail('domain', {
      do: 'answer',
      status: 200,
      body: '{"baseURIs":[{"service":"msgHist","baseURI":"127.0.0.1:1"}]}',
    })
    const { poll } = watch(fake)
    expect(await troubleOf(poll())).toMatchObject({ kind: 'away', message: expect.stringContaining('refused') })
    expect(await poll()).toEqual([])
  })

  it('is what it comes to when the poll is called off', async () => {
    const fake = await startFake()
    const { source } = watch(fake)
    fake.fail('search', { do: 'silence' })
    const stop = new AbortController()
    const polling = troubleOf(source.poll?.(undefined, stop.signal))
    while (!fake.requests.some(({ place }) => place === 'search')) await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    expect(await polling).toMatchObject({ kind: 'away', message: expect.stringContaining('called off') })
  })
})
