import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../src/cli/untilread.ts', import.meta.url))

export type Finished = { code: number | null; out: string; err: string }
export type Running = { child: ChildProcess; finished: Promise<Finished>; printed(pattern: RegExp): Promise<string> }
type Where = { cwd: string; environment?: Record<string, string>; input?: string; node?: string; program?: string }

/** Starts the command line as a process. Of the environment it gets PATH and what the test names. */
export function startCli(words: readonly string[], where: Where): Running {
  const { cwd, environment = {}, input, node = process.execPath, program = PROGRAM } = where
  const child = spawn(node, [program, ...words], { cwd, env: { PATH: process.env.PATH, ...environment } })
  let out = ''
  let err = ''
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  child.stdin.end(input)
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  /** Resolves with all that was printed once the pattern is in it; rejects when the process ends before. */
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(out)) return
        listeners.delete(look)
        resolve(out)
      }
      listeners.add(look)
      void finished.then(() => reject(new Error(`ended without ${pattern}: ${out}\n${err}`)))
      look()
    })
  return { child, finished, printed }
}

export function runCli(words: readonly string[], where: Where): Promise<Finished> {
  return startCli(words, where).finished
}
