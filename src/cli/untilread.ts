import { CommanderError } from 'commander'
import { UntilreadError } from '../client/client.ts'
import { ConfigError } from '../config/located.ts'
import { CliFailure, EXIT } from './exit.ts'
import { createProgram } from './program.ts'
import { harmless, Terminal } from './terminal.ts'

/** Runs one command line; answers with the exit code. */
async function run(words: readonly string[]): Promise<number> {
  const terminal = new Terminal()
  let exitCode: number = EXIT.ok
  const program = createProgram((code) => {
    exitCode = code
  }, terminal)
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
    command.exitOverride()
  }
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    return explain(error, terminal)
  }
}

function explain(error: unknown, terminal: Terminal): number {
  // Commander has printed its own; asking for help is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    terminal.complain(error.message)
    return EXIT.usage
  }
  if (error instanceof CliFailure) {
    terminal.complain(error.message)
    return error.exitCode
  }
  if (error instanceof UntilreadError) {
    const { message, code, errorId } = error
    const facts = [code && `code ${code}`, errorId && `errorId ${errorId}`].filter(Boolean).join(', ')
    terminal.complain(harmless(facts === '' ? message : `${message} (${facts})`))
    return EXIT.failure
  }
  // Not foreseen: the trace is what a bug report needs.
  terminal.complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return EXIT.failure
}

// `untilread watch … | head` closes the pipe: nobody reads any more, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.ok)
})

process.exitCode = await run(process.argv.slice(2))
