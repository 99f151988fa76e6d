import { describe, expect, test } from 'vitest'
import { smtp } from '../channels/smtp/smtp.ts'
import { twilio } from '../channels/twilio/twilio.ts'
import { checkRuleSteps } from '../domain/reminder-rule.ts'
import type { Findings } from './check.ts'
import { readConnections } from './connections.ts'
import { livePersonFromEnvironment } from './liveperson-environment.ts'
import { describeOrigin, follow, type Located, type Problem, plain } from './located.ts'

const SID = `AC${'0123456789abcdef'.repeat(2)}`
const LIVEPERSON = {
  LE_ACCOUNT: '12345678',
  LE_CONSUMER_KEY: 'the-key',
  LE_CONSUMER_SECRET: 'the-key-secret',
  LE_TOKEN: 'the-token',
  LE_TOKEN_SECRET: 'the-token-secret',
}
const TWILIO = { TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: 'the-auth-token' }
const FROM = { TWILIO_FROM: '+15005550006' }
const GMAIL = { SMTP_USER: 'shop@gmail.com', SMTP_PASS: 'abcd efgh ijkl mnop' }

type Variables = Record<string, string>

/** What the variables make: the plain values, and in one line each what is wrong with them. */
function read(environment: Variables, files: Variables = {}) {
  const problems: Problem[] = []
  const readFile = (path: string) => {
    const text = files[path]
    if (text === undefined) throw new Error('no such file')
    return text
  }
  const outside = { environment, readFile }
  const found = livePersonFromEnvironment(outside, problems)
  const lines = (list: readonly Problem[] = []) =>
    list.map(({ name, origin, message }) => `${origin && describeOrigin(origin)} | ${name} | ${message}`)
  const tree: Located = found?.tree ?? { value: null, origin: { kind: 'default' } }
  return {
    found,
    tree,
    values: plain(tree) as Record<string, Record<string, Record<string, unknown>>>,
    problems: lines(problems),
    warnings: lines(found?.warnings),
    origin: (path: string) => describeOrigin(follow(tree, path).origin),
    /** The connections as the schema and the providers' own checks read them, and what these find. */
    connections: () => {
      const findings: Findings = { problems: [...problems], settings: [], outside }
      const connections = readConnections(follow(tree, 'connections'), [smtp, twilio], findings)
      return {
        settings: connections.map(({ settings }) => settings),
        problems: lines(findings.problems.slice(problems.length)),
      }
    },
    rule: () => (plain(follow(tree, 'subaccounts.default.reminders')) as Record<string, unknown>[])[0],
  }
}

describe('the documented variables', () => {
  test('without LE_ACCOUNT say nothing', () => {
    const { LE_ACCOUNT: _, ...others } = LIVEPERSON
    const given: Variables[] = [{}, { ...others, ...TWILIO, ...GMAIL }, { LE_ACCOUNT: '' }]
    for (const environment of given) {
      expect(read(environment)).toMatchObject({ found: undefined, problems: [] })
    }
  })

  test('alone are enough: reminders go by e-mail, and it is said what SMS would need', () => {
    const { values, rule, problems, warnings, connections } = read({ ...LIVEPERSON, ...TWILIO, ...GMAIL, PORT: '3000' })
    expect(problems).toEqual([])
    expect(values.sources).toEqual({
      liveperson: {
        platform: 'liveperson',
        account: '12345678',
        consumerKey: 'the-key',
        consumerSecret: 'the-key-secret',
        token: 'the-token',
        tokenSecret: 'the-token-secret',
      },
    })
    expect(values.connections).toEqual({
      smtp: {
        provider: 'smtp',
        host: 'smtp.gmail.com',
        port: 465,
        tls: 'implicit',
        user: 'shop@gmail.com',
        password: 'abcd efgh ijkl mnop',
        from: 'shop@gmail.com',
      },
    })
    expect(rule()).toEqual({
      id: 'liveperson',
      match: { source: 'liveperson' },
      after: '60m',
      steps: [{ channel: 'Email' }],
    })
    expect(warnings).toEqual([
      'TWILIO_FROM | connections.twilio.from | missing, so no SMS are sent: set it to your Twilio number, or set TWILIO_MESSAGING_SERVICE_SID',
    ])
    expect(connections().problems).toEqual([])
  })

  test('with a sender remind by SMS, and two hours later by e-mail', () => {
    const { values, rule, problems, warnings, connections } = read({ ...LIVEPERSON, ...TWILIO, ...FROM, ...GMAIL })
    expect([...problems, ...warnings]).toEqual([])
    expect(values.connections?.twilio).toEqual({
      provider: 'twilio',
      accountSid: SID,
      authToken: 'the-auth-token',
      from: '+15005550006',
    })
    expect(connections()).toMatchObject({
      settings: [{ from: '+15005550006' }, { host: 'smtp.gmail.com' }],
      problems: [],
    })
    expect(rule()?.steps).toEqual([{ channel: 'SMS', fallbackAfter: 7200 }, { channel: 'Email' }])
    const ability = (name: string) => ({ name, reports: ['accepted'] as const, connected: true })
    expect(checkRuleSteps(rule()?.steps, ability)).toMatchObject({
      ok: true,
      steps: [{ successStatus: 'read', fallbackAfterMs: 7_200_000 }, { successStatus: 'accepted' }],
    })
  })

  test('may stand in files', () => {
    const { LE_TOKEN_SECRET: _, ...others } = LIVEPERSON
    const given = {
      ...others,
      LE_TOKEN_SECRET_FILE: '/run/token',
      SMTP_USER: 'a@b.example',
      SMTP_PASS_FILE: '/run/mail',
    }
    const { values, problems, origin } = read(given, { '/run/token': 'out-of-a-file\n', '/run/mail': 'pass\r\n' })
    expect(problems).toEqual([])
    expect(values.sources?.liveperson?.tokenSecret).toBe('out-of-a-file')
    expect(values.connections?.smtp?.password).toBe('pass')
    expect(origin('sources.liveperson.tokenSecret')).toBe('LE_TOKEN_SECRET_FILE')
  })

  test('are named where something is wrong with what they say', () => {
    const wrong = {
      TWILIO_ACCOUNT_SID: 'the-auth-token',
      TWILIO_AUTH_TOKEN: SID,
      TWILIO_FROM: 'whatsapp:+1',
      SMTP_PORT: 'x',
    }
    expect(read({ ...LIVEPERSON, ...wrong, ...GMAIL }).connections().problems).toEqual([
      'TWILIO_ACCOUNT_SID | connections.twilio.accountSid | got something else (not shown), want AC and 32 hexadecimal digits, as the Twilio Console shows it',
      expect.stringMatching(/^TWILIO_FROM \| connections\.twilio\.from \| got "whatsapp:\+1", want a number/),
      'SMTP_PORT | connections.smtp.port | got "x", want a whole number from 1 to 65535',
    ])
  })

  test('that cannot be read, or are missing, are told once, under their field and with their name', () => {
    const given = { LE_ACCOUNT: '1', LE_CONSUMER_KEY: 'k', LE_TOKEN_FILE: '/nowhere', SMTP_USER: 'a@b.example' }
    const { problems, tree, connections } = read(given)
    expect(problems).toEqual([
      'SMTP_PASS | connections.smtp.password | missing: set SMTP_PASS, or SMTP_PASS_FILE to a file that holds it',
      'LE_CONSUMER_SECRET | sources.liveperson.consumerSecret | missing: set LE_CONSUMER_SECRET, or LE_CONSUMER_SECRET_FILE to a file that holds it',
      'LE_TOKEN_FILE | sources.liveperson.token | names /nowhere, which cannot be read',
      'LE_TOKEN_SECRET | sources.liveperson.tokenSecret | missing: set LE_TOKEN_SECRET, or LE_TOKEN_SECRET_FILE to a file that holds it',
    ])
    for (const field of ['consumerSecret', 'token', 'tokenSecret']) {
      expect(follow(tree, `sources.liveperson.${field}`).faulty).toBe(true)
    }
    expect(follow(tree, 'connections.smtp.password').faulty).toBe(true)
    expect(follow(tree, 'connections.smtp.from').value).toBe('a@b.example')
    expect(connections().problems).toEqual([]) // what is faulty is not told again by the schema
  })
})

describe('the login at LivePerson', () => {
  const install = { LE_ACCOUNT: '1', LE_CLIENT_ID: 'id', LE_CLIENT_SECRET: 'secret' }

  test('is OAuth 2 where there is an install, whatever is left of the API key', () => {
    const { values, problems } = read({ ...LIVEPERSON, ...install, ...GMAIL })
    expect(problems).toEqual([])
    expect(values.sources?.liveperson).toEqual({
      platform: 'liveperson',
      account: '1',
      clientId: 'id',
      clientSecret: 'secret',
    })
  })

  test('needs both halves of the install', () => {
    expect(read({ LE_ACCOUNT: '1', LE_CLIENT_ID: 'id', ...GMAIL }).problems).toEqual([
      expect.stringContaining('LE_CLIENT_SECRET | sources.liveperson.clientSecret | missing'),
    ])
  })
})

describe('what else can be said', () => {
  test('skills, and where LivePerson is', () => {
    const more = {
      LE_SKILLS: ' Sales,Web support, ,3072159530',
      LE_DOMAIN_URL: 'http://127.0.0.1:1',
      LE_SCHEME: 'http',
    }
    const { values, origin } = read({ ...LIVEPERSON, ...GMAIL, ...more })
    expect(values.sources?.liveperson).toMatchObject({
      skills: ['Sales', 'Web support', '3072159530'],
      domainUrl: 'http://127.0.0.1:1',
      scheme: 'http',
    })
    expect(origin('sources.liveperson.skills[1]')).toBe('LE_SKILLS')
    expect(read({ ...LIVEPERSON, LE_SKILLS: ' , ' }).values.sources?.liveperson).not.toHaveProperty('skills')
  })

  test.each(['1', '60', '90', '44640'])('%s minutes until the reminder', (minutes) => {
    const { rule, problems, origin } = read({ ...LIVEPERSON, ...GMAIL, REMIND_AFTER_MINUTES: minutes })
    expect(problems).toEqual([])
    expect(rule()?.after).toBe(`${minutes}m`)
    expect(origin('subaccounts.default.reminders[0].after')).toBe('REMIND_AFTER_MINUTES')
  })

  test.each(['0', '-5', '1.5', '1h', 'soon', '44641'])('not %j minutes', (minutes) => {
    const { problems, tree } = read({ ...LIVEPERSON, ...GMAIL, REMIND_AFTER_MINUTES: minutes })
    expect(problems).toEqual([
      'REMIND_AFTER_MINUTES | subaccounts.default.reminders[0].after | want whole minutes from 1 to 44640, such as 60',
    ])
    expect(follow(tree, 'subaccounts.default.reminders[0].after').faulty).toBe(true)
  })

  test('a messaging service in place of a number, and where Twilio is', () => {
    const more = { TWILIO_MESSAGING_SERVICE_SID: `MG${'ab'.repeat(16)}`, TWILIO_BASE_URL: 'http://127.0.0.1:1' }
    const { connections, problems, warnings } = read({ ...LIVEPERSON, ...TWILIO, ...more })
    expect([...problems, ...warnings, ...connections().problems]).toEqual([])
    expect(connections().settings).toMatchObject([
      { messagingServiceSid: more.TWILIO_MESSAGING_SERVICE_SID, baseUrl: 'http://127.0.0.1:1' },
    ])
    expect(read({ ...LIVEPERSON, ...TWILIO, ...more, ...FROM }).connections().problems).toEqual([
      'TWILIO_MESSAGING_SERVICE_SID | connections.twilio.messagingServiceSid | is given beside from: keep one of the two',
    ])
  })
})

describe('the mail server', () => {
  const smtpOf = (environment: Variables) => read({ ...LIVEPERSON, ...environment }).values.connections?.smtp

  test.each([
    [{ SMTP_HOST: 'mail.example.com' }, { host: 'mail.example.com' }],
    [
      { SMTP_HOST: 'mail.example.com', SMTP_PORT: '465' },
      { port: '465', tls: 'implicit' },
    ],
    [{ SMTP_HOST: 'mail.example.com', SMTP_PORT: '2525' }, { port: '2525' }],
    [{ SMTP_HOST: 'mail.example.com', SMTP_PORT: '2525', SMTP_TLS: 'opportunistic' }, { tls: 'opportunistic' }],
    [{ SMTP_HOST: '127.0.0.1', SMTP_PORT: '1025' }, { tls: 'none' }],
    [{ SMTP_PORT: '587' }, { host: 'smtp.gmail.com', port: '587' }],
    [{ SMTP_FROM: 'Shop <shop@example.com>' }, { from: 'Shop <shop@example.com>', host: 'smtp.gmail.com', port: 465 }],
  ])('of %j is %j', (more, expected) => {
    expect(smtpOf({ ...GMAIL, ...more })).toMatchObject(expected)
    expect(read({ ...LIVEPERSON, ...GMAIL, ...more }).connections().problems).toEqual([])
  })

  test('is spoken with as its connection has it where nothing else is said', () => {
    const given = smtpOf({ ...GMAIL, SMTP_HOST: 'mail.example.com' })
    expect(given).not.toHaveProperty('port')
    expect(given).not.toHaveProperty('tls')
  })

  test('may want no login', () => {
    const given = { SMTP_HOST: 'mail.example.com', SMTP_FROM: 'shop@example.com' }
    expect(smtpOf(given)).toEqual({ provider: 'smtp', host: 'mail.example.com', from: 'shop@example.com' })
    expect(read({ ...LIVEPERSON, ...given }).connections().problems).toEqual([])
  })

  test('needs a sender where the login is no address', () => {
    expect(read({ ...LIVEPERSON, SMTP_USER: 'apikey', SMTP_PASS: 'p', SMTP_HOST: 'h' }).problems).toEqual([
      'SMTP_FROM | connections.smtp.from | missing: set SMTP_FROM, or SMTP_FROM_FILE to a file that holds it',
    ])
  })
})

describe('the way that reminders go', () => {
  test('is SMS alone without a mail server; it succeeds when Twilio takes it, unless Twilio can tell more', () => {
    expect(read({ ...LIVEPERSON, ...TWILIO, ...FROM }).rule()?.steps).toEqual([
      { channel: 'SMS', successStatus: 'Accepted' },
    ])
    const reachable = { UNTILREAD_PUBLIC_URL: 'https://messages.example.com' }
    expect(read({ ...LIVEPERSON, ...TWILIO, ...FROM, ...reachable }).rule()?.steps).toEqual([{ channel: 'SMS' }])
  })

  test('is none where Twilio has no sender and there is no mail server: that is a problem', () => {
    const { problems, warnings } = read({ ...LIVEPERSON, ...TWILIO })
    expect(problems).toEqual([expect.stringMatching(/^TWILIO_FROM \| connections\.twilio\.from \| missing/)])
    expect(warnings).toEqual([])
  })

  test('are the simulated phones where there is neither, and that is said', () => {
    const { rule, values, problems, warnings } = read(LIVEPERSON)
    expect(problems).toEqual([])
    expect(values.connections).toEqual({})
    expect(rule()?.steps).toEqual([{ channel: 'SMS', fallbackAfter: 7200 }, { channel: 'Email' }])
    expect(warnings).toEqual([
      expect.stringMatching(/^LE_ACCOUNT \| connections \| none, so reminders go to the simulated/),
    ])
  })
})
