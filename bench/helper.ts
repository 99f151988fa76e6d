import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { unlessAborted } from './session.ts'

type Options = {
  words?: readonly string[]
  /** Nobody waits for it any more when this is aborted. */
  signal?: AbortSignal
  /** In a session of its own, so that a Ctrl-C in the terminal does not take it away from under its users. */
  detached?: boolean
}

/** A process that runs a file of the benchmark, answers one question at a time, and ends when it is let go of. */
export class Helper {
  readonly #file: string
  readonly #child: ChildProcess
  readonly #signal: AbortSignal
  readonly #gone: Promise<unknown>

  constructor(file: string, { words = [], signal = new AbortController().signal, detached = false }: Options = {}) {
    this.#file = file
    this.#signal = signal
    this.#child = fork(fileURLToPath(import.meta.resolve(file)), words, {
      execArgv: [],
      detached,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#gone = once(this.#child, 'exit')
  }

  ask<Answer>(question: object): Promise<Answer> {
    this.#child.send(question)
    return this.hear()
  }

  /** The next thing that it tells. */
  async hear<Answer>(): Promise<Answer> {
    const told = once(this.#child, 'message').then(([answer]) => ({ answer: answer as Answer }))
    const first = await unlessAborted(Promise.race([told, this.#gone.then(() => undefined)]), this.#signal)
    if (first === undefined) throw new Error(`the process of ${this.#file} ended and had not answered`)
    return first.answer
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#gone
  }
}
