import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, MASTER_KEY, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'
import { newMessage } from '../../test/support/messages.ts'

const URL = '/api/v1/subaccounts/default/sources'
const NOTHING = { events: 0, repeated: 0, ignored: 0, withoutRule: 0, refused: 0, unreadable: 0 }
const source = { id: 'chat', platform: 'layer', isPolled: false, takesWebhooks: true }

let house: ApiHouse
beforeAll(async () => {
  house = await openApiHouse()
})
afterAll(() => house.close())

describe('how sources are doing', () => {
  test('is quiet, working or in trouble, and of several troubles the latest is told', async () => {
    const trouble = { since: 1000, times: 3, what: 'away' as const, detail: 'it answered 500' }
    house.watch.sources = () => [
      { ...source, health: { ...NOTHING, troubles: {} } },
      { ...source, health: { ...NOTHING, events: 2, lastEventAt: 5000, troubles: {} } },
      {
        ...source,
        health: {
          ...NOTHING,
          troubles: { asking: { ...trouble, at: 2000 }, webhook: { ...trouble, at: 4000, what: 'refused' } },
        },
      },
    ]
    const { status, json } = await house.call('GET', URL)
    expect(status).toBe(200)
    expect(json.sources).toMatchObject([
      { state: 'quiet' },
      { state: 'working', events: 2, lastEventAt: '1970-01-01T00:00:05.000Z' },
      { state: 'in-trouble', trouble: { doing: 'webhook', what: 'refused', at: '1970-01-01T00:00:04.000Z', times: 3 } },
    ])
  })

  test('is for the own subaccount only', async () => {
    expect((await house.call('GET', URL, undefined, { key: null })).status).toBe(401)
    expect((await house.call('GET', URL, undefined, { key: OTHER_KEY })).status).toBe(403)
    expect((await house.call('GET', URL, undefined, { key: MASTER_KEY })).status).toBe(200)
  })
})

describe('what a person has not read', () => {
  test('tells each conversation with its reminders, and what became of them', async () => {
    const umid = await house.send(newMessage())
    const asked: unknown[] = []
    house.watch.person = async (...given) => {
      asked.push(given)
      return [{ conversation: 'c', unread: 2, streaks: { missed: [umid, '019c0000-0000-7000-8000-000000000000'] } }]
    }
    const { status, json } = await house.call('GET', `${URL}/events/people/google-oauth2%7C7`)
    expect([status, asked]).toEqual([200, [['default', 'events', 'google-oauth2|7']]])
    expect(json).toEqual({
      person: 'google-oauth2|7',
      conversations: [
        {
          conversation: 'c',
          unread: 2,
          reminders: [{ umid, rule: 'missed', state: 'live', at: expect.stringMatching(/^2026-/) }],
        },
      ],
    })
  })

  test('an id that no database can hold is refused', async () => {
    const { status, json } = await house.call('GET', `${URL}/events/people/a%00b`)
    expect([status, json.code]).toEqual([400, 1000])
  })
})
