import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FAKE_CREDENTIALS } from '../fakes/liveperson.ts'
import { TWILIO_SENDER } from '../fakes/twilio.ts'
import { type House, openHouse, SALES, SUPPORT } from '../support/liveperson-service.ts'

const HOUR = 3600
const ANN = { firstName: 'Ann', phone: '+12125550101', email: 'ann@example.test' }
const BOB = { firstName: 'Bob', phone: '+12125550102', email: 'bob@example.test' }
const LOGIN = { user: 'shop@example.test', password: 'app password' }
const { oauth1, oauth2 } = FAKE_CREDENTIALS

describe('LivePerson reminders without a configuration file, end to end', () => {
  let house: House

  beforeEach(async () => {
    house = await openHouse({ liveperson: { lagMs: 60_000, skills: [SALES, SUPPORT] }, mail: { login: LOGIN } })
  })
  afterEach(() => house.close())

  /** The variables of the program that we stand in for; then where the fakes are, and a clock that can be moved. */
  const variables = () => ({
    LE_ACCOUNT: house.liveperson.account,
    LE_CONSUMER_KEY: oauth1.consumerKey,
    LE_CONSUMER_SECRET: oauth1.consumerSecret,
    LE_TOKEN: oauth1.token,
    LE_TOKEN_SECRET: oauth1.tokenSecret,
    TWILIO_ACCOUNT_SID: house.twilio.accountSid,
    TWILIO_AUTH_TOKEN: house.twilio.authToken,
    SMTP_USER: LOGIN.user,
    SMTP_PASS: LOGIN.password,
    PORT: '0',
    ...fakes(),
  })
  const fakes = () => ({
    LE_DOMAIN_URL: house.liveperson.url,
    LE_SCHEME: 'http',
    TWILIO_FROM: TWILIO_SENDER,
    TWILIO_BASE_URL: house.twilio.url,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(house.mailServer.port),
    UNTILREAD_SANDBOX: 'true',
    UNTILREAD_LOG_LEVEL: 'warn',
  })

  test('an hour unread: an SMS; two hours later an e-mail with all that was missed; read in time: none', async () => {
    const { liveperson, pass } = house
    const service = await house.start({ environment: variables() })
    const unread = liveperson.open({ profile: ANN, skill: SUPPORT })
    liveperson.write(unread, { text: 'line 1' })
    const read = liveperson.open({ profile: BOB })
    liveperson.write(read, { text: 'line 1' })
    await pass(HOUR / 2)
    liveperson.write(unread, { text: 'line 2' })
    liveperson.report(read, [0])
    await pass(HOUR / 2 - 30)
    expect(house.texted()).toEqual([])
    await pass(60)
    expect(house.texted()).toEqual([expect.stringMatching(/^\+12125550101: .*2/)])
    await pass(2 * HOUR)
    expect(house.mailed(/line/)).toEqual([expect.stringMatching(/^ann@example\.test: .*line 1.* \| .*line 2/)])
    expect(house.mailServer.mails).toMatchObject([{ from: LOGIN.user, user: LOGIN.user }])
    await pass(HOUR)
    expect([house.twilio.messages.length, house.mailServer.mails.length]).toEqual([1, 1])
    expect(await house.source()).toMatchObject({ id: 'liveperson', state: 'working' })
    expect(service.output()).not.toMatch(/Note:|app password|line \d/)
  })

  test('an install in place of the key, some skills only, and another time', async () => {
    const { liveperson, pass } = house
    const install = { LE_CLIENT_ID: oauth2.clientId, LE_CLIENT_SECRET: oauth2.clientSecret }
    const more = { LE_SKILLS: 'Sales', REMIND_AFTER_MINUTES: '15' }
    await house.start({ environment: { ...variables(), ...install, ...more } })
    liveperson.write(liveperson.open({ profile: ANN }), { text: 'line 1' })
    liveperson.write(liveperson.open({ profile: BOB, skill: SUPPORT }), { text: 'line 1' })
    await pass(870)
    expect(house.texted()).toEqual([])
    await pass(60)
    expect(house.texted()).toEqual([expect.stringMatching(/^\+12125550101: /)])
    expect(liveperson.requests.some(({ headers }) => headers.authorization?.startsWith('OAuth '))).toBe(false)
  })

  test('without a number to send from, by e-mail alone, which is said at the start', async () => {
    const { liveperson, pass } = house
    const service = await house.start({ environment: { ...variables(), TWILIO_FROM: '' } })
    expect(service.output()).toMatch(/^Note: TWILIO_FROM {2}connections\.twilio\.from {2}missing, so no SMS are sent/m)
    liveperson.write(liveperson.open({ profile: ANN }), { text: 'line 1' })
    await pass(HOUR + 30)
    expect(house.mailed(/line/)).toEqual([expect.stringMatching(/^ann@example\.test: .*line 1/)])
    expect(house.texted()).toEqual([])
  })

  test('the clock is the machine’s unless it is made movable, and the port is that of the variable', async () => {
    const { UNTILREAD_SANDBOX: _, ...others } = variables()
    const service = await house.start({ environment: others })
    expect(service.url).not.toMatch(/:3000$/)
    expect((await service.call('POST', '/sandbox/clock', { advance: 60 })).status).toBe(404)
    expect(await house.source()).toMatchObject({ id: 'liveperson', platform: 'liveperson' })
  })
})
