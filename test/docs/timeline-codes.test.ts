import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEAD_ENDS, RUNGS } from '../../src/domain/status-ladder.ts'
import { TIMELINE_CODES } from '../../src/domain/timeline.ts'

const page = readFileSync(new URL('../../docs/reference/statuses.md', import.meta.url), 'utf8')

/** The first cells of the table under a heading, which are code. */
function namesUnder(heading: string): string[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^\| `([^`]+)` \| \S/gm)].map(([, name = '']) => name)
}

test('the page explains every timeline code, and no other', () => {
  expect(namesUnder('Timeline codes')).toEqual([...TIMELINE_CODES])
})

test('the page explains every status, and no other', () => {
  expect(namesUnder('The status ladder')).toEqual([...RUNGS, ...DEAD_ENDS])
})

test('the page explains every outcome, and each is a timeline code', () => {
  const outcomes = namesUnder('Outcomes')
  expect(outcomes).toEqual(['succeeded', 'exhausted', 'unknown', 'cancelled', 'expired'])
  expect(TIMELINE_CODES).toEqual(expect.arrayContaining(outcomes))
})
