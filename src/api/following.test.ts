import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, list, openApiHouse } from '../../test/support/api-house.ts'

const BASE = '/api/v1/subaccounts/default'
const BODY = {
  user: { msisdn: '+6590000001', email: 'ann@example.com' },
  type: 'text',
  content: { text: 'Hello' },
  clientMessageId: 'order-7',
  channels: [
    { channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' },
    { channel: 'Viber', fallbackAfter: 60, successStatus: 'Delivered' },
    { channel: 'SMS' },
  ],
}

let house: ApiHouse
beforeAll(async () => {
  house = await openApiHouse()
})
afterAll(() => house.close())

async function send(more: object = {}): Promise<string> {
  const answer = await house.call('POST', `${BASE}/messages`, { ...BODY, ...more })
  await house.engine.idle()
  return String(answer.json.umid)
}
const iso = (at: number) => new Date(at).toISOString()

describe('the timeline', () => {
  test('tells where a message stands, why, and what comes next', async () => {
    const start = house.clock.now()
    const umid = await send()
    await house.receipt(umid, 1, 'delivered')
    const { status, json } = await house.call('GET', `${BASE}/messages/${umid}/timeline`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      umid,
      subAccountId: 'default',
      clientMessageId: 'order-7',
      state: 'live',
      heldBack: false,
      outcome: null,
      acceptedAt: iso(start),
      now: iso(start),
      next: {
        at: iso(start + 60_000),
        what: 'fall-back',
        step: 1,
        channel: 'WhatsApp',
        text: 'Unless WhatsApp is known to be read 60 s after it left, Viber is next.',
      },
    })
    expect(json.steps).toEqual([
      {
        step: 1,
        channel: 'WhatsApp',
        successStatus: 'Read',
        fallbackAfter: 60,
        status: 'delivered',
        openedAt: iso(start),
        leftAt: iso(start),
        deadlineAt: iso(start + 60_000),
        connection: 'fake',
        try: 1,
        times: { accepted: iso(start), delivered: iso(start) },
      },
      { step: 2, channel: 'Viber', successStatus: 'Delivered', fallbackAfter: 60, status: null, times: {} },
      { step: 3, channel: 'SMS', successStatus: 'Delivered', status: null, times: {} },
    ])
    await house.advance(60_000)
    await house.receipt(umid, 2, 'delivered')
    const ended = (await house.call('GET', `${BASE}/messages/${umid}/timeline`)).json
    expect(ended).toMatchObject({
      state: 'succeeded',
      next: null,
      outcome: { state: 'succeeded', step: 2, channel: 'Viber', status: 'delivered', doubleExposure: true },
    })
    const entries = list(ended.timeline)
    expect(entries.map(({ text }) => text)).toEqual([
      'The message goes to WhatsApp through fake.',
      "WhatsApp's provider took the message.",
      'WhatsApp reports delivered.',
      'WhatsApp was not known to be read within 60 s (it was delivered), so Viber is next.',
      'Now it goes to Viber through fake.',
      "Viber's provider took the message.",
      'Viber reports delivered.',
      'It is known to be delivered on Viber: the message has succeeded.',
    ])
    expect(entries[3]).toMatchObject({ code: 'fell-back', step: 1, facts: { reason: 'not-in-time', to: 'Viber' } })
    const versions = entries.map(({ version }) => Number(version))
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
  })

  test.each([
    ['not an id', 'nothing-like-an-id'],
    ['an id of nobody', '0199b1f2-5c11-7a31-8f2e-3f6d8f1f0001'],
  ])('of %s is not found', async (_what, umid) => {
    const answer = await house.call('GET', `${BASE}/messages/${umid}/timeline`)
    expect([answer.status, answer.json.code]).toEqual([404, 1300])
  })

  test("somebody else's message and one that does not exist cannot be told apart", async () => {
    const umid = await send()
    const key = { key: 'key_of_other' }
    const errors = await Promise.all(
      [umid, '0199b1f2-5c11-7a31-8f2e-3f6d8f1f0001'].map(async (each) => {
        const { status, json } = await house.call(
          'GET',
          `/api/v1/subaccounts/other/messages/${each}/timeline`,
          undefined,
          key,
        )
        return { status, ...json, errorId: '', timestamp: '' }
      }),
    )
    expect(errors[0]).toEqual(errors[1])
    expect(errors[0]).toMatchObject({ status: 404, code: 1300 })
  })
})

describe('message details', () => {
  test('give one record for each step that was taken up, with addresses and content masked', async () => {
    const start = house.clock.now()
    const umid = await send()
    await house.receipt(umid, 1, { status: 'failed', error: { code: '131026', message: 'not on WhatsApp' } })
    await house.receipt(umid, 2, 'delivered')
    const { json } = await house.call('GET', `${BASE}/messages/${umid}`)
    const common = {
      umid,
      subAccountId: 'default',
      channelId: 'fake',
      direction: 'outbound',
      country: 'SG',
      contentType: 'Text',
      content: '**MASKED**',
      createdAt: iso(start),
      clientMessageId: 'order-7',
      user: { msisdn: '+659000xxxx', email: 'axxxx@example.com' },
    }
    expect(json).toEqual({
      data: [
        {
          ...common,
          channel: 'WhatsApp',
          step: 1,
          status: {
            state: 'undelivered',
            detail: 'undelivered_to_recipient',
            timestamp: iso(start),
            errorCode: 1018,
            errorMessage: 'not on WhatsApp',
          },
        },
        {
          ...common,
          channel: 'Viber',
          step: 2,
          status: { state: 'delivered', detail: 'delivered_to_recipient', timestamp: iso(start) },
        },
      ],
    })
  })

  test('show a scheduled message as queued, and one that was cancelled before its time as rejected', async () => {
    const umid = await send({ scheduled: iso(house.clock.now() + 3_600_000) })
    const status = async () => (await house.call('GET', `${BASE}/messages/${umid}`)).json.data?.[0]?.status
    expect(await status()).toEqual({ state: 'queued', timestamp: iso(house.clock.now()) })
    await house.call('DELETE', `${BASE}/messages/${umid}`)
    expect(await status()).toMatchObject({ state: 'rejected', errorCode: 25 })
  })
})

describe('cancelling', () => {
  test('a scheduled message is cancelled, and says so again when asked again', async () => {
    const umid = await send({ scheduled: iso(house.clock.now() + 3_600_000) })
    for (const _ of [1, 2]) {
      const answer = await house.call('DELETE', `${BASE}/messages/${umid}`)
      expect([answer.status, answer.json]).toEqual([200, { cancelledCount: 1, result: 'cancelled' }])
    }
  })

  test('after a step has left it is too late for that step, and the rest is called off', async () => {
    const start = house.clock.now()
    const umid = await send()
    const answer = await house.call('DELETE', `${BASE}/messages/${umid}`)
    expect(answer.json).toEqual({ cancelledCount: 0, result: 'too-late', step: 1, at: iso(start) })
    expect(await house.stateOf(umid)).toBe('cancelled')
  })

  test('a message that has ended stays as it is', async () => {
    const umid = await send()
    await house.receipt(umid, 1, 'read')
    const answer = await house.call('DELETE', `${BASE}/messages/${umid}`)
    expect(answer.json).toEqual({ cancelledCount: 0, result: 'ended', outcome: 'succeeded' })
  })

  test('a batch is cancelled as far as it has not left, and an unknown batch is not found', async () => {
    const later = iso(house.clock.now() + 3_600_000)
    const { user, ...template } = { ...BODY, clientMessageId: undefined }
    const messages = [{ user, scheduled: later }, { user }, { user, scheduled: later }]
    const { batchId } = (await house.call('POST', `${BASE}/messages/batch`, { messages, template })).json
    await house.engine.idle()
    const answer = await house.call('DELETE', `${BASE}/messages/batch/${batchId}`)
    expect(answer.json).toEqual({ cancelledCount: 2, tooLateCount: 1 })
    const other = `/api/v1/subaccounts/other/messages/batch/${batchId}`
    expect((await house.call('DELETE', other, undefined, { key: 'key_of_other' })).status).toBe(404)
    expect((await house.call('DELETE', `${BASE}/messages/batch/none`)).json.code).toBe(1300)
  })

  test('a message that is not held back cannot be released', async () => {
    const answer = await house.call('POST', `${BASE}/messages/${await send()}/release`)
    expect([answer.status, answer.json.code]).toEqual([409, 409])
  })
})
