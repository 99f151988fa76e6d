import type { EventEmitter } from 'node:events'
import { CommanderError } from 'commander'
import { untilSignal } from '../src/cli/stop-on-signal.ts'
import { Terminal } from '../src/cli/terminal.ts'
import type { Clock } from '../src/engine/ports/clock.ts'
import { systemClock } from '../src/system/clock.ts'

/** What a measuring program is given. */
export type Program = {
  terminal: Terminal
  /** Aborted when somebody has seen enough. */
  signal: AbortSignal
  /** Tells what is going on now. */
  progress(text: string): void
}
type World = { source: EventEmitter; clock: Clock; terminal: Terminal; exit(code: number): void }

const INTERRUPTED = 130
const MISUSED = 2

/** Runs it; answers with the exit code. A first Ctrl-C lets it clean up and end, a second one ends the process at once. */
export async function runProgram(
  act: (program: Program) => Promise<void>,
  { source = process, clock = systemClock, terminal = new Terminal(), exit = process.exit }: Partial<World> = {},
): Promise<number> {
  const stop = new AbortController()
  void untilSignal(source, clock, () => exit(INTERRUPTED)).then(() => {
    terminal.live = 'stopping and cleaning up'
    stop.abort()
  })
  const progress = (text: string) => {
    if (!stop.signal.aborted) terminal.live = text
  }
  try {
    await act({ terminal, signal: stop.signal, progress })
    return 0
  } catch (error) {
    // Commander has said its own; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED
    if (!stop.signal.aborted) throw error
    terminal.complain('Interrupted: nothing was measured to the end.')
    return INTERRUPTED
  } finally {
    terminal.live = ''
  }
}
