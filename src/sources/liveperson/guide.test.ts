import { readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fieldsOf } from '../../json/loose-json.ts'
import { type Config, checkConfig, config } from './settings.ts'

const guide = readFileSync(new URL('../../../docs/guides/liveperson.md', import.meta.url), 'utf8')
const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => fieldsOf(parse(yaml)) ?? {})
const sources = blocks.flatMap((block) => Object.values(fieldsOf(block.sources) ?? {}))

describe('the guide', () => {
  it('shows sources that can be configured so', () => {
    expect(sources.length).toBeGreaterThan(2)
    for (const source of sources) {
      const { platform, ...settings } = fieldsOf(source) ?? {}
      expect(platform).toBe('liveperson')
      expect(Value.Errors(config, settings)).toEqual([])
      expect(checkConfig(settings as Config)).toEqual([])
      expect(Object.keys(config.properties)).toEqual(expect.arrayContaining(Object.keys(settings)))
    }
  })

  it('names settings that there are', () => {
    const [table = ''] = /\| setting \|[\s\S]*?\n\n/.exec(guide) ?? []
    const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(5)
    for (const name of named) expect(Object.keys(config.properties)).toContain(name)
  })
})
