import { expect, test } from 'vitest'
import { DEAD_ENDS, higher, isDeadEnd, RUNGS, reaches, SUCCESS_STATUSES } from './status-ladder.ts'

test('the ladder goes up from queued to read', () => {
  expect([...RUNGS]).toEqual(['queued', 'accepted', 'sent', 'delivered', 'read'])
})

test('a rung reaches itself and all below it, and nothing above', () => {
  for (const [height, rung] of RUNGS.entries()) {
    expect(RUNGS.filter((wanted) => reaches(rung, wanted))).toEqual(RUNGS.slice(0, height + 1))
  }
})

test('the higher of two rungs does not depend on their order', () => {
  for (const a of RUNGS) {
    for (const b of RUNGS) expect(higher(a, b)).toBe(RUNGS[Math.max(RUNGS.indexOf(a), RUNGS.indexOf(b))])
  }
})

test('dead ends are no rungs, and a step may want any rung but the first', () => {
  expect(DEAD_ENDS.every((status) => isDeadEnd(status))).toBe(true)
  expect(RUNGS.some((status) => isDeadEnd(status))).toBe(false)
  expect([...SUCCESS_STATUSES]).toEqual(RUNGS.slice(1))
})
