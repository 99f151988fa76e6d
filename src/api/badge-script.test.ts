import { readFile } from 'node:fs/promises'
import { minify, transform } from '@swc/core'
import { expect, test } from 'vitest'
import { BADGE_SCRIPT } from './badge-script.ts'
import { minifiedBadge } from './write-badge-script.ts'

const served = () => readFile(BADGE_SCRIPT, 'utf8')

test('badge.min.js is what badge.js makes; else run: node src/api/write-badge-script.ts', async () => {
  expect(await served()).toBe(await minifiedBadge())
})

test('it has less than 3 kB', async () => {
  expect(Buffer.byteLength(await served())).toBeLessThan(3000)
})

test('it is ES5: making it older changes nothing', async () => {
  const printed = async (target: 'es5' | 'es2022', code: string) => {
    const older = await transform(code, { jsc: { target, parser: { syntax: 'ecmascript' } }, isModule: false })
    return (await minify(older.code, { compress: false, mangle: true, module: false })).code // the same names in both
  }
  const code = await served()
  expect(await printed('es5', code)).toBe(await printed('es2022', code))
  // So that the comparison is known to see something.
  expect(await printed('es5', 'var f = () => 1')).not.toBe(await printed('es2022', 'var f = () => 1'))
})

test('it asks nothing of an old browser but what it has', async () => {
  expect(await served()).not.toMatch(
    /\b(Promise|fetch|Map|Set|Symbol|assign|includes|classList|closest|URLSearchParams)\b/,
  )
})

test('it is in the package', async () => {
  const { files } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(files).toContain('web/badge/badge.min.js')
  expect(BADGE_SCRIPT.pathname.endsWith('/web/badge/badge.min.js')).toBe(true)
})
