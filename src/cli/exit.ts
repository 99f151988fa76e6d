/** What a shell script can rely on. */
export const EXIT = {
  ok: 0,
  /** It could not be done: nothing answers, the service refused, an error of ours. */
  failure: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  usage: 2,
  /** `watch`: the message has ended, and not in success. */
  endedOtherwise: 3,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const

/** Ends the command with a sentence for people. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failure) {
    super(message)
    this.exitCode = exitCode
  }
}

export function usageFailure(message: string): CliFailure {
  return new CliFailure(message, EXIT.usage)
}
