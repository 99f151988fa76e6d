import { readFile, writeFile } from 'node:fs/promises'
import { minify } from '@swc/core'
import { BADGE_SCRIPT } from './badge-script.ts'

/** The badge's script as it is sent: web/badge/badge.js with short names, without comments, still ES5. */
export async function minifiedBadge(): Promise<string> {
  const source = await readFile(new URL('badge.js', BADGE_SCRIPT), 'utf8')
  const { code } = await minify(source, { ecma: 5, compress: { ecma: 5, passes: 3 }, mangle: true, module: false })
  return `${code}\n`
}

if (import.meta.main) await writeFile(BADGE_SCRIPT, await minifiedBadge())
