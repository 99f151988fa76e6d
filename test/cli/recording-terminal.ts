import { Terminal } from '../../src/cli/terminal.ts'

/** A terminal that keeps what was written; `interactive: false` stands for a pipe. */
export function recordingTerminal({ interactive = true } = {}) {
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') =>
    Object.assign(Object.create(process.stdout), {
      isTTY: interactive && name === 'out',
      columns: 100,
      write: (text: string) => {
        written[name] += text
        return true
      },
    })
  return { terminal: new Terminal(stream('out'), stream('err')), out: () => written.out, err: () => written.err }
}
