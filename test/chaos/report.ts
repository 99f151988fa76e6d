import type { KillRun } from './kill-run.ts'

const SHOWN = 10

/** What a run came to, for people: counts, then each violation with what is needed to look into it. */
export function reportText(run: KillRun, about: { database: string; kills: number; seed: number }): string {
  const { counts, load, violations } = run
  const outcomes = tally(counts.outcomes)
  const count = (...rules: (typeof violations)[number]['rule'][]) =>
    violations.filter(({ rule }) => rules.includes(rule)).length
  const rows: [string, string | number][] = [
    ['kills', `${about.kills} (${run.killedMidSend} in the middle of a send, ${run.killedWhileStarting} at a start)`],
    ['starts', `ready after ${median(run.startsMs)} ms in the median, ${Math.max(...run.startsMs)} ms at most`],
    ['requests', `${load.requests} (${load.unanswered} unanswered, ${load.repeated} repeated after their answer)`],
    ['acknowledged messages', counts.acknowledged],
    ['  missing', count('an acknowledged message is missing')],
    ['  without an outcome', count('a message has no outcome')],
    ['  with more than one', count('a message has more than one outcome')],
    ['outcomes', outcomes],
    [
      'never acknowledged',
      `${counts.unanswered} sent without a key (${counts.storedUnanswered} of them stored: answer lost)`,
    ],
    ['messages from a repeated key', count('one request made two messages')],
    ['steps on handsets', counts.pairs],
    ['  DUPLICATES', `${counts.duplicates} (and ${counts.copiesByChoice} by choice, onUncertain: resend)`],
    ['  after success', count('a step was sent after success')],
    ['  after a cancel', count('a step was sent after a cancel')],
    ['cancels', tally(counts.cancels)],
    ['sends cut short by a kill', `${counts.cutShort} (${counts.cutShortArrived} had reached the handset)`],
    ['acknowledged receipts', `${counts.receipts} (${count('an acknowledged receipt is lost')} lost)`],
    ['errors in the log', tally(run.errorsLogged)],
    ['violations', violations.length],
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}${value}`)
  const title = `Kill test on ${about.database}, seed ${about.seed}, ${run.seconds} s`
  return [title, ...lines, ...details(run)].join('\n')
}

function details({ violations, timelineOf }: KillRun): string[] {
  const shown = violations.slice(0, SHOWN).flatMap(({ rule, what, umid, address }) => {
    const timeline = umid === undefined ? undefined : timelineOf(umid)
    const entries = (timeline?.timeline ?? []).map(
      ({ at, step, code, facts }) => `      ${at} ${step ?? ''} ${code} ${JSON.stringify(facts)}`,
    )
    return ['', `  ${rule}: ${what}`, `    umid ${umid ?? 'unknown'} on ${address ?? 'no handset'}`, ...entries]
  })
  return violations.length > SHOWN ? [...shown, '', `  and ${violations.length - SHOWN} more`] : shown
}

function tally(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  return parts.length === 0 ? '0' : parts.join(', ')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
