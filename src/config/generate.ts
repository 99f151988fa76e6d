import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CHANNELS } from '../channels/registry.ts'
import { SOURCES } from '../sources/registry.ts'
import { renderExample } from './example-file.ts'
import { renderReference } from './reference-page.ts'

/** What is made from the schema, by its path in the repository. `node src/config/generate.ts` writes it. */
export const GENERATED = {
  'examples/untilread.yaml': () => renderExample(CHANNELS, SOURCES),
  'docs/reference/configuration.md': () => renderReference(CHANNELS, SOURCES),
}

if (import.meta.main) {
  for (const [path, render] of Object.entries(GENERATED)) {
    const file = fileURLToPath(new URL(`../../${path}`, import.meta.url))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, render())
  }
}
