import { expect, test } from 'vitest'
import { type Contender, hold } from './contender.ts'

/** Does nothing, and writes down what it was asked for. */
function newContender() {
  const calls: string[] = []
  const note = (call: string) => async () => void calls.push(call)
  const contender: Contender = {
    name: 'none',
    sharesCommits: true,
    callsOff: 'armed',
    arm: note('arm'),
    callOff: note('call off'),
    start: note('start'),
    sent: note('sent'),
    stop: note('stop'),
    close: note('close'),
  }
  return { contender, calls }
}

async function use(act: (held: Contender) => Promise<void>): Promise<string[]> {
  const { contender, calls } = newContender()
  try {
    await using cleanUp = new AsyncDisposableStack()
    await act(await hold(async () => contender, cleanUp))
  } catch {
    calls.push('caught')
  }
  return calls
}

test('a contender that is cut off while it runs is stopped before it is closed', async () => {
  const calls = await use(async (held) => {
    await held.start(() => {})
    throw new Error('cut off')
  })
  expect(calls).toEqual(['start', 'stop', 'close', 'caught'])
})

test('a contender that never ran, or was stopped before, is only closed', async () => {
  expect(await use((held) => held.arm([]))).toEqual(['arm', 'close'])
  const stopped = use(async (held) => {
    await held.start(() => {})
    await held.stop()
  })
  expect(await stopped).toEqual(['start', 'stop', 'close'])
})

test('a contender may run a second time', async () => {
  const calls = await use(async (held) => {
    await held.start(() => {})
    await held.stop()
    await held.start(() => {})
  })
  expect(calls).toEqual(['start', 'stop', 'start', 'stop', 'close'])
})
