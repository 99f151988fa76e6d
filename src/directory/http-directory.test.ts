import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../test/fakes/http-provider.ts'
import { startUserDatabase, type UserDatabaseBehaviour } from '../../test/fakes/user-database.ts'
import { DirectoryTrouble } from '../engine/ports/directory.ts'
import { newId } from '../system/ids.ts'
import { MovableClock } from '../system/movable-clock.ts'
import { type HttpDirectoryConfig, httpDirectory } from './http-directory.ts'

const T0 = Date.parse('2026-05-05T09:00:00Z')
const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`
const [SECRET, OLD_SECRET, FOREIGN_SECRET] = [1, 2, 3].map(secretOf) as [string, string, string]
const ANN = {
  name: 'Ann',
  email: 'ann@example.org',
  msisdn: '+6590000001',
  lineUserId: 'U1',
  channelUserId: 'c-1',
  language: 'de',
  timeZone: 'Europe/Berlin',
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<HttpDirectoryConfig> = {}, known: readonly string[] = [SECRET]) {
  const clock = new MovableClock(T0)
  const users = await startUserDatabase({ secrets: known, now: () => clock.now() })
  closers.push(users.close)
  users.people.set('default/ann', ANN)
  const warnings: object[] = []
  const directory = httpDirectory(
    { url: users.url, secrets: [SECRET], timeoutMs: 20_000, cacheForMs: 60_000, ...config },
    { clock, newId, log: { warn: (fields, sentence) => void warnings.push({ ...fields, sentence }) } },
  )
  closers.push(directory.close)
  const never = new AbortController().signal
  const find = (contactId = 'ann', { subAccountId = 'default', signal = never } = {}) =>
    directory.find(subAccountId, contactId, signal)
  const troubleOf = async (contactId?: string) => {
    const error: unknown = await find(contactId).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(DirectoryTrouble)
    return error instanceof Error ? error.message : ''
  }
  return { clock, users, warnings, find, troubleOf }
}

describe('a user database', () => {
  it('is asked with the subaccount and the id, signed, and tells what it knows', async () => {
    const { users, find } = await start()
    expect(await find()).toEqual(ANN)
    expect(await find('bob')).toBeUndefined()
    expect(await find('ann', { subAccountId: 'other' })).toBeUndefined()
    expect(users.asked.map(({ subAccountId, contactId }) => `${subAccountId}/${contactId}`)).toEqual([
      'default/ann',
      'default/bob',
      'other/ann',
    ])
    expect(users.refused).toEqual([])
  })

  it.each([
    ['that knows the new secret', [SECRET]],
    ['that knows the old secret', [OLD_SECRET]],
  ])('%s is satisfied while the secret is changed', async (_, known) => {
    const { find } = await start({ secrets: [SECRET, OLD_SECRET] }, known)
    expect(await find()).toEqual(ANN)
  })

  it('that does not believe us is trouble, and says where to look', async () => {
    const { troubleOf } = await start({}, [FOREIGN_SECRET])
    expect(await troubleOf()).toBe('the user database answered 401 Unauthorized; does it have the same secret?')
  })

  it.each([204, 404, 410])('that answers %i does not know the person', async (status) => {
    const { users, find } = await start()
    users.behave({ do: 'answer', status })
    expect(await find()).toBeUndefined()
  })

  const html = { 'content-type': 'text/html; charset=utf-8' }
  const json = { 'content-type': 'application/json' }
  it.each<[string, UserDatabaseBehaviour, string]>([
    ['500', { do: 'answer', status: 500 }, 'answered 500 Internal Server Error'],
    ['429', { do: 'answer', status: 429, headers: { 'retry-after': '3' } }, 'answered 429 Too Many Requests'],
    ['a redirect', { do: 'answer', status: 302, headers: { location: '/login' } }, 'answered 302 Found, which is not'],
    ['a web page', { do: 'answer', status: 200, headers: html, body: '<p>Hi' }, 'with a web page; is the URL right?'],
    ['a web page for 404', { do: 'answer', status: 404, headers: html, body: '<p>No' }, 'with a web page'],
    [
      'a web page that is called JSON',
      { do: 'answer', status: 200, headers: json, body: ' <!DOCTYPE html>' },
      'with a web',
    ],
    ['201', { do: 'answer', status: 201, headers: json, body: '{}' }, 'answered 201 Created'],
    ['nothing', { do: 'answer', status: 200 }, 'its body is not a JSON object'],
    ['half a JSON', { do: 'answer', status: 200, headers: json, body: '{"email":' }, 'its body is not a JSON object'],
    ['a list', { do: 'answer', status: 200, headers: json, body: '[]' }, 'its body is not a JSON object'],
    ['null', { do: 'answer', status: 200, headers: json, body: 'null' }, 'its body is not a JSON object'],
    [
      'a wrong type',
      { do: 'answer', status: 200, headers: json, body: '{"msisdn":6590000001}' },
      'msisdn is not a text',
    ],
    ['too much', { do: 'endless' }, 'with an answer that broke off, or is longer than 64 KB'],
    ['half an answer', { do: 'cut', when: 'inside-answer' }, 'with an answer that broke off'],
    ['a cut connection', { do: 'cut', when: 'before-answer' }, 'did not answer: the connection was cut'],
  ])('that gives %s is trouble, and is asked again the next time', async (_, behaviour, words) => {
    const { users, find, troubleOf } = await start()
    users.behave(behaviour)
    const message = await troubleOf()
    expect(message).toMatch(/^the user database /)
    expect(message).toContain(words)
    users.behave({ do: 'look-up' })
    expect(await find()).toEqual(ANN)
    expect(users.asked).toHaveLength(2)
  })

  it('that takes too long, or is not there, is trouble', async () => {
    const slow = await start({ timeoutMs: 50 })
    slow.users.behave({ do: 'hold' })
    expect(await slow.troubleOf()).toBe('the user database did not answer: timed out after the request was written')
    const away = await start({ url: `http://127.0.0.1:${await freePort()}/` })
    expect(await away.troubleOf()).toContain('did not answer: the connection was refused')
  })

  it('may leave fields out, empty or null, and tell more than we ask for', async () => {
    const { users, find, warnings } = await start()
    users.people.set('default/ann', {
      email: null,
      msisdn: '',
      name: ' ',
      language: 'DE',
      shoeSize: 43,
      contactId: 'x',
    })
    expect(await find()).toEqual({ language: 'de' })
    users.people.set('default/bob', {})
    expect(await find('bob')).toEqual({})
    expect(warnings).toEqual([])
  })

  it('is taken at its word where it can be, and what cannot be used is told without saying it', async () => {
    const { users, find, warnings } = await start()
    const bad = { email: 'ann at home', msisdn: '12', lineUserId: 'a b', channelUserId: 'a\nb', language: 'german' }
    users.people.set('default/ann', { ...bad, timeZone: 'Mars', name: 'a\nb' })
    users.people.set('default/bob', { email: 'bob', msisdn: '65 9000-0001' })
    expect(await find()).toEqual({})
    expect(await find('bob')).toEqual({ msisdn: '+6590000001' })
    const sentence = 'the user database gave a value that cannot be used'
    expect(warnings.at(-1)).toEqual({ subAccountId: 'default', contactId: 'bob', field: 'email', sentence })
    expect(warnings).toHaveLength(8)
  })
})

describe('what was answered', () => {
  it('is good for a while, also that somebody is unknown', async () => {
    const { users, clock, find } = await start({ cacheForMs: 60_000 })
    for (const _ of [1, 2]) expect([await find(), await find('bob')]).toEqual([ANN, undefined])
    expect(users.asked).toHaveLength(2)
    await clock.advance(59_999)
    await find()
    expect(users.asked).toHaveLength(2)
    users.people.set('default/ann', { name: 'Anna' })
    await clock.advance(1)
    expect(await find()).toEqual({ name: 'Anna' })
  })

  it('is not kept where the operator wants none', async () => {
    const { users, find } = await start({ cacheForMs: 0 })
    expect([await find(), await find()]).toEqual([ANN, ANN])
    expect(users.asked).toHaveLength(2)
  })

  it('goes to all who asked at the same time, with one call', async () => {
    const { users, find } = await start({ cacheForMs: 0 })
    users.behave({ do: 'hold' })
    const answers = [find(), find(), find()]
    await users.askedFor(1)
    users.release()
    expect(await Promise.all(answers)).toEqual([ANN, ANN, ANN])
    expect(users.asked).toHaveLength(1)
  })

  it('is not lost to the others when one who asked no longer waits', async () => {
    const { users, find } = await start()
    users.behave({ do: 'hold' })
    const impatient = new AbortController()
    const [first, second] = [find('ann', { signal: impatient.signal }), find()]
    await users.askedFor(1)
    impatient.abort()
    await expect(first).rejects.toThrow('the look-up was called off')
    users.release()
    expect(await second).toEqual(ANN)
    expect(users.asked).toHaveLength(1)
  })

  it('is not waited for when everybody has gone, and asked for anew by the next', async () => {
    const { users, find } = await start()
    users.behave({ do: 'hold' })
    const impatient = new AbortController()
    const gone = find('ann', { signal: impatient.signal })
    await users.askedFor(1)
    impatient.abort()
    await expect(gone).rejects.toBeInstanceOf(DirectoryTrouble)
    users.behave({ do: 'look-up' })
    expect(await find()).toEqual(ANN)
    await expect(find('ann', { signal: AbortSignal.abort() })).rejects.toThrow('called off')
  })

  it('is asked for by sixteen calls at a time, however many people are due', async () => {
    const { users, find } = await start()
    users.behave({ do: 'hold' })
    const all = Array.from({ length: 40 }, (_, n) => find(`p${n}`))
    for (const count of [16, 32, 40]) {
      await users.askedFor(count)
      await fetch(users.url).then((answer) => answer.text()) // any other call would have come before this one
      expect(users.asked).toHaveLength(count)
      users.release()
    }
    expect(await Promise.all(all)).toEqual(all.map(() => undefined))
  })
})

it('no trouble tells of the person', async () => {
  const { users, find } = await start()
  const told: string[] = []
  const behaviours: UserDatabaseBehaviour[] = [
    { do: 'answer', status: 500, body: 'ann-17 ann@example.org' },
    { do: 'answer', status: 200, body: '{"email":["ann@example.org"]}' },
  ]
  for (const behaviour of behaviours) {
    users.behave(behaviour)
    await find('ann-17').catch((error: Error) => told.push(error.message))
  }
  expect(told).toHaveLength(2)
  expect(told.join()).not.toMatch(/ann|example/)
})
