import type { World } from '../../src/channels/define-channel.ts'
import type { Told } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'

/** What a channel gets from the house, for a channel by itself; `told` is what it told of its own accord. */
export function channelWorld(given: Partial<World> = {}): World & { told: Told[] } {
  const told: Told[] = []
  const usual = {
    connectionId: 'connection',
    callbackUrl: 'http://127.0.0.1:1/callbacks/connection',
    clock: new MovableClock(Date.parse('2026-03-01T12:00:00Z')),
    tell: async (each: Told) => void told.push(each),
    told,
  }
  // A test may give what changes, such as a getter.
  return Object.defineProperties(usual, Object.getOwnPropertyDescriptors(given))
}
