import { afterEach, describe, expect, it } from 'vitest'
import { FAKE_CREDENTIALS, type LivePersonFake, startLivePerson } from '../../../test/fakes/liveperson.ts'
import { createHttpClient } from '../../http/http-client.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { createApi } from './api.ts'
import { createHosts } from './discovery.ts'
import { createInteractions } from './interactions.ts'

const HOUR_MS = 3_600_000
const START = 1_700_000_000_000
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Twelve conversations, one an hour, at a LivePerson that lets nobody see more than five of a search. */
async function start(deepestOffset: number) {
  const clock = new MovableClock(START)
  const fake: LivePersonFake = await startLivePerson({ now: () => clock.now(), largestPage: 2, deepestOffset: 4 })
  closers.push(fake.close)
  for (let i = 0; i < 12; i++) {
    fake.open()
    await clock.advance(HOUR_MS)
  }
  const http = createHttpClient()
  closers.push(http.close)
  const hosts = createHosts({ account: fake.account, domainUrl: `${fake.url}/` }, { http, clock })
  let nonces = 0
  const identity = { kind: 'oauth1', keys: FAKE_CREDENTIALS.oauth1, newNonce: () => `nonce-${nonces++}` } as const
  const api = createApi({ scheme: 'http', identity }, { http, hosts, clock })
  const options = { account: fake.account, sourceName: 'Test', trustUnauthenticated: true, deepestOffset }
  const collect = async () => {
    const ids = new Set<unknown>()
    const pages = createInteractions(options, api).open({ from: START, now: clock.now() }, new AbortController().signal)
    for await (const page of pages) for (const record of page) ids.add(fieldsOf(record.info)?.conversationId)
    return ids.size
  }
  return { fake, collect }
}

describe('a search for open conversations', () => {
  it('is cut into shorter times where it finds more than one may page through', async () => {
    const { collect } = await start(4)
    expect(await collect()).toBe(12)
  })

  it('would be refused otherwise', async () => {
    const { collect } = await start(100)
    await expect(collect()).rejects.toMatchObject({ kind: 'configuration' })
  })
})
