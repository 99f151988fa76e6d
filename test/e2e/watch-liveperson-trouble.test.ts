import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FAKE_CREDENTIALS, type Failure, type Place } from '../fakes/liveperson.ts'
import { type House, openHouse, SALES, SUPPORT, salesConfig } from '../support/liveperson-service.ts'

const HOUR = 3600
const { oauth1, oauth2 } = FAKE_CREDENTIALS
const ANN = { firstName: 'Ann', phone: '+12125550101', email: 'ann@example.test' }
const HTML = '<html><body>Sorry, ann@example.test</body></html>'
/** What is nobody's business: people, what was said, and secrets. */
const PRIVATE = /Ann\b|2125550101|ann@|line \d|Sorry|key\+secret|token secret|client-secret|hunter2/

const answer = (status: number, more: Partial<Failure & { do: 'answer' }> = {}) =>
  ({ do: 'answer', status, ...more }) satisfies Failure

describe('trouble with LivePerson, end to end', () => {
  let house: House
  let conversation: string

  beforeEach(async () => {
    house = await openHouse({ liveperson: { skills: [SALES, SUPPORT] } })
    conversation = house.liveperson.open({ profile: ANN })
    house.liveperson.write(conversation, { text: 'line 1' })
  })
  afterEach(() => house.close())

  test.each<[string, Place, Failure, string, RegExp]>([
    ['an account that does not exist', 'domain', answer(401), 'configuration', /no LivePerson account 12345678; check/],
    ['a refused key', 'search', answer(401), 'credentials', /answered 401 when asked for conversations: the key .* is/],
    ['a permission that lacks', 'skills', answer(403), 'credentials', /answered 403 .* give skills by id/],
    ['too many requests', 'search', answer(429), 'busy', /LivePerson answered 429 when asked for conversations/],
    ['a page for people', 'search', answer(200, { body: HTML }), 'away', /something that is not JSON/],
    ['a proxy’s error', 'skills', answer(502, { body: HTML }), 'away', /LivePerson answered 502/],
    ['half an answer', 'search', { do: 'break-off', body: `{"text":"line 1` }, 'away', /only a part of its answer/],
    ['no answer', 'search', { do: 'cut' }, 'away', /asked for conversations: /],
    ['another shape', 'search', answer(200, { body: '["ann@example.test"]' }), 'unreadable', /not documented/],
  ])('%s is shown and logged, and nothing is lost by it', async (_, place, failure, what, detail) => {
    const { liveperson, pass } = house
    liveperson.fail(place, failure, { times: 4 })
    const service = await house.start({ config: salesConfig(house) })
    await pass(60)
    const { state, trouble, ...source } = await house.source()
    expect({ state, trouble }).toMatchObject({
      state: 'in-trouble',
      trouble: { what, detail: expect.stringMatching(detail) },
    })
    expect(source).toMatchObject({ events: 0, nextPollAt: expect.any(String) })
    expect(service.output()).toMatch(/a source could not be polled and will be asked again/)
    expect(service.output()).toMatch(detail)
    liveperson.write(conversation, { text: 'line 2' })

    await pass(10 * 60)
    const { trouble: gone, ...mended } = await house.source()
    expect([mended.state, gone]).toEqual(['working', undefined])
    // An hour after the line was written, not after it was heard of.
    await pass(HOUR - 660 - 30)
    expect(house.texted()).toEqual([])
    await pass(60)
    expect(house.texted()).toEqual(['+12125550101: Our sales team has answered: 2 unread'])
    expect(service.output() + JSON.stringify({ trouble, source })).not.toMatch(PRIVATE)
  })

  test('of how long to wait LivePerson has the say', async () => {
    const { liveperson, pass } = house
    liveperson.fail('search', answer(429, { headers: { 'retry-after': '1200' } }))
    await house.start({ config: salesConfig(house) })
    const searches = () => liveperson.requests.filter(({ place }) => place === 'search').length
    await pass(1170)
    expect([searches(), (await house.source()).state]).toEqual([1, 'in-trouble'])
    await pass(60)
    expect([searches() > 1, (await house.source()).state]).toEqual([true, 'working'])
  })

  test.each([
    ['account', { ...oauth1, account: '99999999' }, 'configuration', 'there is no LivePerson account 99999999'],
    ['secret of the key', { ...oauth1, tokenSecret: 'hunter2' }, 'credentials', 'LivePerson answered 401 when asked'],
    ['secret of the install', { ...oauth2, clientSecret: 'hunter2' }, 'credentials', 'when asked for a token'],
    ['skill', { ...oauth1, skills: ['Sale'] }, 'configuration', 'there is no skill Sale; did you mean Sales?'],
  ])('a wrong %s is told until it is put right, and then all is there', async (_, wrong, what, detail) => {
    const { pass } = house
    const service = await house.start({ config: salesConfig(house, wrong) })
    await pass(900)
    expect(await house.source()).toMatchObject({
      state: 'in-trouble',
      trouble: { what, detail: expect.stringContaining(detail), times: expect.any(Number) },
    })
    expect(service.output()).toContain(detail)
    expect(service.output()).not.toMatch(PRIVATE)
    await house.stop()
    await house.start({ config: salesConfig(house, oauth2) })
    await pass(HOUR - 900 - 30)
    expect(house.texted()).toEqual([])
    await pass(60)
    expect(house.texted()).toEqual(['+12125550101: Our sales team has answered: 1 unread'])
    expect(await house.source()).toMatchObject({ state: 'working' })
  })

  describe('in the moment before the notice', () => {
    const byIdFails = (times: number) => house.liveperson.fail('byId', answer(200, { body: HTML }), { times })

    const asked = () => house.liveperson.requests.filter(({ place }) => place === 'byId').length

    test('a short one puts the notice off until LivePerson has been asked', async () => {
      const { liveperson, pass } = house
      const service = await house.start({ config: salesConfig(house) })
      await pass(HOUR - 30)
      const before = asked()
      byIdFails(4) // it is asked again after 5, 10, 20 and 40 seconds
      await pass(32)
      expect([house.texted(), asked() > before]).toEqual([[], true])
      liveperson.report(conversation, [0])
      await pass(HOUR)
      expect([...house.texted(), ...house.mailed()]).toEqual([])
      expect(service.output()).not.toMatch(PRIVATE)
    })

    test('a long one does not keep the notice back: what is known goes out', async () => {
      await house.start({ config: salesConfig(house) })
      await house.pass(HOUR - 30)
      byIdFails(100)
      await house.pass(300)
      expect(house.texted()).toEqual(['+12125550101: Our sales team has answered: 1 unread'])
    })
  })
})
