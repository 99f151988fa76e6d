import type { EntrantName } from './entrants.ts'
import type { Figures } from './figures.ts'
import { median, medianRatio } from './statistics.ts'

/** What the engine is to reach, as ratios from one run; on one of its two databases. */
export type Target = {
  stage: string
  ours: 'untilread-sqlite' | 'untilread-postgres'
  wanted: string
  bound: { atLeast: number } | { atMost: number }
  /** What is held against the bound, or undefined where something for it was not measured. */
  measure(figures: Figures): number | undefined
}
export type Verdict = { stage: string; ours: Target['ours']; wanted: string; measured: number; met: boolean }

type Ours = Target['ours']
const S: Ours = 'untilread-sqlite'
const P: Ours = 'untilread-postgres'
const EVERYSEC: readonly EntrantName[] = ['bullmq-everysec']
const POSTGRES_QUEUES: readonly EntrantName[] = ['pg-boss', 'graphile-worker']
const PEERS: readonly EntrantName[] = ['bullmq-everysec', ...POSTGRES_QUEUES]

/** Ours ÷ the best of the others, which must all have been measured. */
function against(
  key: string,
  stage: string,
  ours: Ours,
  others: readonly (EntrantName | 'bare')[],
  atLeast: number,
  whom: string,
): Target {
  return {
    stage,
    ours,
    wanted: `≥ ${atLeast} × ${whom}`,
    bound: { atLeast },
    measure(figures) {
      const mine = figures.of(key, ours)
      const theirs = others.map((other) => figures.of(key, other))
      if (mine.length === 0 || theirs.some((values) => values.length === 0)) return undefined
      const best = theirs.reduce((one, other) => (median(other) > median(one) ? other : one))
      return medianRatio(mine, best)
    },
  }
}

function atMost(key: string, stage: string, ours: Ours, most: number, unit: string): Target {
  const measure = (figures: Figures) => {
    const values = figures.of(key, ours)
    return values.length === 0 ? undefined : median(values)
  }
  return { stage, ours, wanted: `≤ ${most}${unit}`, bound: { atMost: most }, measure }
}

function atLeast(key: string, stage: string, ours: Ours, least: number): Target {
  return { ...atMost(key, stage, ours, least, ''), wanted: `≥ ${least}`, bound: { atLeast: least } }
}

/** `many` is how many messages wait in the stages that say "beside many". */
export function targets(many: number): readonly Target[] {
  const crowd = many.toLocaleString('en')
  return [
    against('arm-one', 'arm, one at a time', S, EVERYSEC, 2, 'BullMQ everysec'),
    against('arm-one', 'arm, one at a time', S, POSTGRES_QUEUES, 20, 'the PostgreSQL queues'),
    against('arm-one', 'arm, one at a time', P, EVERYSEC, 1.5, 'BullMQ everysec'),
    against('arm-one', 'arm, one at a time', P, POSTGRES_QUEUES, 15, 'the PostgreSQL queues'),
    against('arm-bulk', 'arm, bulk', S, PEERS, 1.5, 'the best peer'),
    against('arm-bulk', 'arm, bulk', S, ['raw-sqlite'], 0.5, 'raw, same rows'),
    against('arm-bulk', 'arm, bulk', P, PEERS, 1.2, 'the best peer'),
    against('arm-bulk', 'arm, bulk', P, ['raw-postgres'], 0.5, 'raw, same rows'),
    against('call-off-one', 'call off, one at a time', S, EVERYSEC, 1, 'BullMQ everysec'),
    against('call-off-one', 'call off, one at a time', S, ['table-sqlite'], 1.5, 'one SQLite table'),
    against('call-off-one', 'call off, one at a time', P, EVERYSEC, 1, 'BullMQ everysec'),
    against('call-off-one', 'call off, one at a time', P, POSTGRES_QUEUES, 8, 'the PostgreSQL queues'),
    against('fire', 'fire', S, PEERS, 1.2, 'the best peer'),
    against('fire', 'fire', P, PEERS, 1, 'the best peer'),
    ...[S, P].flatMap((ours) => [
      atMost('lateness-quiet-p99', 'lateness p99', ours, 5, ' ms'),
      atMost(`lateness-${many}-p99`, `lateness p99, ${crowd} pending`, ours, 5, ' ms'),
      atLeast(`beside-growth-${many}`, `arm and call off, ${crowd} pending ÷ few`, ours, ours === S ? 0.7 : 0.8),
      atMost(`memory-growth-${many}`, `memory, ${crowd} pending ÷ few`, ours, 1.2, ''),
      against('http-send', 'HTTP send', ours, ['bare'], 0.6, 'the bare route'),
      against('http-send', 'HTTP send', ours, EVERYSEC, 1.2, 'the route with BullMQ add'),
    ]),
  ]
}

/** Those targets for which everything was measured. */
export function judgeTargets(figures: Figures, many: number): Verdict[] {
  return targets(many).flatMap(({ stage, ours, wanted, bound, measure }) => {
    const measured = measure(figures)
    if (measured === undefined) return []
    const met = 'atLeast' in bound ? measured >= bound.atLeast : measured <= bound.atMost
    return [{ stage, ours, wanted, measured, met }]
  })
}
