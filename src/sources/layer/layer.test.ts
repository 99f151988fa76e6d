import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/fakes/http-provider.ts'
import { type LayerBehaviour, type LayerFake, startLayer } from '../../../test/fakes/layer.ts'
import type { SourceEvent } from '../../domain/source-event.ts'
import type { AskedAbout, Source, SourceResult } from '../../engine/ports/source.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { layer } from './layer.ts'

type Config = Parameters<typeof layer.create>[0]

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECRET = 'layer-test-secret'
const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}) {
  const clock = new MovableClock(NOW)
  const fake = await startLayer({ now: () => clock.now() })
  closers.push(fake.close)
  const { appId, token, baseUrl } = fake
  const world = { sourceId: 'chat', webhookUrl: 'http://127.0.0.1:1/', clock, newNonce: () => 'nonce' }
  const source = layer.create({ secret: SECRET, appId, token, baseUrl, ...config }, world)
  closers.push(() => source.close?.())
  return { fake, source, clock }
}

/** The way to the source, as the service has it: raw bytes in, and an answer by the kind of the result. */
async function listen(source: Source) {
  const results: SourceResult[] = []
  const door = { fails: 0, url: '', results, events: () => results.flatMap(eventsIn) }
  const server = createServer(async (incoming, response) => {
    const { method = '', url = '', headers } = incoming
    const body = await buffer(incoming)
    if (door.fails-- > 0) return response.writeHead(500).end()
    const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    const result = await source.handle?.({ method, url, headers: flat, body })
    if (result === undefined) throw new Error('it takes no requests')
    results.push(result)
    if (result.kind === 'reply') return response.writeHead(result.status).end(result.body)
    return response.writeHead({ events: 200, refused: 401, unreadable: 400 }[result.kind]).end()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  door.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sources/chat`
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return door
}

function eventsIn(result: SourceResult): readonly SourceEvent[] {
  return result.kind === 'events' ? result.events : []
}

describe.each(['1.0', '2.0', '3.0'] as const)('a webhook of version %s', (version) => {
  async function watch() {
    const { fake, source } = await start()
    const door = await listen(source)
    const webhook = await fake.register({ version, target_url: door.url, secret: SECRET })
    expect(webhook.status).toBe('active')
    return { fake, door, webhook }
  }

  it('tells a conversation from its beginning to its end', async () => {
    const { fake, door } = await watch()
    const conversation = await fake.createConversation(['alice', 'bob', 'carol d/e'], { title: 'Dinner' })
    const message = await fake.say(conversation, 'alice', 'Dinner at 6?')
    await fake.receipt('delivered', 'bob', [message])
    await fake.receipt('read', 'bob', [message])
    await fake.join(conversation, ['dan'])
    await fake.leave(conversation, ['carol d/e'])
    await fake.deleteMessage(message)
    await fake.deleteConversation(conversation)
    expect(door.results.map(({ kind }) => kind)).not.toContain('unreadable')
    const events = door.events()
    expect(events.every((event) => event.conversation === conversation && event.at === NOW)).toBe(true)
    expect(events.filter(({ type }) => !['described', 'joined', 'left'].includes(type))).toMatchObject([
      {
        type: 'sent',
        item: { id: message, text: 'Dinner at 6?' },
        author: { id: 'alice', kind: 'person' },
        recipients: ['bob', 'carol d/e'],
      },
      { type: 'delivered', person: 'bob' },
      { type: 'read', person: 'bob' },
      { type: 'deleted', ids: [message] },
      { type: 'ended' },
    ])
    const changes = events.filter(({ type }) => ['described', 'joined', 'left'].includes(type)).slice(1)
    expect(changes).toMatchObject(
      version === '1.0'
        ? [
            { about: { participants: ['alice', 'bob', 'carol d/e', 'dan'] } },
            { about: { participants: ['alice', 'bob', 'dan'] } },
          ]
        : [
            { type: 'joined', people: ['dan'] },
            { type: 'left', people: ['carol d/e'] },
          ],
    )
  })

  it('names what was read, and not what came after', async () => {
    const { fake, door } = await watch()
    const conversation = await fake.createConversation(['alice', 'bob'])
    const messages = [await fake.say(conversation, 'alice', 'One'), await fake.say(conversation, 'alice', 'Two')]
    const later = await fake.say(conversation, 'alice', 'Three')
    await fake.receipt('read', 'bob', messages)
    const events = door.events()
    const sent = events.flatMap((event) => (event.type === 'sent' ? [event.item] : []))
    const isRead = ({ id, position }: { id: string; position?: number }) =>
      events.some((event) => {
        if (event.type !== 'read') return false
        if ('ids' in event.span) return event.span.ids.includes(id)
        return (
          'from' in event.span && position !== undefined && event.span.from <= position && position <= event.span.to
        )
      })
    expect(sent.filter(isRead).map(({ id }) => id)).toEqual(messages)
    expect(sent.map(({ id }) => id)).toContain(later)
  })

  it('is believed with its own secret only', async () => {
    const { fake, door, webhook } = await watch()
    webhook.secret = 'guessed'
    await fake.createConversation(['alice'])
    expect(door.results.at(-1)?.kind).toBe('refused')
    expect(door.events()).toEqual([])
  })

  it('tells the same events with the same keys, however often and in whatever order it comes', async () => {
    const { fake, door } = await watch()
    fake.hold()
    const conversation = await fake.createConversation(['alice', 'bob', 'carol'])
    for (const text of ['One', 'Two', 'Three']) {
      const message = await fake.say(conversation, 'alice', text)
      await fake.receipt('read', 'bob', [message])
      await fake.receipt('read', 'carol', [message])
    }
    await fake.leave(conversation, ['bob'])
    await fake.join(conversation, ['bob'])
    await fake.release((held) => [...held, ...held.toReversed(), ...held], 4)
    const byKey = Map.groupBy(door.events(), ({ key }) => key)
    for (const repeats of byKey.values()) {
      expect(repeats.length % 3).toBe(0)
      expect(new Set(repeats.map((event) => JSON.stringify(event))).size).toBe(1)
    }
    expect([...byKey.values()].filter(([event]) => event?.type === 'sent')).toHaveLength(3)
    expect([...byKey.values()].filter(([event]) => event?.type === 'read')).toHaveLength(6)
    expect([...byKey.keys()].every((key) => key.length <= 200)).toBe(true)
  })

  it('is repeated with one request id until it is taken, and given up after the fifth repeat', async () => {
    const { fake, door, webhook } = await watch()
    door.fails = 2
    const conversation = await fake.createConversation(['alice', 'bob'])
    await fake.retry()
    await fake.retry()
    expect(fake.requests[0]?.answers).toEqual([500, 500, 200])
    door.fails = 6
    await fake.say(conversation, 'alice', 'Hello')
    for (let repeat = 0; repeat < 5; repeat++) await fake.retry()
    expect(webhook.status).toBe('inactive')
    expect(door.events()).toHaveLength(1)
  })
})

describe('edits', () => {
  it('have the new text', async () => {
    const { fake, source } = await start()
    const door = await listen(source)
    await fake.register({ version: '3.0', target_url: door.url, secret: SECRET })
    const conversation = await fake.createConversation(['alice', 'bob'])
    const id = await fake.say(conversation, 'alice', 'Six?')
    await fake.edit(id, 'Seven?')
    expect(door.events().at(-1)).toMatchObject({ type: 'edited', id, text: 'Seven?' })
  })
})

describe('a webhook that is registered over HTTP', () => {
  it('is verified when the source answers the challenge, and inactive when nobody does', async () => {
    const { fake, source } = await start()
    const door = await listen(source)
    const register = async (target_url: string) => {
      const answer = await fetch(`${fake.baseUrl}/apps/${fake.appId.split('/').at(-1)}/webhooks`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${fake.token}`,
          accept: 'application/vnd.layer.webhooks+json; version=3.0',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ version: '3.0', target_url, events: ['Message.created'], secret: SECRET }),
      })
      return [answer.status, ((await answer.json()) as { status: string }).status]
    }
    expect(await register(door.url)).toEqual([201, 'unverified'])
    expect(await register(`http://127.0.0.1:${await freePort()}/`)).toEqual([201, 'unverified'])
    await fake.settled()
    expect(fake.webhooks.map(({ status }) => status)).toEqual(['active', 'inactive'])
  })
})

describe('right before a notice', () => {
  const signal = () => new AbortController().signal

  async function missed(count = 3, config: Partial<Config> = {}) {
    const { fake, source, clock } = await start(config)
    const conversation = await fake.createConversation(['alice', 'bob o’b/1', 'carol'])
    const ids: string[] = []
    for (let line = 0; line < count; line++) ids.push(await fake.say(conversation, 'alice', `Line ${line}`))
    const about: AskedAbout = { conversation, person: 'bob o’b/1', items: ids.map((id) => ({ id, at: NOW })) }
    return { fake, source, clock, ids, about, confirm: () => source.confirm?.(about, signal()) }
  }

  it.each(['1.0', '1.1', '2.0', '3.0'] as const)('all is unread that Layer %s calls so', async (apiVersion) => {
    const { confirm, ids, fake, about } = await missed(3, { apiVersion })
    expect(await confirm()).toEqual({ kind: 'unread', items: ids.map((id) => ({ id })) })
    await fake.receipt('read', about.person, ids.slice(0, 1))
    await fake.receipt('read', 'carol', ids)
    expect(await confirm()).toEqual({ kind: 'unread', items: ids.slice(1).map((id) => ({ id })) })
    await fake.receipt('read', about.person, ids)
    expect(await confirm()).toEqual({ kind: 'read' })
  })

  it('what was deleted is not unread', async () => {
    const { confirm, ids, fake } = await missed(2)
    await fake.deleteMessage(ids[0] ?? '')
    expect(await confirm()).toEqual({ kind: 'unread', items: [{ id: ids[1] }] })
    await fake.deleteMessage(ids[1] ?? '')
    expect(await confirm()).toEqual({ kind: 'read' })
  })

  it('null is no answer, and no no', async () => {
    const { confirm, fake, ids, about } = await missed()
    fake.becomeVague()
    expect(await confirm()).toEqual({ kind: 'unknown' })
    const body = JSON.stringify({ is_unread: null, recipient_status: { [about.person]: 'read', carol: 'sent' } })
    fake.behave({ do: 'answer', status: 200, body, on: new RegExp(`/messages/${ids[0]}$`) })
    expect(await confirm()).toEqual({ kind: 'unread', items: ids.slice(1).map((id) => ({ id })) })
  })

  it('who has left is not told', async () => {
    const { confirm, fake, about } = await missed()
    await fake.leave(about.conversation, [about.person])
    expect(await confirm()).toEqual({ kind: 'gone', why: 'left' })
  })

  it('a conversation that was deleted, or never was, is gone', async () => {
    const { confirm, fake, about, source } = await missed()
    await fake.deleteConversation(about.conversation)
    expect(await confirm()).toEqual({ kind: 'gone', why: 'conversation-gone' })
    for (const conversation of ['no-such', '..']) {
      expect(await source.confirm?.({ ...about, conversation }, signal())).toEqual({
        kind: 'gone',
        why: 'conversation-gone',
      })
    }
    expect(fake.calls.map(({ path }) => path).filter((path) => !/\/conversations\/[\w-]+$/.test(path))).toEqual([])
  })

  it('of more than a hundred the newest are asked about, a few at a time, and the others are trusted', async () => {
    const { confirm, fake, about, ids } = await missed(105)
    await fake.receipt('read', about.person, [ids[0] ?? '', ids[104] ?? ''])
    fake.behave({ do: 'gather', count: 5, on: /\/messages\// })
    expect(await confirm()).toEqual({ kind: 'unread', items: ids.slice(0, 104).map((id) => ({ id })) })
    expect(fake.calls).toHaveLength(101)
    expect(fake.mostAtOnce()).toBe(5)
  })

  const json = { 'content-type': 'application/json' }
  it.each<[string, LayerBehaviour, object]>([
    ['forbids it', { do: 'answer', status: 403 }, { kind: 'credentials' }],
    ['is busy', { do: 'answer', status: 429, headers: { 'retry-after': '7' } }, { kind: 'busy', retryAfterMs: 7_000 }],
    ['is busy without a time', { do: 'answer', status: 429 }, { kind: 'busy', retryAfterMs: 5_000 }],
    ['has failed', { do: 'answer', status: 500, body: '{"id":"internal"}' }, { kind: 'away' }],
    [
      'is closed',
      { do: 'answer', status: 503, headers: { 'retry-after': '60' } },
      { kind: 'away', retryAfterMs: 60_000 },
    ],
    ['shows a page', { do: 'answer', status: 200, body: '<html>Maintenance</html>' }, { kind: 'away' }],
    ['has no page', { do: 'answer', status: 404, body: '<html>Not found</html>' }, { kind: 'configuration' }],
    ['is elsewhere', { do: 'answer', status: 302, headers: { location: '/' } }, { kind: 'configuration' }],
    ['does not understand', { do: 'answer', status: 400, headers: json, body: '{}' }, { kind: 'unreadable' }],
    ['answers a list', { do: 'answer', status: 200, headers: json, body: '[]' }, { kind: 'unreadable' }],
    ['forgets who takes part', { do: 'answer', status: 200, headers: json, body: '{}' }, { kind: 'unreadable' }],
    ['hangs up', { do: 'cut' }, { kind: 'away' }],
    ['breaks off', { do: 'cut-inside' }, { kind: 'away' }],
  ])('trouble is told when Layer %s', async (_, behaviour, trouble) => {
    const { confirm, fake } = await missed()
    fake.behave(behaviour)
    await expect(confirm()).rejects.toMatchObject({ name: 'SourceTrouble', ...trouble })
  })

  it('trouble with a single message is trouble, and no more is asked', async () => {
    const { confirm, fake } = await missed(50)
    fake.behave({ do: 'answer', status: 500, on: /^\/apps\/[^/]+\/users\// })
    await expect(confirm()).rejects.toMatchObject({ kind: 'away' })
    expect(fake.calls.length).toBeLessThanOrEqual(1 + 5)
    const other = await missed(50)
    other.fake.behave({ do: 'answer', status: 500, on: new RegExp(`/${other.ids[0]}$`) })
    await expect(other.confirm()).rejects.toMatchObject({ kind: 'away' })
    expect(other.fake.calls.length).toBeLessThan(1 + 50)
  })

  it('a token that is wrong or expired, and a version that Layer does not speak, want a person', async () => {
    const { confirm, fake } = await missed()
    fake.expireTokens()
    await expect(confirm()).rejects.toMatchObject({ kind: 'credentials', message: expect.stringContaining('"token"') })
    const old = await missed(1, { apiVersion: '9.9' as '3.0' })
    await expect(old.confirm()).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('"apiVersion"'),
    })
  })

  it('nobody at home, and being called off, is being away; the words name no host, person or token', async () => {
    const { source, about, fake } = await missed(1, { baseUrl: `http://127.0.0.1:${await freePort()}` })
    const error = await source.confirm?.(about, signal()).catch((error: unknown) => error)
    expect(error).toMatchObject({ kind: 'away' })
    expect(String(error)).not.toMatch(/127|bob/)
    expect(String(error)).not.toContain(fake.token)
    const called = await missed(1)
    const off = AbortSignal.abort()
    await expect(called.source.confirm?.(called.about, off)).rejects.toMatchObject({ kind: 'away' })
    expect(called.fake.calls).toEqual([])
  })
})

describe('where a person can be reached', () => {
  const find = (source: Source, person: string) =>
    source.personOf?.({ conversation: 'c', person, items: [] }, new AbortController().signal)
  const known = async (identity: LayerFake['identities'] extends Map<string, infer One> ? One : never) => {
    const { fake, source } = await start()
    fake.identities.set('bob/1', identity)
    return find(source, 'bob/1')
  }

  it('is what their identity says', async () => {
    expect(
      await known({ display_name: 'Bob', email_address: ' bob@example.org ', phone_number: '+65 9123 4567' }),
    ).toEqual({ name: 'Bob', email: 'bob@example.org', msisdn: '+6591234567' })
    expect(await known({ display_name: ' ', first_name: 'Bob', last_name: 'Ong' })).toEqual({ name: 'Bob Ong' })
  })

  it.each(['9123 4567', '+65', '+999 123', '+65 1234 5678', 'call me', ''])(
    'is not a number that reads %j',
    async (phone_number) => {
      expect(await known({ display_name: 'Bob', phone_number })).toEqual({ name: 'Bob' })
    },
  )

  it.each(['bob', 'bob@', 'a@b, c@d', 'Bob <bob@example.org>', 'a b@example.org'])(
    'is not an address that reads %j',
    async (email_address) => {
      expect(await known({ display_name: 'Bob', email_address })).toEqual({ name: 'Bob' })
    },
  )

  it('is not known where the identity is blank, or there is none', async () => {
    expect(await known({})).toBeUndefined()
    const { source } = await start()
    expect(await find(source, 'nobody')).toBeUndefined()
  })

  it('is trouble when Layer does not say', async () => {
    const { fake, source } = await start()
    fake.behave({ do: 'answer', status: 502 })
    await expect(find(source, 'bob')).rejects.toMatchObject({ kind: 'away' })
  })
})

describe('the configuration', () => {
  const uuid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'

  it.each([
    [{ secret: 's' }, true],
    [{ secret: ['new', 'old'] }, true],
    [{ secret: [] }, false],
    [{ secret: '' }, false],
    [{}, false],
    [{ secret: 's', appId: uuid }, true],
    [{ secret: 's', appId: `layer:///apps/${uuid}` }, true],
    [{ secret: 's', appId: `layer:///apps/staging/${uuid}` }, true],
    [{ secret: 's', appId: 'my-app' }, false],
    [{ secret: 's', apiVersion: '4.0' }, false],
    [{ secret: 's', baseUrl: 'api.layer.com' }, false],
  ])('%j is right: %s', (config, isRight) => {
    expect(Value.Check(layer.config, config)).toBe(isRight)
  })

  it('a token needs an app', () => {
    expect(layer.check?.({ secret: 's', token: 't' })).toMatchObject([{ field: 'appId' }])
    expect(layer.check?.({ secret: 's', token: 't', appId: uuid })).toEqual([])
    expect(layer.check?.({ secret: 's' })).toEqual([])
  })

  it('without a token there is nobody to ask', () => {
    const world = { sourceId: 'chat', webhookUrl: '', clock: new MovableClock(NOW), newNonce: () => '' }
    const source = layer.create({ secret: 's' }, world)
    expect([source.confirm, source.personOf]).toEqual([undefined, undefined])
  })
})
