import { describeOrigin, type Problem } from '../config/located.ts'
import { harmless, type Terminal } from './terminal.ts'

/** What runs, but perhaps not as it was meant: a line each, with where it comes from and the field. They stay out of a pipe. */
export function printWarnings(warnings: readonly Problem[], terminal: Terminal): void {
  for (const { name, origin, message } of warnings) {
    const place = origin === undefined ? '' : `${describeOrigin(origin)}  `
    terminal.complain(terminal.paint('yellow', harmless(`Note: ${place}${name}  ${message}`)))
  }
}
