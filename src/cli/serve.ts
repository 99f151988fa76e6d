import type { Config } from '../config/config.ts'
import type { Loaded } from '../config/load-config.ts'
import { systemClock } from '../system/clock.ts'
import { printWarnings } from './config-warnings.ts'
import { CliFailure, EXIT } from './exit.ts'
import { readLocalAccess, writeLocalAccess } from './local-file.ts'
import { printStartPage } from './start-page.ts'
import { untilSignal } from './stop-on-signal.ts'
import type { Terminal } from './terminal.ts'
import { VERSION } from './version.ts'

/** Runs the service until it is told to stop. Warnings of the configuration come before everything else. */
export async function serve(
  { config, warnings }: Pick<Loaded, 'config' | 'warnings'>,
  terminal: Terminal,
): Promise<number> {
  printWarnings(warnings, terminal)
  // From before the start, so that a Ctrl-C while it starts stops it in good order too.
  const stopped = untilSignal(process, systemClock, () => process.exit(EXIT.interrupted))
  const known = config.sandbox ? readLocalAccess(config.dataDir) : undefined
  const { startServer } = await import('../main.ts')
  const server = await startServer(config, known === undefined ? {} : { knownKey: known.apiKey }).catch(
    (error: unknown) => {
      throw startFailure(error, config)
    },
  )
  const { url, apiKey } = server
  if (config.sandbox && apiKey !== undefined) {
    writeLocalAccess(config.dataDir, { url, apiKey, subAccountId: 'default' })
  }
  printStartPage({ version: VERSION, url, config, ...(apiKey !== undefined && { apiKey }) }, terminal)
  await stopped
  if (terminal.interactive)
    terminal.print('\nStopping: what is under way is finished first. Once more to stop at once.')
  await server.stop()
  return EXIT.ok
}

/** The usual reasons in words; everything else as it came. */
export function startFailure(error: unknown, { host, port }: Pick<Config, 'host' | 'port'>): unknown {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'EADDRINUSE':
      return new CliFailure(`Port ${port} is taken. Choose another with --port or PORT.`)
    case 'EACCES':
      return new CliFailure(`Port ${port} is reserved on this machine. Choose one above 1023 with --port or PORT.`)
    case 'NEWER_DATABASE':
      return new CliFailure((error as Error).message)
    case 'EADDRNOTAVAIL':
      return new CliFailure(`This machine has no address ${host}. Choose another with --host or HOST.`)
    default:
      return error
  }
}
