import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { beaconQuery } from '../../../test/fakes/web-push.ts'
import type { RawRequest } from '../../engine/ports/channel.ts'
import { beaconsFor, readBeacon } from './beacons.ts'

const CALLBACK_URL = 'https://messages.example.com/prefix/callbacks/push'
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const SECRET = 'a-beacon-secret-of-32-characters'
const OLD = 'the-one-before-of-32-characters!'

const call = (url: string, how: Partial<RawRequest> = {}): RawRequest => {
  const { pathname, search } = new URL(url, 'http://host.invalid')
  return { method: 'POST', url: pathname + search, headers: {}, body: Buffer.alloc(0), ...how }
}
const byHand = (secret: string, attempt: string, status: string) =>
  call(`/callbacks/push${beaconQuery(secret, attempt, status)}`)

describe('a beacon', () => {
  it('is our callback URL with the attempt, the status and what proves them', () => {
    const signature = createHmac('sha256', SECRET).update(`web-push beacon\n${REF}\nread`).digest('base64url')
    const { read } = beaconsFor(CALLBACK_URL, REF, SECRET)
    expect(read).toBe(`${CALLBACK_URL}?attempt=${REF}&status=read&signature=${signature}`)
  })

  it.each(['delivered', 'read'] as const)(
    'that says %s is a receipt of it, by GET or POST, with a body or without',
    (status) => {
      const url = beaconsFor(CALLBACK_URL, REF, SECRET)[status]
      const receipts = [{ attemptRef: REF, report: { status, native: status } }]
      for (const how of [{}, { method: 'GET' }, { body: Buffer.from('anything') }]) {
        expect(readBeacon(call(url, how), [SECRET])).toEqual({ kind: 'receipts', receipts, ignored: 0 })
      }
    },
  )

  it('is good by any of the secrets, while one takes the place of the other', () => {
    const { delivered } = beaconsFor(CALLBACK_URL, REF, OLD)
    expect(readBeacon(call(delivered), [SECRET, OLD]).kind).toBe('receipts')
    expect(readBeacon(call(delivered), [SECRET]).kind).toBe('refused')
  })

  it('of one status or attempt proves no other', () => {
    const { delivered } = beaconsFor(CALLBACK_URL, REF, SECRET)
    for (const [from, to] of [
      ['status=delivered', 'status=read'],
      ['.2&', '.3&'],
      ['.2&', '.22&'],
      [/signature=./, 'signature='],
      [/signature=.*/, ''],
    ] as const) {
      expect(readBeacon(call(delivered.replace(from, to)), [SECRET]).kind, String(to)).toBe('refused')
    }
  })

  it('is refused without a secret to hold it against', () => {
    const { delivered } = beaconsFor(CALLBACK_URL, REF, SECRET)
    expect(readBeacon(call(delivered), [])).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('no beaconSecret'),
    })
  })

  it('with a status that we do not give is ignored', () => {
    for (const status of ['levitated', '', 'constructor', 'DELIVERED']) {
      expect(readBeacon(byHand(SECRET, REF, status), [SECRET])).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
    }
  })

  it('that names no attempt is unreadable', () => {
    for (const attempt of ['', 'x', `${'a'.repeat(65)}.1`, 'a.0', 'a.1\n', 'ä.1']) {
      expect(readBeacon(byHand(SECRET, attempt, 'read'), [SECRET]).kind, attempt).toBe('unreadable')
    }
  })

  it('with fields that stand there twice is read by the first, which is what is signed', () => {
    const { delivered } = beaconsFor(CALLBACK_URL, REF, SECRET)
    expect(readBeacon(call(`${delivered}&attempt=other.1&status=read`), [SECRET])).toMatchObject({
      receipts: [{ attemptRef: REF, report: { status: 'delivered' } }],
    })
  })
})
