import type { Loaded } from '../config/load-config.ts'
import { describeOrigin } from '../config/located.ts'
import { printWarnings } from './config-warnings.ts'
import type { Terminal } from './terminal.ts'

/** Every value that is in force and where it came from, then the warnings; secrets are masked. */
export function printSettings({ settings, warnings, file }: Loaded, terminal: Terminal, json: boolean): void {
  if (json) {
    const list = settings.map(({ name, shown, origin }) => ({ name, value: shown, origin: describeOrigin(origin) }))
    const doubts = warnings.map(({ name, message, origin }) => ({
      name,
      message,
      ...(origin && { origin: describeOrigin(origin) }),
    }))
    terminal.print(JSON.stringify({ file: file ?? null, settings: list, warnings: doubts }))
    return
  }
  const names = Math.max(...settings.map(({ name }) => name.length))
  const values = Math.min(60, Math.max(...settings.map(({ shown }) => shown.length)))
  for (const { name, shown, origin } of settings) {
    const line = `${name.padEnd(names)}  ${shown.padEnd(values)}`
    const from = describeOrigin(origin)
    terminal.print(`${line}  ${terminal.paint(origin.kind === 'default' ? 'dim' : 'cyan', from)}`)
  }
  printWarnings(warnings, terminal)
  terminal.complain(`The configuration is good${file === undefined ? '; no file was read' : ` (${file})`}.`)
}
