import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../http/http-client.ts'
import { outcomeOfAnswer } from './web-push-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABn'

function answer(status: number, body: string | object = '', headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const json = typeof body === 'string' ? undefined : body
  return { kind: 'answered', status, headers, text, json, complete: true }
}
const read = (result: HttpAnswer, isOwnAddress = true) =>
  outcomeOfAnswer(result, { now: NOW, endpoint: ENDPOINT, isOwnAddress })
const mozilla = (code: number, errno: number, message = 'x') => ({ code, errno, error: 'Error', message })

describe('a message that was taken', () => {
  it('has the address that the service gave it', () => {
    const location = 'https://updates.push.services.mozilla.com/m/gAAAAABm'
    expect(read(answer(201, '', { location }))).toEqual({ kind: 'accepted', providerRef: location })
    expect(read(answer(201, '', { location: '/m/gAAAAABm' }))).toEqual({ kind: 'accepted', providerRef: location })
  })

  it.each(['', 'https://[/', `/m/${'x'.repeat(1000)}`])('may have none that can be kept: %j', (location) => {
    expect(read(answer(201, '', { location }))).toEqual({ kind: 'accepted' })
  })

  it('is not certain to be taken when somebody says only 200', () => {
    expect(read(answer(200, '<html>It works!</html>'))).toMatchObject({ kind: 'uncertain' })
    expect(read(answer(200, '', { location: '/m/1' }))).toMatchObject({ kind: 'accepted' })
    for (const status of [201, 202]) expect(read(answer(status))).toEqual({ kind: 'accepted' })
  })
})

describe('a subscription that is dead', () => {
  it.each([404, 410])('is told by %i, and its address with it when the address is its own', (status) => {
    const dead = { kind: 'rejected', reason: 'recipient', code: String(status) }
    expect(read(answer(status, mozilla(status, 103)))).toMatchObject({ ...dead, suppress: 'bad-address' })
    const person = read(answer(status), false)
    expect(person).toMatchObject(dead)
    expect(person).not.toHaveProperty('suppress')
  })

  it.each([
    [400, { reason: 'VapidPkHashMismatch' }],
    [403, { reason: 'VapidPkHashMismatch' }],
    [401, mozilla(401, 109, 'VAPID public key mismatch')],
    [
      403,
      'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n',
    ],
    [403, 'the key in the authorization header does not correspond to the sender ID used to subscribe this user.'],
    [400, '<HTML><HEAD><TITLE>UnauthorizedRegistration</TITLE></HEAD></HTML>'],
  ])('because it was made with another key is one person’s affair: %i %j', (status, body) => {
    const outcome = read(answer(status, body))
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'recipient', code: 'other-keys' })
    expect(outcome).not.toHaveProperty('suppress')
  })

  it('and has moved is not followed', () => {
    const moved = answer(301, '', { location: 'https://evil.example/' })
    expect(read(moved)).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '301' })
  })
})

describe('a set-up that is wrong', () => {
  it.each([
    [401, mozilla(401, 109, 'Invalid bearer token'), '401'],
    [403, '', '403'],
    [403, { reason: 'BadJwtToken' }, 'BadJwtToken'],
    [400, { reason: 'BadVapidPublicKey' }, 'BadVapidPublicKey'],
    [403, { reason: 'constructor' }, '403'],
    [402, '', '402'],
  ])('is the operator’s: %i %j', (status, body, code) => {
    expect(read(answer(status, body))).toMatchObject({ kind: 'rejected', reason: 'credentials', code })
  })
})

describe('a message that is wrong', () => {
  it.each([
    [400, mozilla(400, 112)],
    [400, { reason: 'BadWebPushTopic' }],
    [400, ''],
    [413, mozilla(413, 104)],
    [413, { reason: 'PayloadTooLarge' }],
    [405, ''],
  ])('is rejected for its content: %i %j', (status, body) => {
    expect(read(answer(status, body))).toMatchObject({ kind: 'rejected', reason: 'content', code: String(status) })
  })
})

describe('a service that is busy', () => {
  it.each([
    [429, '', {}, 5_000],
    [429, '', { 'retry-after': '120' }, 120_000],
    [406, '', {}, 5_000],
    [406, '', { 'retry-after': '9' }, 9_000],
    [503, '', { 'retry-after': '30' }, 30_000],
    [503, mozilla(503, 201), {}, 5_000],
    [503, mozilla(503, 202), {}, 1_000],
    [503, mozilla(503, 201), { 'retry-after': '44' }, 44_000],
    [502, mozilla(502, 902), {}, 5_000],
  ])('says that it did not take it: %i %j %j', (status, body, headers, afterMs) => {
    expect(read(answer(status, body, headers as Record<string, string>))).toMatchObject({ kind: 'retry', afterMs })
  })

  it.each([
    [500, mozilla(500, 999)],
    [500, { reason: 'InternalServerError' }],
    [502, mozilla(502, 903)],
    [503, { reason: 'Shutdown' }],
    [503, { errno: '201' }],
    [504, ''],
  ])('or leaves it open: %i %j', (status, body) => {
    expect(read(answer(status, body))).toMatchObject({ kind: 'uncertain' })
  })
})

it('no answer’s own words are repeated', () => {
  const words = 'the device of ann@example.com'
  for (const status of [200, 301, 400, 401, 403, 404, 406, 410, 413, 429, 500, 502, 503]) {
    for (const body of [words, { reason: words, message: words, errno: 201 }]) {
      expect(JSON.stringify(read(answer(status, body)))).not.toContain('ann@')
    }
  }
})
