import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FAKE_CREDENTIALS, WEBHOOK_SECRET } from '../fakes/liveperson.ts'
import {
  BILLING,
  type House,
  LOGINS,
  openHouse,
  SALES,
  SUPPORT,
  salesConfig,
  WEBHOOK_PATH,
} from '../support/liveperson-service.ts'
import type { Service } from '../support/service.ts'

const HOUR = 3600
const ANN = { firstName: 'Ann', phone: '+12125550101', email: 'ann@example.test' }
const BOB = { firstName: 'Bob', phone: '+12125550102', email: 'bob@example.test' }
const CARL = { firstName: 'Carl', phone: '+12125550103', email: 'carl@example.test' }
const DORA = { firstName: 'Dora', phone: '+12125550104', email: 'dora@example.test' }
const EVE = { firstName: 'Eve', phone: '+12125550105', email: 'eve@example.test' }

describe('LivePerson reminders, end to end', () => {
  let house: House
  let service: Service

  beforeEach(async () => {
    house = await openHouse({
      // A minute behind, as LivePerson is, and two conversations on a page.
      liveperson: { lagMs: 60_000, largestPage: 2, skills: [SALES, SUPPORT, BILLING] },
    })
  })
  afterEach(() => house.close())

  /** An agent writes these lines; answers their numbers. */
  const write = (conversation: string, ...texts: string[]) =>
    texts.map((text) => house.liveperson.write(conversation, { text }).seq)

  /** A conversation with the skill Sales, with one line from an agent. */
  const begin = (profile: object) => {
    const conversation = house.liveperson.open({ profile })
    write(conversation, 'line 1')
    return conversation
  }

  describe.each(Object.entries(LOGINS))('with %s', (_, login) => {
    beforeEach(async () => {
      service = await house.start({ config: salesConfig(house, login) })
    })

    test('unread for an hour: one SMS; two hours later one e-mail with all that was missed', async () => {
      const { liveperson, pass } = house
      const first = liveperson.open({ profile: ANN })
      liveperson.write(first, { by: 'consumer', text: 'Do you have it in blue?' })
      await pass(1)
      write(first, 'line 1')
      begin(BOB)
      // Of another skill, and of one that is not even watched.
      for (const skill of [SUPPORT, BILLING]) write(liveperson.open({ profile: CARL, skill }), 'line 1')
      begin(DORA)
      await pass(600)
      write(first, 'line 2')
      liveperson.write(first, { by: 'bot', text: 'line 3' })
      liveperson.write(first, { text: 'line of a private note', audience: 'AGENTS_AND_MANAGERS' })

      await pass(HOUR - 660)
      expect(house.texted()).toEqual([])
      await pass(90)
      expect(house.texted()).toEqual([
        '+12125550101: Our sales team has answered: 3 unread',
        '+12125550102: Our sales team has answered: 1 unread',
        '+12125550104: Our sales team has answered: 1 unread',
      ])
      await pass(2 * HOUR - 90)
      expect(house.mailServer.mails).toEqual([])
      await pass(90)
      expect(house.mailed(/line/)).toEqual([
        'ann@example.test: - line 1 | - line 2 | - line 3',
        'bob@example.test: - line 1',
        'dora@example.test: - line 1',
      ])
      expect(house.mailServer.mails[0]?.mail.subject).toBe('Our sales team has answered you')
      await pass(HOUR)
      expect([house.twilio.messages.length, house.mailServer.mails.length]).toEqual([3, 3])

      // By the skill's number, page by page, and never turned away.
      const searches = liveperson.requests.filter(({ place }) => place === 'search')
      expect(searches.every(({ json }) => String(json.latestSkillIds) === `${SALES.id},${SUPPORT.id}`)).toBe(true)
      expect(searches.some(({ query }) => query.get('offset') === '2')).toBe(true)
      expect(await house.source()).toMatchObject({ id: 'webchat', state: 'working', withoutRule: 1 })
      expect(service.output()).not.toMatch(/line \d|blue|Ann|Bob|2125550|example\.test: /)
    })

    test('read, answered or closed in time: none', async () => {
      const { liveperson, pass } = house
      const read = liveperson.open({ profile: ANN })
      const seqs = write(read, 'line 1', 'line 2')
      const answered = begin(BOB)
      const closed = begin(CARL)
      await pass(HOUR / 2)
      liveperson.report(read, seqs)
      liveperson.write(answered, { by: 'consumer', text: 'Thanks' })
      liveperson.end(closed)
      await pass(4 * HOUR)
      expect([...house.texted(), ...house.mailed()]).toEqual([])
      expect(await house.source()).toMatchObject({ state: 'working' })
    })
  })

  test('read, answered or closed after the SMS: no e-mail', async () => {
    const { liveperson, pass } = house
    service = await house.start({ config: salesConfig(house) })
    const [read = '', answered = '', closed = '', unread = ''] = [ANN, BOB, CARL, DORA].map(begin)
    await pass(HOUR + 60)
    expect(house.texted()).toHaveLength(4)
    liveperson.report(read, [0])
    liveperson.write(answered, { by: 'consumer', text: 'Thanks' })
    liveperson.end(closed)
    write(unread, 'line 2')
    await pass(3 * HOUR)
    expect(house.texted()).toHaveLength(4)
    expect(house.mailed(/line/)).toEqual(['dora@example.test: - line 1 | - line 2'])
  })

  test('an SMS that Twilio delivers waits to be read; one that it cannot deliver is an e-mail at once', async () => {
    const { twilio, pass } = house
    service = await house.start({ config: salesConfig(house) })
    for (const profile of [ANN, BOB]) begin(profile)
    await pass(HOUR + 60)
    const sidOf = (number: string) => twilio.messages.find(({ fields }) => fields.To === number)?.sid ?? ''
    expect(await twilio.report(sidOf(ANN.phone), 'delivered')).toEqual([200])
    expect(await twilio.report(sidOf(BOB.phone), 'undelivered', 30003)).toEqual([200])
    await pass(5)
    expect(house.mailed(/line/)).toEqual(['bob@example.test: - line 1'])
    await pass(2 * HOUR)
    expect(house.mailed(/line/)).toEqual(['ann@example.test: - line 1', 'bob@example.test: - line 1'])
  })

  test('an address that the visitor gives after the last message is asked for before the notice', async () => {
    const { liveperson, pass } = house
    service = await house.start({ config: salesConfig(house) })
    const conversation = begin({})
    await pass(HOUR / 2)
    const contacts = [{ personalContact: { phone: ANN.phone, email: ANN.email } }]
    const personalInfo = { serverTimeStamp: String(house.now()), personalInfo: { contacts } }
    liveperson.addSdes(conversation, { sdes: [{ sdeType: 'PERSONAL_INFO', personalInfo }] })
    await pass(HOUR / 2 + 60)
    expect(house.texted()).toEqual(['+12125550101: Our sales team has answered: 1 unread'])
  })

  test('a webhook, signed, calls off and adds before a poll can know', async () => {
    const { liveperson, pass } = house
    service = await house.start({
      config: salesConfig(house, { ...FAKE_CREDENTIALS.oauth1, webhookSecret: WEBHOOK_SECRET }),
    })
    const url = service.url + WEBHOOK_PATH
    const [read = '', answered = '', closed = '', unread = '', forged = ''] = [ANN, BOB, CARL, DORA, EVE].map(begin)
    await pass(HOUR - 90)
    liveperson.lag(600_000) // the polls will not know in time
    const told = [
      liveperson.report(read, [0]),
      liveperson.write(answered, { by: 'consumer', text: 'Thanks' }).notification,
      liveperson.end(closed),
      liveperson.write(unread, { text: 'line 2' }).notification,
    ]
    for (const notification of told) expect(await liveperson.deliver(url, notification)).toEqual([200])
    const notOurs = liveperson.report(forged, [0])
    expect(await liveperson.deliver(url, notOurs, { secret: 'another', tries: 1 })).toEqual([401])
    const { refused } = await house.source()
    expect(refused).toBe(1)
    await pass(180)
    expect(house.texted()).toEqual([
      '+12125550104: Our sales team has answered: 2 unread',
      '+12125550105: Our sales team has answered: 1 unread',
    ])
    // What the polls bring late is known: nobody is told again, and the e-mails go by what is so then.
    await pass(HOUR)
    expect(house.twilio.messages).toHaveLength(2)
    await pass(HOUR)
    expect(house.mailed(/line/)).toEqual(['dora@example.test: - line 1 | - line 2'])
  })

  test('after a restart, also with another login, nothing is told again and nothing is lost', async () => {
    const { liveperson, pass } = house
    service = await house.start({ config: salesConfig(house, FAKE_CREDENTIALS.oauth1) })
    const first = begin(ANN)
    const second = begin(BOB)
    await pass(HOUR + 60)
    expect(house.texted()).toHaveLength(2)
    await pass(HOUR)
    await house.stop()
    // While nobody looks, one writes on and one reads.
    write(first, 'line 2')
    liveperson.report(second, [0])
    await pass(180)
    const before = liveperson.requests.length
    service = await house.start({ config: salesConfig(house, FAKE_CREDENTIALS.oauth2) })
    await pass(120)
    expect(liveperson.requests.slice(before).map(({ place }) => place)).toContain('token')
    // The new line and the reading; what was told before the restart is not told again, not even to be recognised.
    expect(await house.source()).toMatchObject({ state: 'working', events: 2, repeated: 0 })
    await pass(HOUR)
    expect(house.texted()).toHaveLength(2)
    expect(house.mailed(/line/)).toEqual(['ann@example.test: - line 1 | - line 2'])
  })
})
