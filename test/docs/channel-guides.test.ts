import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CHANNELS } from '../../src/channels/registry.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { keyFileOf } from '../fakes/rcs.ts'
import { guideBlocks } from '../support/guide-blocks.ts'

/** Guides that have another name than their provider. */
const GUIDES: Readonly<Record<string, string>> = { smtp: 'email', webhook: 'own-channel', 'genesys-email': 'genesys' }
const NAMES = [...new Set(CHANNELS.map(({ id }) => GUIDES[id] ?? id)), 'connections', 'channels']

test('there is a guide for every provider', () => {
  const missing = NAMES.filter((name) => !existsSync(new URL(`../../docs/guides/${name}.md`, import.meta.url)))
  expect(missing).toEqual([])
})

test.each(NAMES)('the configurations in the guide %s have no problem', (name) => {
  // A block with `…` goes on where another one began.
  const whole = guideBlocks(name, 'yaml').filter((yaml) => /^(connections|subaccounts):/m.test(yaml) && !/…/.test(yaml))
  for (const yaml of whole) {
    const variables = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, variable = '']) => variable)
    const environment = Object.fromEntries(variables.map((variable) => [variable, secretFor(variable)]))
    const readFile = (path: string) => {
      if (path === 'untilread.yaml') return yaml
      return name === 'vonage' ? PEM : keyFileOf()
    }
    expect(problemsOf(() => loadConfig({ environment, readFile, flags: { config: 'untilread.yaml' } }))).toEqual([])
  }
})

function problemsOf(load: () => unknown): unknown[] {
  try {
    load()
    return []
  } catch (error) {
    return error instanceof Error && 'problems' in error ? (error.problems as unknown[]) : [error]
  }
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** What a secret of this name looks like. */
function secretFor(variable: string): string {
  if (/SERVICE_ACCOUNT/.test(variable)) return keyFileOf()
  if (/VAPID_PRIVATE/.test(variable)) return 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'
  if (/VAPID/.test(variable))
    return 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8'
  return `whsec_${Buffer.alloc(24, 7).toString('base64')}`
}
