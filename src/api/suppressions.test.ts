import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiHouse, list, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'

const PATH = '/api/v1/subaccounts/default/suppressions'
const ANN = '+6591234567'

let house: ApiHouse
beforeEach(async () => {
  house = await openApiHouse()
})
afterEach(() => house.close())

const suppressed = async (query = '') => {
  const { json } = await house.call('GET', PATH + query)
  return list(json.suppressions).map(({ channel, address, reason, connection }) =>
    [channel, address, reason, connection].join(' '),
  )
}

test('what a provider heard is listed, found by address, and heeded', async () => {
  const heard = [{ kind: 'suppress', channel: 'SMS', address: ANN, reason: 'opted-out' } as const]
  await house.engine.take('sms', { receipts: [], heard, ignored: 0 })
  expect(await suppressed()).toEqual([`SMS ${ANN} opted-out sms`])
  expect(await suppressed(`?address=${encodeURIComponent(ANN)}`)).toHaveLength(1)
  expect(await suppressed('?address=%2B6500000000')).toEqual([])
  const body = { user: { msisdn: ANN }, type: 'text', content: { text: 'Hi' }, channels: [{ channel: 'SMS' }] }
  const { json } = await house.call('POST', '/api/v1/subaccounts/default/messages', body)
  await house.advance(0)
  const timeline = await house.call('GET', `/api/v1/subaccounts/default/messages/${json.umid}/timeline`)
  expect(timeline.text).toContain('SMS was skipped: the person has opted out of it (asked for no more messages).')
})

test('people add an address and lift it again, on one channel or on all', async () => {
  for (const channel of ['sms', 'WhatsApp']) {
    const { status, json } = await house.call('POST', PATH, { channel, address: ANN })
    expect([status, list(json.suppressions).length]).toEqual([200, 1])
  }
  await house.call('POST', PATH, { channel: 'WhatsApp', address: ANN, reason: 'bad-address' })
  expect(await suppressed()).toEqual([`SMS ${ANN} opted-out sms`, `WhatsApp ${ANN} opted-out fake`])
  const which = `?address=${encodeURIComponent(ANN)}`
  expect((await house.call('DELETE', `${PATH}${which}&channel=whatsapp`)).json).toEqual({ liftedCount: 1 })
  expect((await house.call('DELETE', PATH + which)).json).toEqual({ liftedCount: 1 })
  expect(await suppressed()).toEqual([])
})

test.each(['6591234567', '+65 9123-4567', ' 6591234567 '])(
  'a number is found and heeded as people write it: %j',
  async (as) => {
    await house.call('POST', PATH, { channel: 'sms', address: as })
    expect(await suppressed()).toEqual([`SMS ${ANN} opted-out sms`])
    expect(await suppressed('?address=+6591234567')).toHaveLength(1)
    const which = `?channel=SMS&address=${encodeURIComponent(as)}`
    expect((await house.call('DELETE', PATH + which)).json).toEqual({ liftedCount: 1 })
  },
)

test('the list goes on where a page ended', async () => {
  const addresses = Array.from({ length: 7 }, (_, n) => `+659123456${n}`)
  const heard = addresses.map((address) => ({ kind: 'suppress', channel: 'SMS', address, reason: 'blocked' }) as const)
  await house.engine.take('sms', { receipts: [], heard, ignored: 0 })
  const seen: string[] = []
  let after = ''
  do {
    const { json } = await house.call('GET', `${PATH}?limit=3${after}`)
    seen.push(...list(json.suppressions).map(({ address }) => String(address)))
    after = json.next === undefined ? '' : `&after=${json.next}`
  } while (after !== '')
  expect(seen).toEqual(addresses)
})

test.each([
  ['GET', '?limit=0', undefined, 'limit: must be a whole number'],
  ['GET', '?after=x', undefined, 'after: must be the'],
  ['DELETE', '', undefined, 'address: is missing'],
  ['POST', '', { channel: 'Viber', address: '' }, 'address'],
  ['POST', '', { channel: 'Viber', address: '  ' }, 'address: must not be empty'],
  ['POST', '', { channel: 'Email', address: 'a@b.c' }, 'Email has no connection'],
  ['POST', '', { channel: 'SMS', address: ANN, reason: 'mood' }, 'reason'],
] as const)('%s %s with %j is told what is wrong', async (method, query, body, words) => {
  const { status, json } = await house.call(method, PATH + query, body)
  expect(status).toBe(400)
  expect(json.message).toContain(words)
})

test('nobody sees those of another subaccount', async () => {
  expect((await house.call('GET', PATH, undefined, { key: OTHER_KEY })).status).toBe(403)
})
