import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keyFileOf } from '../../test/fakes/rcs.ts'
import { CHANNELS } from '../channels/registry.ts'
import { SOURCES } from '../sources/registry.ts'
import { renderExample } from './example-file.ts'
import { GENERATED } from './generate.ts'
import { loadConfig } from './load-config.ts'
import type { Rule } from './rule.ts'
import { configSchema, connectionFields } from './schema.ts'
import { sourceFields } from './watching.ts'

const SIGNING_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

const settings = Object.values(configSchema.properties).map((schema) => (schema as Rule).env)

/** Secrets that are keys, and are looked at before anything starts. */
const KEYS: Readonly<Record<string, string>> = {
  MY_RCS_SERVICE_ACCOUNT: keyFileOf(),
  // It belongs to the public key of the example; both are printed in RFC 8291.
  MY_WEB_PUSH_PRIVATE_KEY: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
}

/** Any variable that the example asks for, and none that would itself be a setting. */
const environment = new Proxy<Record<string, string>>(
  {},
  {
    get: (_, name) => {
      if (name === 'DATABASE_URL') return 'postgres://localhost/untilread'
      if (typeof name === 'string' && name in KEYS) return KEYS[name]
      const asked = typeof name === 'string' && (name === 'UNTILREAD_API_KEY' || !settings.includes(name))
      return asked && name !== 'UNTILREAD_CONFIG' && !name.endsWith('_FILE') ? SIGNING_SECRET : undefined
    },
  },
)

function load(text: string) {
  return loadConfig({ environment, readFile: () => text }).config
}

describe('what is made from the schema', () => {
  test.each(Object.entries(GENERATED))(
    '%s is as the schema has it (node src/config/generate.ts writes it)',
    (path, render) => {
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(render())
    },
  )

  test('the example file as it stands changes nothing', () => {
    const { apiKey: _, databaseUrl: __, ...config } = load(renderExample(CHANNELS, SOURCES))
    const { apiKey: ___, databaseUrl: ____, ...plain } = load('')
    expect(config).toEqual(plain)
  })

  test('the example file with every setting uncovered is right', () => {
    const uncovered = renderExample(CHANNELS, SOURCES).replace(/^#(?=\S| {2})/gm, '')
    const config = load(uncovered)
    expect(config.connections.map(({ definition }) => definition.id)).toEqual(CHANNELS.map(({ id }) => id))
    expect(config.sources.map(({ definition }) => definition.id)).toEqual(SOURCES.map(({ id }) => id))
    expect(config.subaccounts.default?.sequence).toHaveLength(2)
    expect(config.subaccounts.default?.reminders.map(({ waitMs }) => waitMs)).toEqual([3_600_000])
    expect(config.directory).toMatchObject({ timeoutMs: 5_000, cacheForMs: 300_000 })
    expect(config.badge).toMatchObject({ origins: ['https://www.example.com'], jwt: { secret: SIGNING_SECRET } })
    expect(config.publicUrl).toBe('https://messages.example.com')
  })

  test.each([
    ...CHANNELS.map(({ id, config }) => [id, config, connectionFields] as const),
    ...SOURCES.map(({ id, config }) => [id, config, sourceFields] as const),
  ])('%s has no field of a name that all of its kind share', (_, config, shared) => {
    const own = Object.keys((config as { properties?: object }).properties ?? {})
    expect(own.filter((name) => name in shared)).toEqual([])
  })
})
