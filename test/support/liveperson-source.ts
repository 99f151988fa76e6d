import { afterEach } from 'vitest'
import type { SourceEvent } from '../../src/domain/source-event.ts'
import { type Source, SourceTrouble } from '../../src/engine/ports/source.ts'
import { liveperson } from '../../src/sources/liveperson/liveperson.ts'
import type { Config } from '../../src/sources/liveperson/settings.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { FAKE_CREDENTIALS, type FakeOptions, type LivePersonFake, startLivePerson } from '../fakes/liveperson.ts'

export type Watcher = {
  source: Source
  /** The events of the next poll; the cursor goes from poll to poll as the engine carries it: through JSON. */
  poll: () => Promise<SourceEvent[]>
  cursor: () => unknown
}

/** For the tests of a file: fakes, and sources that watch them, all by one clock and closed after each test. */
export function useLivePerson() {
  const clock = new MovableClock(1_700_000_000_000)
  const closers: (() => Promise<void> | undefined)[] = []
  let nonces = 0 // the fake lets none come twice
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  const startFake = async (options: Partial<FakeOptions> = {}): Promise<LivePersonFake> => {
    const fake = await startLivePerson({ now: () => clock.now(), ...options })
    closers.push(fake.close)
    return fake
  }

  const watch = (fake: Pick<LivePersonFake, 'url'>, over: Partial<Config> = {}): Watcher => {
    const { oauth1 } = FAKE_CREDENTIALS
    const config = { account: '12345678', domainUrl: fake.url, scheme: 'http' as const, ...oauth1, ...over }
    const world = { sourceId: 'lp', webhookUrl: 'http://127.0.0.1:1/', clock, newNonce: () => `nonce-${nonces++}` }
    const source = liveperson.create(config, world)
    closers.push(() => source.close?.())
    let cursor: unknown
    const poll = async () => {
      const polled = await source.poll?.(cursor, neverStopped())
      if (polled === undefined) throw new Error('it does not poll')
      cursor = JSON.parse(JSON.stringify(polled.cursor))
      return [...polled.events]
    }
    return { source, poll, cursor: () => cursor }
  }
  return { clock, closers, startFake, watch }
}

/** The install of the fake in place of its API key. */
export const WITH_OAUTH2: Partial<Config> = {
  ...FAKE_CREDENTIALS.oauth2,
  ...{ consumerKey: undefined, consumerSecret: undefined, token: undefined, tokenSecret: undefined },
}

export function neverStopped(): AbortSignal {
  return new AbortController().signal
}

export function typesOf(events: readonly SourceEvent[]): string[] {
  return events.map(({ type }) => type)
}

export function sentOf(events: readonly SourceEvent[]) {
  return events.flatMap((event) => (event.type === 'sent' ? [event] : []))
}

export function textsOf(events: readonly SourceEvent[]) {
  return sentOf(events).map(({ item }) => item.text)
}

/** What went wrong; throws when nothing did, or something that is no `SourceTrouble`. */
export async function troubleOf(action: Promise<unknown> | undefined): Promise<Partial<SourceTrouble>> {
  const error = await action?.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SourceTrouble)) throw new Error(`no trouble, but ${error}`)
  const { kind, message, retryAfterMs } = error
  return { kind, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
