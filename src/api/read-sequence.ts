import { type ChannelAbility, checkSequence, type Sequence, type SequenceProblem } from '../domain/sequence.ts'
import { ApiError, type ErrorCode } from './errors.ts'

const CODES: Record<SequenceProblem['fault'], ErrorCode> = {
  'not-a-list': 3022,
  'unknown-channel': 3022,
  'channel-not-connected': 3027,
  'bad-delay': 3023,
  'bad-status': 3024,
  'cannot-report-sent': 3024,
  'cannot-report-delivered': 3025,
  'cannot-report-read': 3026,
  'bad-on-uncertain': 1000,
  'bad-revoke': 1000,
  'cannot-revoke': 3027,
  'unknown-field': 1000,
}

/** Complete steps, or everything that is wrong in one error; the first problem gives the code. */
export function readSequence(
  input: unknown,
  ability: (name: string) => ChannelAbility | undefined,
  path: string,
): Sequence {
  const checked = checkSequence(input, ability)
  if (checked.ok) return checked.sequence
  const [first, ...others] = checked.problems
  if (first === undefined) throw new ApiError(3022, path, 'is not a sequence')
  const more = others.map((problem) => `; ${path}${problem.path}: ${problem.message}`).join('')
  throw new ApiError(codeOf(first), path + first.path, first.message + more)
}

/** Senders write the same few sequences again and again: what was read once is remembered, and shared by its messages. */
export class SequenceReader {
  readonly #ability: (name: string, subAccountId: string) => ChannelAbility | undefined
  readonly #known = new Map<string, Sequence>()

  constructor(ability: (name: string, subAccountId: string) => ChannelAbility | undefined) {
    this.#ability = ability
  }

  read(subAccountId: string, input: unknown, path: string): Sequence {
    const key = `${subAccountId} ${JSON.stringify(input)}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const sequence = readSequence(input, (name) => this.#ability(name, subAccountId), path)
    if (this.#known.size >= SEQUENCES_KEPT) this.#known.clear()
    this.#known.set(key, sequence)
    return sequence
  }
}
const SEQUENCES_KEPT = 1000

function codeOf({ fault, path }: SequenceProblem): ErrorCode {
  // Which of several senders of a channel is used is the operator's choice of connections, not the caller's.
  return fault === 'unknown-field' && path.toLowerCase().endsWith('.channelid') ? 3051 : CODES[fault]
}
