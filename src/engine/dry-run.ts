import { type Message, wakeAtOf } from '../domain/message.ts'
import { addressOf } from '../domain/recipient.ts'
import type { KnownPerson } from '../domain/source-event.ts'
import type { Routing } from './routing.ts'
import type { DryRunStep } from './watch-api.ts'

/** The steps of a notice with the earliest moment of each, and whether the person could be reached by it. */
export function dryRunSteps(
  { sequence, ...message }: Message,
  subAccountId: string,
  person: KnownPerson | undefined,
  routing: Routing,
): DryRunStep[] {
  let at = wakeAtOf({ sequence, ...message }) ?? 0
  return sequence.slice(1).map(({ channel, successStatus, fallbackAfterMs = 0 }) => {
    const kind = routing.addressKind(subAccountId, channel)
    const address = kind === undefined || person === undefined ? undefined : addressOf(person, channel, kind)
    const step: DryRunStep = {
      channel,
      at,
      waitsFor: successStatus,
      address: person === undefined ? 'unknown' : address === undefined ? 'missing' : 'known',
    }
    // Who has no address is not waited for.
    if (step.address !== 'missing') at += fallbackAfterMs
    return step
  })
}
