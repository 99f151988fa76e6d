import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { defineChannel, Secret, Url } from '../channels/define-channel.ts'
import { type Flags, loadConfig } from './load-config.ts'
import { ConfigError, describeOrigin } from './located.ts'

const acme = defineChannel({
  id: 'acme',
  serves: ['SMS', 'WhatsApp'],
  summary: 'A provider of SMS and WhatsApp.',
  config: Type.Object({
    apiKey: Secret(),
    from: Type.Optional(Type.String()),
    baseUrl: Url({ default: 'https://api.acme.example' }),
    keys: Type.Optional(Type.Union([Secret(), Type.Array(Secret())])),
    nested: Type.Optional(Type.Object({ pin: Secret() })),
  }),
  abilities: (channel) => ({
    reports: channel === 'SMS' ? ['accepted', 'sent'] : ['accepted', 'sent', 'delivered', 'read'],
    address: 'phone',
    carries: ['text'],
    takesIdempotencyKey: false,
  }),
  create: () => {
    throw new Error('reading a configuration makes no channel')
  },
})
const { abilities, create } = acme
const own = defineChannel({
  id: 'own',
  serves: 'any',
  summary: 'A channel of our own.',
  config: Type.Object({ url: Url() }),
  abilities: (channel) => abilities(channel, { apiKey: '', baseUrl: '' }),
  create: (_, world) => create({ apiKey: '', baseUrl: '' }, world),
})

type Given = { environment?: Record<string, string>; flags?: Flags; files?: Record<string, string> }

function load(yaml: string | undefined, { environment = {}, flags = {}, files = {} }: Given = {}) {
  const all: Record<string, string | undefined> = { 'untilread.yaml': yaml, ...files }
  const readFile = (path: string) => {
    const text = all[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  }
  return loadConfig({ environment, flags, readFile }, { channels: [acme, own] })
}

/** The lines of the error, without its first one. */
function problems(yaml: string | undefined, given: Given = {}): string[] {
  try {
    load(yaml, given)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(/ {2,}/g, ' | '))
  }
  return []
}

function origins(yaml: string | undefined, given: Given = {}): Record<string, string> {
  const { settings } = load(yaml, given)
  return Object.fromEntries(settings.map(({ name, origin, shown }) => [name, `${shown} (${describeOrigin(origin)})`]))
}

describe('without any configuration', () => {
  test('it listens on this machine only, with SQLite and simulated phones', () => {
    expect(load(undefined).config).toEqual({
      port: 3000,
      host: '127.0.0.1',
      dataDir: './data',
      logLevel: 'info',
      sandbox: true,
      engine: { leaseForMs: 60_000, callTimeoutMs: 30_000, retryForMs: 3_600_000, receiptHorizonMs: 864_000_000 },
      connections: [],
      sources: [],
      badge: { origins: [], perMinute: 60, proxies: 0 },
      subaccounts: {},
    })
  })

  test('an empty file, and groups whose fields are all commented out, change nothing', () => {
    expect(load('# nothing\n').config).toEqual(load(undefined).config)
    expect(load('engine:\nconnections:\nsources:\ndirectory:\nbadge:\nsubaccounts:\n').config).toEqual(
      load(undefined).config,
    )
  })
})

describe('precedence', () => {
  test('a flag wins over the environment, the environment over the file, the file over the default', () => {
    const yaml = 'port: 1001\nhost: file\nlogLevel: debug\n'
    const given = { environment: { PORT: '1002', HOST: 'env' }, flags: { port: '1003' } }
    expect(load(yaml, given).config).toMatchObject({ port: 1003, host: 'env', logLevel: 'debug', dataDir: './data' })
    expect(origins(yaml, given)).toMatchObject({
      port: '1003 (--port)',
      host: '"env" (HOST)',
      logLevel: '"debug" (untilread.yaml:3:11)',
      dataDir: '"./data" (default)',
    })
  })

  test('an empty environment variable counts as not set', () => {
    expect(load('port: 1001', { environment: { PORT: '', UNTILREAD_CONFIG: '' } }).config.port).toBe(1001)
  })

  test('the file that --config names is read instead of the one that UNTILREAD_CONFIG names', () => {
    const files = { 'a.yaml': 'port: 1', 'b.yaml': 'port: 2' }
    const environment = { UNTILREAD_CONFIG: 'a.yaml' }
    expect(load('port: 3', { files, environment }).config.port).toBe(1)
    expect(load('port: 3', { files, environment, flags: { config: 'b.yaml' } }).config.port).toBe(2)
  })

  test('a named file that is not there is a problem, also while the usual one is there', () => {
    expect(problems('port: 3', { flags: { config: 'nix.yaml' } })).toEqual([
      '--config | the file nix.yaml cannot be read (ENOENT)',
    ])
  })
})

describe('simulated phones', () => {
  const connected = 'connections:\n  a: { provider: acme, apiKey: k }\n'

  test('are off as soon as there is a real connection, and then the service listens for everybody', () => {
    expect(load(connected).config).toMatchObject({ sandbox: false, host: '0.0.0.0' })
  })

  test('are on beside real connections when asked for, and then only this machine is let in', () => {
    const { config } = load(connected, { environment: { UNTILREAD_SANDBOX: 'yes' } })
    expect(config).toMatchObject({ sandbox: true, host: '127.0.0.1' })
  })

  test('--no-sandbox switches them off, and its origin says so', () => {
    const given = { flags: { sandbox: false }, environment: { UNTILREAD_SANDBOX: 'true' } }
    expect(load(undefined, given).config.sandbox).toBe(false)
    expect(origins(undefined, given).sandbox).toBe('false (--no-sandbox)')
  })
})

describe('connections', () => {
  test('get their provider’s defaults, their limits and all the channels that it serves', () => {
    const { connections } = load('connections:\n  a: { provider: acme, apiKey: k, perSecond: 2.5 }\n').config
    expect(connections).toEqual([
      {
        id: 'a',
        definition: acme,
        channels: ['SMS', 'WhatsApp'],
        limits: { concurrency: 16, perSecond: 2.5 },
        receiptsWithinMs: 600_000,
        settings: { apiKey: 'k', baseUrl: 'https://api.acme.example' },
      },
    ])
  })

  test('channel names are read in any spelling, and an operator’s own ones as they come', () => {
    const yaml = 'connections:\n  a: { provider: own, url: "http://x", channels: [whatsapp, LON, Pager] }\n'
    expect(load(yaml).config.connections[0]?.channels).toEqual(['WhatsApp', 'LineNotification', 'Pager'])
  })

  test('every fault of every connection is told at its place', () => {
    const yaml = [
      'connections:',
      '  a:',
      '    provider: acme',
      '    baseUrl: ftp://x',
      '    chanels: [SMS]',
      '    channels: [SMS, sms, Viber]',
      '    concurrency: 0',
      '    keys: [ok, 7]',
      '    nested: {}',
      '  b: { provider: acmee }',
      '  c: { provider: own, url: "http://x" }',
      '  d: text',
      '  sandbox: { provider: acme, apiKey: k }',
      '  e f: { provider: acme, apiKey: k }',
    ].join('\n')
    expect(problems(yaml)).toEqual([
      `untilread.yaml:2:3 | connections.a.apiKey | missing: set it, to \${A_VARIABLE} of the environment if you like, or apiKeyFile to a file that holds it`,
      'untilread.yaml:4:14 | connections.a.baseUrl | got "ftp://x", want a URL that starts with https:// or http://',
      'untilread.yaml:5:5 | connections.a.chanels | is not a setting; did you mean channels?',
      'untilread.yaml:6:21 | connections.a.channels[1] | SMS stands here twice',
      'untilread.yaml:6:26 | connections.a.channels[2] | got "Viber", want SMS or WhatsApp: that is what acme serves',
      'untilread.yaml:7:18 | connections.a.concurrency | got 0, want a whole number from 1 to 1000',
      'untilread.yaml:8:16 | connections.a.keys[1] | got a number (not shown), want text that is not empty (put it in quotes)',
      `untilread.yaml:9:5 | connections.a.nested.pin | missing: set it, to \${A_VARIABLE} of the environment if you like, or pinFile to a file that holds it`,
      'untilread.yaml:10:18 | connections.b.provider | got "acmee", want acme or own; did you mean acme?',
      'untilread.yaml:11:3 | connections.c.channels | missing: own serves any channel; say which, such as [SMS]',
      'untilread.yaml:12:3 | connections.d | must be a group of settings with a provider',
      'untilread.yaml:13:3 | connections.sandbox | is the name of the simulated phones; use another, and "sandbox: true" to switch the phones on',
      'untilread.yaml:14:3 | connections.e f | is not a good name; use a name of letters, digits, "-" and "_", at most 64',
    ])
  })
})

describe('secrets', () => {
  const withKey = (line: string) => `connections:\n  a:\n    provider: acme\n    ${line}\n`

  test('come from the environment, from a file that a variable names, and from a file that a field names', () => {
    const key = (line: string, given: Given) => load(withKey(line), given).config.connections[0]?.settings
    expect(key(`apiKey: "k-\${ACME}"`, { environment: { ACME: '1' } })).toMatchObject({ apiKey: 'k-1' })
    const files = { '/run/acme': 'from-file\n' }
    expect(key(`apiKey: \${ACME}`, { environment: { ACME_FILE: '/run/acme' }, files })).toMatchObject({
      apiKey: 'from-file',
    })
    expect(key('apiKeyFile: /run/acme', { files })).toMatchObject({ apiKey: 'from-file' })
    expect(load(undefined, { environment: { UNTILREAD_API_KEY_FILE: '/run/acme' }, files }).config.apiKey).toBe(
      'from-file',
    )
  })

  test('a variable of a number is read as a number', () => {
    const yaml = withKey(`apiKey: k\n    perSecond: \${RATE}`)
    expect(load(yaml, { environment: { RATE: '5' } }).config.connections[0]?.limits.perSecond).toBe(5)
  })

  test(`$\${ stands for itself, and a half reference is a problem`, () => {
    expect(load(withKey(`apiKey: 'a$\${B}'`)).config.connections[0]?.settings).toMatchObject({ apiKey: `a\${B}` })
    expect(problems(withKey(`apiKey: 'a\${B'`))).toEqual([
      `untilread.yaml:4:13 | connections.a.apiKey | has "\${" without a name and "}": write \${NAME}, or $\${ for a plain \${`,
    ])
  })

  test('a variable that is not set, and a file that is not there, are problems with their place', () => {
    expect(problems(`port: x\n${withKey(`apiKey: \${ACME}`)}`)).toEqual([
      'untilread.yaml:1:7 | port | got "x", want a whole number from 0 to 65535',
      'untilread.yaml:5:13 | connections.a.apiKey | needs the environment variable ACME, which is not set',
    ])
    expect(problems(withKey('apiKeyFile: /nix'))).toEqual([
      'untilread.yaml:4:17 | connections.a.apiKeyFile | names /nix, which cannot be read',
    ])
    expect(problems(undefined, { environment: { DATABASE_URL_FILE: '/nix' } })).toEqual([
      'DATABASE_URL_FILE | DATABASE_URL | names /nix, which cannot be read',
    ])
  })

  test('given twice is a problem', () => {
    expect(problems(withKey('apiKey: k\n    apiKeyFile: f'), { files: { f: 'x' } })).toEqual([
      'untilread.yaml:4:13 | connections.a.apiKey | is given twice: here and by apiKeyFile',
    ])
  })

  test('are in no message and in no list of settings', () => {
    const secret = 'hunter2-hunter2'
    const environment = { DATABASE_URL: `mysql://u:${secret}@h/d`, UNTILREAD_API_KEY: `${secret} x`, LEAK: secret }
    const yaml = `port: \${LEAK}\nlogLevel: \${LEAK}\napiKeyFile: [${secret}]\n${withKey(`keys: { a: ${secret} }`)}`
    const told = problems(yaml, { environment })
    expect(told.length).toBeGreaterThanOrEqual(5)
    expect(told.join('\n')).not.toContain(secret)

    const good = { DATABASE_URL: `postgres://u:${secret}@h/d?password=${secret}`, UNTILREAD_API_KEY: secret }
    const shown = origins(withKey(`apiKey: ${secret}\n    keys: [${secret}]`), { environment: good })
    expect(JSON.stringify(shown)).not.toContain(secret)
    expect(shown.databaseUrl).toBe('postgres://u:***@h/d (DATABASE_URL)')
    expect(shown['connections.a.apiKey']).toBe('(set, not shown) (untilread.yaml:4:13)')
  })

  test('a line that is not YAML is not quoted', () => {
    const told = problems('apiKey: "hunter2-hunter2\nport: 1\n')
    expect(told).not.toEqual([])
    expect(told.join('\n')).not.toContain('hunter2')
  })
})

describe('subaccounts', () => {
  const two =
    'connections:\n  a: { provider: acme, apiKey: k }\n  b: { provider: own, url: "http://x", channels: [SMS, Pager] }\n'

  test('keep their sequence as it was written, and their routes in our spelling', () => {
    const yaml = `${two}subaccounts:\n  shop: { sequence: [{ channel: pager }, { channel: sms }], channels: { sms: [b, a] } }\n`
    expect(load(yaml).config.subaccounts).toEqual({
      shop: {
        sequence: [{ channel: 'pager' }, { channel: 'sms' }],
        channels: { SMS: [{ connection: 'b' }, { connection: 'a' }] },
        reminders: [],
        templates: {},
        shortFallback: 'warn',
      },
    })
  })

  test('say how long their templates live, and what is done about steps that are shorter', () => {
    const yaml = 'subaccounts:\n  shop: { templates: { otp: { ttl: 10m } }, shortFallback: raise }\n'
    expect(load(yaml).config.subaccounts.shop).toMatchObject({
      templates: { otp: { ttlMs: 600_000 } },
      shortFallback: 'raise',
    })
    const wrong = 'subaccounts:\n  shop: { templates: { otp: { ttl: 10 } }, shortFallback: shout }\n'
    expect(problems(wrong)).toEqual([
      'untilread.yaml:2:36 | subaccounts.shop.templates.otp.ttl | got 10, want a duration from 30s to 30d, such as "30d"',
      'untilread.yaml:2:59 | subaccounts.shop.shortFallback | got "shout", want warn, refuse or raise',
    ])
  })

  test('may leave it to us how long a template lives', () => {
    const yaml = 'subaccounts:\n  shop:\n    templates:\n      otp:\n'
    expect(load(yaml).config.subaccounts.shop?.templates).toEqual({ otp: { ttlMs: 2_592_000_000 } })
  })

  test('name countries that there are', () => {
    const sms = '[{ connection: a, countries: [UK, sg, ZZ] }, b]'
    expect(problems(`${two}subaccounts:\n  shop: { channels: { SMS: ${sms} } }\n`)).toEqual([
      'untilread.yaml:5:58 | subaccounts.shop.channels.SMS[0].countries[0] | "UK" is the ISO 3166 code of no country; the United Kingdom is GB',
      'untilread.yaml:5:66 | subaccounts.shop.channels.SMS[0].countries[2] | "ZZ" is the ISO 3166 code of no country',
    ])
  })

  test('share a channel out by weights, and by countries', () => {
    const sms = '[{ connection: a, weight: 2.5, countries: [sg, MY] }, b]'
    const { shop } = load(`${two}subaccounts:\n  shop: { channels: { SMS: ${sms} } }\n`).config.subaccounts
    expect(shop?.channels).toEqual({
      SMS: [{ connection: 'a', weight: 2.5, countries: ['SG', 'MY'] }, { connection: 'b' }],
    })
    expect(problems(`${two}subaccounts:\n  shop: { channels: { SMS: [a, b, { connection: a }] } }\n`)).toEqual([
      'untilread.yaml:5:49 | subaccounts.shop.channels.SMS[2].connection | a stands here twice',
    ])
    const wrong = '[{ connection: c, weight: -1, countries: [Singapore] }, { weight: 2 }]'
    expect(problems(`${two}subaccounts:\n  shop: { channels: { SMS: ${wrong} } }\n`)).toEqual([
      'untilread.yaml:5:28 | subaccounts.shop.channels.SMS[1].connection | missing: set it to text',
      'untilread.yaml:5:43 | subaccounts.shop.channels.SMS[0].connection | "c" is not a connection; did you mean a?',
      'untilread.yaml:5:54 | subaccounts.shop.channels.SMS[0].weight | got -1, want a number from 0 to 1000',
      'untilread.yaml:5:70 | subaccounts.shop.channels.SMS[0].countries[0] | got "Singapore", want an ISO 3166 code such as SG',
    ])
  })

  test('a sequence is held against the channels that there are, each fault at its place', () => {
    const yaml = [
      two.trimEnd(),
      'subaccounts:',
      '  shop:',
      '    channels: { SMS: [bb], WhatsApp: [b] }',
      '    sequence:',
      '      - { channel: Viber }',
      '      - { channel: WhatsApp, fallbackAfter: 5 }',
      '      - { channel: SMS, successStatus: Read, fallBackAfter: 60 }',
      '  ab: {}',
    ].join('\n')
    expect(problems(yaml)).toEqual([
      'untilread.yaml:6:23 | subaccounts.shop.channels.SMS[0] | "bb" is not a connection; did you mean b?',
      'untilread.yaml:6:39 | subaccounts.shop.channels.WhatsApp[0] | b does not serve WhatsApp; it serves SMS or Pager',
      'untilread.yaml:8:20 | subaccounts.shop.sequence[0].channel | Viber has no connection in this subaccount',
      'untilread.yaml:9:45 | subaccounts.shop.sequence[1].fallbackAfter | got 5; use whole seconds from 10 to 86400',
      'untilread.yaml:10:40 | subaccounts.shop.sequence[2].successStatus | SMS reports no Read; use Delivered or Sent or Accepted',
      'untilread.yaml:10:46 | subaccounts.shop.sequence[2].fallBackAfter | is not a field of a step; a step has channel, fallbackAfter, successStatus, onUncertain, revokeOnFallback',
      'untilread.yaml:11:3 | subaccounts.ab | is not a good name; use 3 to 50 letters, digits or - . _ &',
    ])
  })

  test('with the simulated phones every channel of the catalogue can be in a sequence', () => {
    const yaml =
      'subaccounts:\n  default: { sequence: [{ channel: Viber, successStatus: Read }, { channel: Email }] }\n'
    expect(load(yaml).config.subaccounts.default?.sequence).toHaveLength(2)
    expect(problems(yaml.replace('Viber', 'Vibber'))).toEqual([
      'untilread.yaml:2:36 | subaccounts.default.sequence[0].channel | "Vibber" is not a channel; use one such as WhatsApp or SMS',
    ])
  })

  test('while a connection is faulty, nothing is said about the steps that may need it', () => {
    const yaml = 'connections:\n  a: { provider: acme }\nsubaccounts:\n  default: { sequence: [{ channel: SMS }] }\n'
    expect(problems(yaml)).toHaveLength(1)
  })
})

describe('the rest of the file', () => {
  test('durations need their unit and have bounds, and a lease outlasts a call', () => {
    const yaml = 'engine:\n  leaseFor: 20s\n  retryFor: 10\n  receiptHorizon: 99d\n'
    expect(problems(yaml)).toEqual([
      'untilread.yaml:2:13 | engine.leaseFor | got "20s", want more than callTimeout ("30s"), or a slow call would be made twice',
      'untilread.yaml:3:13 | engine.retryFor | got 10, want a duration from 0s to 7d, such as "1h"',
      'untilread.yaml:4:19 | engine.receiptHorizon | got "99d", want a duration from 1h to 90d, such as "10d"',
    ])
    expect(
      load('engine: { leaseFor: 1.5h, callTimeout: 500ms }'.replace('500ms', '2m').replace('1.5h', '1h')).config.engine,
    ).toMatchObject({ leaseForMs: 3_600_000, callTimeoutMs: 120_000 })
  })

  test('a name that is nearly right is told from one that is far off', () => {
    const told = problems('prot: 1\nzzzzzz: 1\nlogLevel: wran\n')
    expect(told[0]).toBe('untilread.yaml:1:1 | prot | is not a setting; did you mean port?')
    expect(told[1]).toMatch(/^untilread.yaml:2:1 \| zzzzzz \| is not a setting; there are port, host, /)
    expect(told[2]).toMatch(/logLevel \| got "wran", want .*; did you mean warn\?$/)
  })

  test('broken YAML is told with its place, and nothing that would follow from it', () => {
    expect(problems('port: 1\nport: 2\n')).toEqual([
      'untilread.yaml:2:1 | (file) | stands here a second time: keep one of the two',
    ])
    expect(problems('a: [1,\n')).toHaveLength(1)
    expect(problems('- a\n')).toEqual(['untilread.yaml:1:1 | got a list, want a group of settings'])
  })

  test('an anchor may be used again; one that contains itself is refused, not followed for ever', () => {
    const yaml = 'subaccounts:\n  one: &s { sequence: [{ channel: SMS }] }\n  two: *s\n'
    expect(load(yaml).config.subaccounts.two).toEqual(load(yaml).config.subaccounts.one)
    expect(problems('subaccounts: &x\n  one: *x\n').join()).toMatch(/nested too deeply, or repeats itself/)
  })

  test('the public URL loses the slash at its end', () => {
    expect(load('publicUrl: https://a.example/x//').config.publicUrl).toBe('https://a.example/x')
    expect(problems('publicUrl: a.example')).toHaveLength(1)
  })
})
