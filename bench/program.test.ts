import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { Terminal } from '../src/cli/terminal.ts'
import { MovableClock } from '../src/system/movable-clock.ts'
import { type Program, runProgram } from './program.ts'

function newWorld() {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const exits: number[] = []
  const world = {
    source: new EventEmitter(),
    clock: new MovableClock(0),
    terminal: new Terminal(out, err),
    exit: (code: number) => void exits.push(code),
  }
  return { world, exits, complaints: () => String(err.read() ?? '') }
}

const untilAborted = ({ signal }: Program) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a program that ends well answers 0', async () => {
  expect(await runProgram(async () => {}, newWorld().world)).toBe(0)
})

test('an interrupted program cleans up, says so and answers 130', async () => {
  const { world, exits, complaints } = newWorld()
  let cleanedUp = false
  const ended = runProgram(async (program) => {
    await using cleanUp = new AsyncDisposableStack()
    cleanUp.defer(() => {
      cleanedUp = true
    })
    world.source.emit('SIGINT', 'SIGINT')
    await untilAborted(program)
  }, world)
  expect(await ended).toBe(130)
  expect(cleanedUp).toBe(true)
  expect(complaints()).toBe('Interrupted: nothing was measured to the end.\n')
  expect(exits).toEqual([])
})

test('a second Ctrl-C ends the process while the clean-up still takes its time', async () => {
  const { world, exits } = newWorld()
  let cleanUp = () => {}
  const ended = runProgram(async () => {
    world.source.emit('SIGINT', 'SIGINT')
    await new Promise<void>((resolve) => (cleanUp = resolve))
  }, world)
  await world.clock.advance(2000)
  world.source.emit('SIGINT', 'SIGINT')
  expect(exits).toEqual([130])
  cleanUp()
  await ended
})

test('an error that nobody asked for is thrown on', async () => {
  const failing = runProgram(() => Promise.reject(new Error('the rows are not right')), newWorld().world)
  await expect(failing).rejects.toThrow('the rows are not right')
})

test('a wrong option answers 2, and asking for help 0', async () => {
  const say = { writeOut: () => {}, writeErr: () => {} }
  const parse = (word: string) => async () => {
    new Command().exitOverride().configureOutput(say).parse([word], { from: 'user' })
  }
  expect(await runProgram(parse('--nonsense'), newWorld().world)).toBe(2)
  expect(await runProgram(parse('--help'), newWorld().world)).toBe(0)
})
