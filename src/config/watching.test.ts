import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { Secret } from '../channels/define-channel.ts'
import { RULE_DEFAULTS } from '../domain/reminder-rule.ts'
import { defineSource, type SourceDefinition } from '../sources/define-source.ts'
import type { Outside } from './environment.ts'
import { type Known, loadConfig } from './load-config.ts'
import { ConfigError, describeOrigin, type Located } from './located.ts'
import { originOf } from './watching.ts'

const chat = defineSource({
  id: 'chat',
  summary: 'A chat platform.',
  config: Type.Object({
    secret: Secret(),
    user: Type.Optional(Type.String()),
    password: Type.Optional(Secret()),
    pollSeconds: Type.Integer({ minimum: 20, default: 60 }),
  }),
  check: ({ user, password }) =>
    user !== undefined && password === undefined ? [{ field: 'user', message: 'goes with a password' }] : [],
  waitSeconds: 900,
  reportsDelivered: true,
  create: () => {
    throw new Error('reading a configuration makes no source')
  },
})
const quiet: SourceDefinition = { ...chat, id: 'quiet', reportsDelivered: false }

type Given = { environment?: Record<string, string>; files?: Record<string, string> } & Partial<Known>

function load(yaml: string | undefined, { environment = {}, files = {}, ...known }: Given = {}) {
  const all: Record<string, string | undefined> = { 'untilread.yaml': yaml, ...files }
  const readFile = (path: string) => {
    const text = all[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  }
  const checkTemplate = (template: string) => (template.includes('{%') ? 'line 1: a tag is not closed' : undefined)
  return loadConfig({ environment, readFile }, { sources: [chat, quiet], checkTemplate, ...known })
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

describe('sources', () => {
  test('get their platform’s defaults and the subaccount `default`; the simulated phones stay on', () => {
    const { config } = load(
      'sources:\n  shop: { platform: chat, secret: s }\n  b: { platform: quiet, secret: t, subaccount: acme }\n',
    )
    expect(config.sources).toEqual([
      { id: 'shop', definition: chat, subAccountId: 'default', settings: { secret: 's', pollSeconds: 60 } },
      { id: 'b', definition: quiet, subAccountId: 'acme', settings: { secret: 't', pollSeconds: 60 } },
    ])
    expect(config.sandbox).toBe(true)
  })

  test('that are switched off are not there, but rules may name them, and what is wrong with them is told', () => {
    const off = 'sources:\n  shop: { platform: chat, secret: s, enabled: no }\n'.replace(': no', ': false')
    const rule =
      'subaccounts:\n  default:\n    reminders: [{ id: a, match: { source: shop }, steps: [{ channel: SMS }] }]\n'
    const { config } = load(off + rule)
    expect([config.sources, config.subaccounts.default?.reminders.length]).toEqual([[], 1])
    expect(problems(off.replace('secret: s, ', ''))).toHaveLength(1)
  })

  test('may take their secrets from the environment and from files, and show none', () => {
    const yaml = `sources:\n  shop: { platform: chat, secret: "\${CHAT}", user: u, passwordFile: /run/p }\n`
    const { config, settings } = load(yaml, { environment: { CHAT: 'hunter2' }, files: { '/run/p': 'hunter3\n' } })
    expect(config.sources[0]?.settings).toMatchObject({ secret: 'hunter2', password: 'hunter3' })
    expect(JSON.stringify(settings)).not.toMatch(/hunter/)
    expect(settings.find(({ name }) => name === 'sources.shop.secret')?.shown).toBe('(set, not shown)')
  })

  test('every fault of every source is told at its place', () => {
    const yaml = [
      'sources:',
      '  a:',
      '    platform: chat',
      '    pollSeconds: 5',
      '    subacount: x',
      '    subaccount: a b',
      '  b: { platform: chatt }',
      '  c: { secret: s }',
      '  d: text',
      '  events: { platform: chat, secret: s }',
      '  e f: { platform: chat, secret: s }',
      '  g: { platform: chat, secret: s, user: u }',
      '  Shop: { platform: chat, secret: s }',
      '  shop: { platform: chat, secret: s }',
    ].join('\n')
    expect(problems(yaml)).toEqual([
      `untilread.yaml:2:3 | sources.a.secret | missing: set it, to \${A_VARIABLE} of the environment if you like, or secretFile to a file that holds it`,
      'untilread.yaml:4:18 | sources.a.pollSeconds | got 5, want a whole number, 20 or more',
      'untilread.yaml:5:5 | sources.a.subacount | is not a setting; did you mean subaccount?',
      'untilread.yaml:6:17 | sources.a.subaccount | got "a b", want 3 to 50 letters, digits or - . _ &',
      'untilread.yaml:7:18 | sources.b.platform | got "chatt", want chat or quiet; did you mean chat?',
      'untilread.yaml:8:3 | sources.c.platform | missing: set it to chat or quiet',
      'untilread.yaml:9:3 | sources.d | must be a group of settings with a platform',
      'untilread.yaml:10:3 | sources.events | is the name of your own chat, which speaks through the API; give this source another, such as events-2',
      'untilread.yaml:11:3 | sources.e f | is not a good name; use a name of letters, digits, "-" and "_", at most 64',
      'untilread.yaml:12:41 | sources.g.user | goes with a password',
      'untilread.yaml:14:3 | sources.shop | differs from Shop in capital letters only; rules could not tell them apart',
    ])
  })
})

const KEY = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const KEY_2 = `whsec_${Buffer.alloc(24, 8).toString('base64')}`

describe('the directory', () => {
  test('is there when it has an address and a secret', () => {
    expect(load(`directory: { url: "https://u.example/x", secret: ${KEY} }`).config.directory).toEqual({
      url: 'https://u.example/x',
      secrets: [KEY],
      timeoutMs: 5_000,
      cacheForMs: 300_000,
    })
    const two = `directory: { url: "http://u", secret: [${KEY_2}, ${KEY}], timeout: 500ms, cacheFor: 0s }`
    expect(load(two).config.directory).toMatchObject({ secrets: [KEY_2, KEY], timeoutMs: 500, cacheForMs: 0 })
    expect(load(undefined).config).not.toHaveProperty('directory')
  })

  test('with something missing or wrong is refused, and its secret is not repeated', () => {
    expect(problems('directory:\n  url: u.example\n  secret: hunter2\n  timeout: 2m\n')).toEqual([
      'untilread.yaml:2:8 | directory.url | got "u.example", want a URL that starts with https:// or http://',
      'untilread.yaml:3:11 | directory.secret | got something else (not shown), want whsec_ followed by 24 to 64 bytes in base64 or a list',
      'untilread.yaml:4:12 | directory.timeout | got "2m", want a duration from 100ms to 1m, such as "5s"',
    ])
    expect(problems('directory: { url: "https://u" }')[0]).toMatch(/directory\.secret \| missing: set it/)
  })
})

describe('the badge', () => {
  const secret = 'hunter2-hunter2-hunter2-hunter2-'

  test('is for the own address only, unless origins are named; they are spelled as browsers do', () => {
    const yaml =
      'badge: { origins: ["HTTPS://Www.Example.com:443", "http://localhost:8080", "https://münchen.example", "*"], perMinute: 10 }'
    expect(load(yaml).config.badge).toEqual({
      origins: ['https://www.example.com', 'http://localhost:8080', 'https://xn--mnchen-3ya.example', '*'],
      perMinute: 10,
      proxies: 0,
    })
    expect(load('badge: { origins: ["https://a.example", "https://A.example"] }').config.badge.origins).toHaveLength(1)
  })

  test.each([
    'www.example.com',
    'https://a.example/',
    'https://a.example/x',
    'https://u@a.example',
    'ftp://a',
    'https://*.a',
    '',
  ])('"%s" is no origin', (text) => {
    expect(originOf(text)).toBeUndefined()
    expect(problems(`badge: { origins: ["${text}"] }`)).toEqual([
      `untilread.yaml:1:20 | badge.origins[0] | got "${text}", want an origin such as https://www.example.com, without a path, or "*" for all`,
    ])
  })

  test('takes tokens by a secret or by keys at a URL', () => {
    const jwt = (fields: string) =>
      load(`badge: { jwt: { ${fields} } }`, { environment: { S: secret } }).config.badge.jwt
    expect(jwt(`secret: "\${S}", issuer: me`)).toEqual({ secret, issuer: 'me' })
    expect(jwt('jwksUrl: "https://k.example/jwks", audience: badge')).toEqual({
      jwksUrl: 'https://k.example/jwks',
      audience: 'badge',
    })
  })

  test.each([
    [`secret: ${secret}, jwksUrl: "https://k.example"`, 'badge.jwt | needs either secret or jwksUrl, and not both'],
    ['issuer: me', 'badge.jwt | needs either secret or jwksUrl, to check tokens by'],
    ['', 'badge.jwt | needs either secret or jwksUrl, to check tokens by'],
    ['secret: hunter2', 'badge.jwt.secret | got something else (not shown), want at least 32 characters'],
    ['jwksUrl: k.example', 'badge.jwt.jwksUrl | got "k.example", want a URL that starts with https:// or http://'],
    ['secretFile: /nix', 'badge.jwt.secretFile | names /nix, which cannot be read'],
  ])('{ %s } is told once', (fields, problem) => {
    const told = problems(`badge:\n  jwt: { ${fields} }\n`)
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(problem)
  })

  test('without tokens by mistake does not start: a group for them whose fields are all commented out', () => {
    expect(problems('badge:\n  jwt:\n    # secret: x\n')).toEqual([
      'untilread.yaml:2:3 | badge.jwt | needs either secret or jwksUrl, to check tokens by',
    ])
  })
})

describe('reminder rules', () => {
  const sources =
    'sources:\n  shop: { platform: chat, secret: s }\n  poll: { platform: quiet, secret: s }\n  far: { platform: chat, secret: s, subaccount: acme }\n'
  const house = (...lines: string[]) =>
    `${sources}subaccounts:\n  default:\n    reminders:\n${lines.map((line) => `      ${line}\n`).join('')}`

  test('are read in order, as the domain has them, and listed by name', () => {
    const { config, settings } = load(
      house(
        '- id: sales',
        '  match: { skill: sales, source: Shop }',
        '  after: 1h',
        '  until: delivered',
        '  steps:',
        '    - { channel: sms, fallbackAfter: 2h }',
        '    - channel: Email',
        '  texts: { text: "{{ count }} unread" }',
        '- { id: rest, steps: [{ channel: Email }], gap: once }',
      ),
    )
    expect(config.subaccounts.default?.reminders).toEqual([
      {
        ...RULE_DEFAULTS,
        id: 'sales',
        match: { skill: ['sales'], source: ['shop'] },
        waitMs: 3_600_000,
        until: 'delivered',
        steps: [
          { channel: 'SMS', successStatus: 'read', fallbackAfterMs: 7_200_000, onUncertain: 'wait' },
          { channel: 'Email', successStatus: 'delivered', onUncertain: 'wait' },
        ],
        texts: { text: '{{ count }} unread' },
      },
      expect.objectContaining({ id: 'rest', gap: 'once' }),
    ])
    const listed = settings.filter(({ name }) => name.includes('reminders'))
    expect(listed.map(({ name, shown, origin }) => [name, shown, describeOrigin(origin)])).toEqual([
      ['subaccounts.default.reminders[0]', '"sales"', 'untilread.yaml:8:9'],
      ['subaccounts.default.reminders[1]', '"rest"', 'untilread.yaml:16:9'],
    ])
    expect(load('subaccounts:\n  default:\n    reminders:\n').config.subaccounts.default?.reminders).toEqual([])
  })

  test('every fault is told at its line and column', () => {
    const yaml = house(
      '- id: a',
      '  match: { skil: x, source: [shop, far] }',
      '  after: soon',
      '  until: delivered',
      '  steps: [{ channel: SMS, succesStatus: Read }, { channel: Fax }]',
      '  texts: { html: "{% if" }',
      '- { id: b }',
      '- text',
    )
    const at = 'subaccounts.default.reminders'
    expect(problems(yaml)).toEqual([
      `untilread.yaml:9:18 | ${at}[0].match.skil | is not a field of match; did you mean skill?`,
      `untilread.yaml:9:42 | ${at}[0].match.source[1] | "far" is not a source of this subaccount; there are shop, poll, events`,
      `untilread.yaml:10:16 | ${at}[0].after | got "soon"; use a duration from 10s to 31d such as "1h", or whole seconds`,
      `untilread.yaml:12:33 | ${at}[0].steps[0].succesStatus | is not a field of a step; a step has channel, fallbackAfter, successStatus, onUncertain, revokeOnFallback`,
      `untilread.yaml:12:66 | ${at}[0].steps[1].channel | "Fax" is not a channel; use one such as WhatsApp or SMS`,
      `untilread.yaml:13:24 | ${at}[0].texts.html | line 1: a tag is not closed`,
      `untilread.yaml:14:9 | ${at}[1].steps | must be a list of 1 to 10 steps such as {"channel":"SMS"}`,
      `untilread.yaml:15:9 | ${at}[2] | must be a rule such as {"id":"sales","after":"1h","steps":[{"channel":"SMS"}]}`,
    ])
    expect(problems('subaccounts:\n  default: { reminders: { a: 1 } }\n')).toEqual([
      'untilread.yaml:2:25 | subaccounts.default.reminders | must be a list of rules',
    ])
  })

  test('that wait for delivery are for sources that tell of it', () => {
    const until = (source: string) =>
      problems(house('- id: a', `  match: { source: ${source} }`, '  until: delivered', '  steps: [{ channel: SMS }]'))
    expect(until('[shop, events]')).toEqual([])
    expect(until('[shop, poll]')).toEqual([
      'untilread.yaml:10:16 | subaccounts.default.reminders[0].until | poll never tells of delivery; use "read", or only these in match.source: shop, events',
    ])
  })

  test('that stand twice, or can never apply where they stand, are mistakes', () => {
    const steps = 'steps: [{ channel: SMS }]'
    expect(
      problems(
        house(
          `- { id: a, match: { skill: [x, y] }, ${steps} }`,
          `- { id: a, ${steps} }`,
          `- { id: b, match: { skill: X }, ${steps} }`,
        ),
      ),
    ).toEqual([
      'untilread.yaml:9:15 | subaccounts.default.reminders[1].id | "a" stands here twice',
      'untilread.yaml:10:25 | subaccounts.default.reminders[2].match | never applies: the rule "a" above takes all that this one is for; put this one above it',
    ])
  })

  test('nothing is said about sources or channels while one of them is faulty', () => {
    const faulty = house('- id: a', '  match: { source: new }', '  until: delivered', '  steps: [{ channel: Pager }]')
    const both = `connections:\n  own: { provider: webhook }\n${faulty.replace('poll: { platform: quiet', 'poll: { platform: quite')}`
    expect(problems(both).map((line) => line.split(' | ')[1])).toEqual([
      'connections.own.url',
      'connections.own.secret',
      'connections.own.channels',
      'sources.poll.platform',
    ])
  })

  test('what comes from the environment is in no message, and what is not there is told once', () => {
    const yaml = house('- id: a', `  after: "\${LEAK}"`, `  until: "\${NONE}"`, `  steps: [{ channel: "\${LEAK}" }]`)
    const told = problems(yaml, { environment: { LEAK: 'hunter2' } })
    expect(told.join('\n')).not.toContain('hunter2')
    expect(told).toEqual([
      'untilread.yaml:9:16 | subaccounts.default.reminders[0].after | got (not shown); use a duration from 10s to 31d such as "1h", or whole seconds',
      'untilread.yaml:10:16 | subaccounts.default.reminders[0].until | needs the environment variable NONE, which is not set',
      'untilread.yaml:11:28 | subaccounts.default.reminders[0].steps[0].channel | (not shown) is not a channel; use one such as WhatsApp or SMS',
    ])
  })
})

describe('without a file', () => {
  const leaf = (value: string): Located => ({ value, origin: { kind: 'environment', name: 'LE_ACCOUNT' } })
  const group = (fields: Record<string, Located>): Located => ({
    value: new Map(Object.entries(fields)),
    origin: { kind: 'environment', name: 'LE_ACCOUNT' },
  })
  const warnings = [{ name: 'connections', message: 'none' }]
  const insteadOfFile = ({ environment }: Outside) => ({
    tree: group({
      port: { ...leaf('1'), fromText: true },
      sources: group({ le: group({ platform: leaf('quiet'), secret: leaf(environment.LE_ACCOUNT ?? '') }) }),
    }),
    warnings,
  })

  test('something else may stand in, below the environment and flags', () => {
    const environment = { LE_ACCOUNT: '4711', PORT: '2' }
    const { config, warnings: told } = load(undefined, { environment, insteadOfFile })
    expect(told).toEqual(warnings)
    expect(config.sources).toMatchObject([{ id: 'le', settings: { secret: '4711' } }])
    expect(config.port).toBe(2)
    expect(problems(undefined, { insteadOfFile })[0]).toMatch(/^LE_ACCOUNT \| sources\.le\.secret \|/)
  })

  test('nothing does where there is a file', () => {
    const loaded = load('logLevel: warn', { environment: { LE_ACCOUNT: '4711' }, insteadOfFile })
    expect([loaded.config.sources, loaded.warnings]).toEqual([[], []])
  })
})
