import { describe, expect, test } from 'vitest'
import { MovableClock } from '../../system/movable-clock.ts'
import { Schedule } from './schedule.ts'

function begin() {
  const clock = new MovableClock(1_000)
  const schedule = new Schedule(clock)
  const seen: string[] = []
  const note = (word: string) => () => {
    seen.push(`${word}@${clock.now()}`)
  }
  const advance = (ms: number) => clock.advance(ms, () => schedule.idle())
  return { clock, schedule, seen, note, advance }
}

describe('the schedule of the sandbox', () => {
  test('runs each entry at its moment, whatever the order they were put down in', async () => {
    const { schedule, seen, note, advance } = begin()
    schedule.at(1_300, note('c'))
    schedule.at(1_100, note('a'))
    schedule.at(1_200, note('b'))
    await advance(250)
    expect(seen).toEqual(['a@1100', 'b@1200'])
    await advance(250)
    expect(seen).toEqual(['a@1100', 'b@1200', 'c@1300'])
    await schedule.stop()
  })

  test('entries of one moment run in the order they were put down', async () => {
    const { schedule, seen, note, advance } = begin()
    for (const word of ['a', 'b', 'c', 'd']) schedule.at(1_100, note(word))
    await advance(100)
    expect(seen.map((word) => word[0])).toEqual(['a', 'b', 'c', 'd'])
    await schedule.stop()
  })

  test('an entry that was taken off does not run, and its neighbours of the same moment do', async () => {
    const { schedule, seen, note, advance } = begin()
    schedule.at(1_100, note('a'))
    const takeOff = schedule.at(1_100, note('b'))
    schedule.at(1_100, note('c'))
    takeOff()
    takeOff()
    await advance(100)
    expect(seen).toEqual(['a@1100', 'c@1100'])
    await schedule.stop()
  })

  test('what runs may put down more for the same moment', async () => {
    const { schedule, seen, note, advance } = begin()
    schedule.at(1_100, () => schedule.at(1_100, note('after')))
    await advance(100)
    expect(seen).toEqual(['after@1100'])
    await schedule.stop()
  })

  test('is idle while everything waits for later, and not while work runs', async () => {
    const { schedule, note } = begin()
    schedule.at(9_000, note('later'))
    await schedule.idle()
    const work = Promise.withResolvers<void>()
    schedule.track(work.promise)
    let idle = false
    const idling = schedule.idle().then(() => {
      idle = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(idle).toBe(false)
    work.reject(new Error('failed work is over, too'))
    await idling
    await schedule.stop()
  })

  test('is not idle while something is due that has not run yet', async () => {
    const { schedule, seen, note } = begin()
    schedule.at(1_000, note('now'))
    expect(seen).toEqual([])
    await schedule.idle()
    expect(seen).toEqual(['now@1000'])
    await schedule.stop()
  })

  test('is not idle between an entry that comes up and the work that it begins', async () => {
    const { schedule, clock, advance } = begin()
    const work = Promise.withResolvers<void>()
    const takeOff = schedule.at(1_100, () => {
      takeOff()
      schedule.track(work.promise)
    })
    const moving = advance(5_000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(clock.now()).toBe(1_100)
    work.resolve()
    await moving
    expect(clock.now()).toBe(6_000)
    await schedule.stop()
  })

  test('after a stop nothing runs any more', async () => {
    const { schedule, seen, note, advance } = begin()
    schedule.at(1_100, note('a'))
    await schedule.stop()
    schedule.at(1_100, note('b'))
    await advance(500)
    expect(seen).toEqual([])
  })

  test('a stop waits for the work under way', async () => {
    const { schedule } = begin()
    const work = Promise.withResolvers<void>()
    schedule.track(work.promise)
    let stopped = false
    const stopping = schedule.stop().then(() => {
      stopped = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(stopped).toBe(false)
    work.resolve()
    await stopping
  })
})
