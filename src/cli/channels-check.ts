import type { Config } from '../config/config.ts'
import type { CheckedConnection } from '../main.ts'
import { nearest } from '../words/nearest.ts'
import { EXIT, usageFailure } from './exit.ts'
import { harmless, type Terminal } from './terminal.ts'

const LIMIT_MS = 15_000
const STYLES = { good: 'green', refused: 'red', unknown: 'yellow', 'cannot be asked': 'dim' } as const

/** Tries the credentials of the connections that are named, or of all, and tells each; answers with the exit code. */
export async function checkChannels(
  ids: readonly string[],
  config: Config,
  terminal: Terminal,
  json: boolean,
): Promise<number> {
  const wanted = choose(ids, config)
  if (wanted.length === 0) terminal.complain('No connection is configured: there is nothing to check.')
  const { checkConnections } = await import('../main.ts')
  terminal.live = `Asking about ${wanted.join(', ')} …`
  // All are asked at once, so that this is the limit of each.
  const checked = await checkConnections(config, wanted, AbortSignal.timeout(LIMIT_MS))
  terminal.live = ''
  printChecked(checked, terminal, json)
  return checked.some(({ outcome }) => outcome !== undefined && outcome.kind !== 'good') ? EXIT.failure : EXIT.ok
}

function choose(ids: readonly string[], { connections }: Config): string[] {
  const names = connections.map(({ id }) => id)
  for (const id of ids) {
    if (names.includes(id)) continue
    const meant = nearest(id, names)
    const hint =
      names.length === 0 ? 'none is configured' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
    throw usageFailure(
      `There is no connection ${JSON.stringify(harmless(id))}${meant === undefined ? `: ${hint}` : `. Did you mean ${meant}?`}`,
    )
  }
  return ids.length === 0 ? names : names.filter((name) => ids.includes(name))
}

export function printChecked(checked: readonly CheckedConnection[], terminal: Terminal, json: boolean): void {
  const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length), 0)
  const names = widest(checked.map(({ id }) => id))
  const providers = widest(checked.map(({ provider }) => provider))
  for (const { id, provider, outcome } of checked) {
    const { kind: result, detail } = { kind: 'cannot be asked' as const, detail: undefined, ...outcome }
    if (json) {
      terminal.print(JSON.stringify({ connection: id, provider, result, detail }))
      continue
    }
    const words = detail === undefined ? result : `${result}: ${harmless(detail)}`
    terminal.print(`${id.padEnd(names)}  ${provider.padEnd(providers)}  ${terminal.paint(STYLES[result], words)}`)
  }
}
