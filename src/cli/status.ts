import type { Timeline, TimelineStep, UntilreadClient } from '../client/client.ts'
import { harmless, type Terminal } from './terminal.ts'
import { nextLine, TimelineLines, titleLine } from './timeline-lines.ts'

/** Where a message stands, once. */
export async function showStatus(
  umid: string,
  client: UntilreadClient,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const timeline = await client.timeline(umid)
  if (json) terminal.print(JSON.stringify(timeline))
  else printStatus(timeline, terminal)
}

function printStatus(timeline: Timeline, terminal: Terminal): void {
  const { steps, outcome, next, now, heldBack } = timeline
  const lines = new TimelineLines(terminal, timeline)
  terminal.print(terminal.paint('bold', titleLine(timeline)))
  const width = Math.max(...steps.map(({ channel }) => harmless(channel).length), 0)
  for (const step of steps) {
    terminal.print(`  ${step.step} ${harmless(step.channel).padEnd(width)}  ${stepText(step)}`)
  }
  terminal.print()
  for (const entry of timeline.timeline) lines.printEntry(entry)
  if (outcome !== null) lines.printOutcome(outcome)
  else if (heldBack)
    terminal.print(terminal.paint('red', 'Held back after repeated failures; it waits to be released.'))
  else if (next !== null) terminal.print(terminal.paint('bold', `Next, ${nextLine(next, Date.parse(now))}`))
}

function stepText({ status, successStatus, fallbackAfter, skipped, error, uncertain }: TimelineStep): string {
  const wanted = `wants ${successStatus}${fallbackAfter === undefined ? '' : ` within ${fallbackAfter} s`}`
  if (status === null) return `not tried so far (${wanted})`
  if (skipped !== undefined) return `skipped: ${harmless(skipped)}`
  const why = error === undefined ? '' : `: ${harmless(error.message)}`
  return `${status}${why}${uncertain ? ', uncertain whether it went out' : ''} (${wanted})`
}
