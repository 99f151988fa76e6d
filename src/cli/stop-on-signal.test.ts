import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { MovableClock } from '../system/movable-clock.ts'
import { untilSignal } from './stop-on-signal.ts'

test('the first signal stops in good order; what npm passes on of the same key press changes nothing', async () => {
  const source = new EventEmitter()
  const gaveUp: string[] = []
  const stopped = untilSignal(source, new MovableClock(0), (signal) => gaveUp.push(signal))
  source.emit('SIGINT', 'SIGINT')
  source.emit('SIGINT', 'SIGINT')
  source.emit('SIGTERM', 'SIGTERM')
  await stopped
  expect(gaveUp).toEqual([])
})

test('a later signal stops at once', async () => {
  const source = new EventEmitter()
  const clock = new MovableClock(0)
  const gaveUp: string[] = []
  const stopped = untilSignal(source, clock, (signal) => gaveUp.push(signal))
  source.emit('SIGTERM', 'SIGTERM')
  await stopped
  await clock.advance(1_000)
  source.emit('SIGINT', 'SIGINT')
  expect(gaveUp).toEqual(['SIGINT'])
})
