import { expect, test } from 'vitest'
import { MovableClock } from '../system/movable-clock.ts'
import { Activity } from './activity.ts'
import { AlarmLoop } from './alarm-loop.ts'

function loopOver(nexts: (number | undefined)[]) {
  const clock = new MovableClock(1000)
  const activity = new Activity()
  const rounds: number[] = []
  const errors: unknown[] = []
  const loop = new AlarmLoop({
    clock,
    activity,
    round: async () => {
      rounds.push(clock.now())
      return nexts.shift()
    },
    onError: (error) => errors.push(error),
  })
  return { clock, activity, rounds, errors, loop, advance: (ms: number) => clock.advance(ms, () => activity.idle()) }
}

test('sleeps until the moment that the last round named', async () => {
  const { rounds, loop, advance } = loopOver([5000, 9000])
  loop.start()
  await advance(3999)
  expect(rounds).toEqual([1000])
  await advance(1)
  expect(rounds).toEqual([1000, 5000])
  await advance(4000)
  expect(rounds).toEqual([1000, 5000, 9000])
  await loop.stop()
})

test('a poke for an earlier moment wakes it, one for a later moment does not', async () => {
  const { rounds, loop, activity, advance } = loopOver([5000, 3000, 5000])
  loop.start()
  await activity.idle()
  loop.poke(7000)
  await activity.idle()
  expect(rounds).toEqual([1000])
  loop.poke(3000)
  await activity.idle()
  expect(rounds).toEqual([1000, 1000])
  await advance(2000)
  expect(rounds).toEqual([1000, 1000, 3000])
  await loop.stop()
})

test('a poke during a round is not lost', async () => {
  const clock = new MovableClock(1000)
  const activity = new Activity()
  let rounds = 0
  const loop: AlarmLoop = new AlarmLoop({
    clock,
    activity,
    round: async () => {
      rounds++
      if (rounds === 1) loop.poke(1000)
      return undefined
    },
    onError: () => {},
  })
  loop.start()
  await activity.idle()
  expect(rounds).toBe(2)
  await loop.stop()
})

test('a moment in the past means at once', async () => {
  const { rounds, loop, activity } = loopOver([0, 0, 5000])
  loop.start()
  await activity.idle()
  expect(rounds).toEqual([1000, 1000, 1000])
  await loop.stop()
})

test('a round that fails is told and tried again after a second', async () => {
  const clock = new MovableClock(1000)
  const activity = new Activity()
  const errors: unknown[] = []
  let rounds = 0
  const round = async () => {
    rounds++
    if (rounds === 1) throw new Error('the database is away')
    return undefined
  }
  const loop = new AlarmLoop({ clock, activity, round, onError: (error) => errors.push(error) })
  loop.start()
  await clock.advance(999, () => activity.idle())
  expect([rounds, errors.length]).toEqual([1, 1])
  await clock.advance(1, () => activity.idle())
  expect(rounds).toBe(2)
  await loop.stop()
})

test('with nothing known it looks again after half a minute, should a poke have got lost', async () => {
  const { rounds, loop, advance } = loopOver([])
  loop.start()
  await advance(60_000)
  expect(rounds).toEqual([1000, 31_000, 61_000])
  await loop.stop()
})

test('a stop ends the sleep and no round follows', async () => {
  const { rounds, loop, activity } = loopOver([5000])
  loop.start()
  await activity.idle()
  await loop.stop()
  expect(rounds).toEqual([1000])
  expect(activity.isIdle).toBe(true)
})
