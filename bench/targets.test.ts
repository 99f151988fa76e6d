import { expect, test } from 'vitest'
import { Figures, type Line } from './figures.ts'
import { judgeTargets } from './targets.ts'

const MANY = 1_000_000
const line = (key: string): Line => ({ key, title: key, unit: 'per second' })

function measured(values: Record<string, Record<string, number[]>>): Figures {
  const figures = new Figures()
  for (const [key, byName] of Object.entries(values)) {
    for (const [name, each] of Object.entries(byName)) for (const value of each) figures.add(line(key), name, value)
  }
  return figures
}

test('a target is held against the best of the peers, by the median of the rounds', () => {
  const figures = measured({
    'arm-one': {
      'untilread-sqlite': [50, 60, 55],
      'bullmq-everysec': [25, 40, 27],
      'pg-boss': [2, 2, 2],
      'graphile-worker': [5, 5, 5],
    },
  })
  expect(judgeTargets(figures, MANY)).toEqual([
    {
      stage: 'arm, one at a time',
      ours: 'untilread-sqlite',
      wanted: '≥ 2 × BullMQ everysec',
      measured: 2, // of 2, 1.5 and 2.04
      met: true,
    },
    {
      stage: 'arm, one at a time',
      ours: 'untilread-sqlite',
      wanted: '≥ 20 × the PostgreSQL queues',
      measured: 11, // of graphile-worker, which is the faster one
      met: false,
    },
  ])
})

test('what must be small is met at its bound and not above it', () => {
  const verdictOf = (value: number) => {
    return judgeTargets(measured({ 'lateness-quiet-p99': { 'untilread-postgres': [value] } }), MANY)[0]?.met
  }
  expect([verdictOf(5), verdictOf(5.1)]).toEqual([true, false])
})

test('a target for which something was not measured is left out rather than met', () => {
  expect(judgeTargets(measured({ fire: { 'untilread-sqlite': [9], 'pg-boss': [1] } }), MANY)).toEqual([])
  expect(judgeTargets(measured({ fire: { 'pg-boss': [1] } }), MANY)).toEqual([])
})

test('growth is judged at as many pending messages as were asked for', () => {
  const figures = measured({ 'memory-growth-400': { 'untilread-sqlite': [1.3] } })
  expect(judgeTargets(figures, MANY)).toEqual([])
  expect(judgeTargets(figures, 400)).toMatchObject([{ wanted: '≤ 1.2', measured: 1.3, met: false }])
})
