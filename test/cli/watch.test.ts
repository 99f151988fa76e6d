import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Terminal } from '../../src/cli/terminal.ts'
import { watchMessage } from '../../src/cli/watch.ts'
import { UntilreadClient } from '../../src/client/client.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { entry, event, FakeService, sendJson, startEvents, succeeded, timeline } from './fake-service.ts'

/** A terminal that keeps what is written to it and tells when a text has come. */
class Screen extends Writable {
  readonly isTTY = true
  readonly columns = 100
  text = ''
  #look = () => {}

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    this.#look()
    done()
  }

  has(wanted: string): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.text.includes(wanted)) resolve()
      }
      this.#look()
    })
  }
}

let service: FakeService
beforeEach(async () => {
  service = await FakeService.start()
})
afterEach(() => service.stop())

test('on a terminal the last line counts down on the service’s clock, is painted over, and is gone at the end', async () => {
  const screen = new Screen()
  const clock = new MovableClock(0)
  const client = new UntilreadClient({ url: service.url, apiKey: 'k', clock })
  let goOn = () => {}
  let reads = 0
  service.on('GET', '/messages/u1/timeline', (_, response) => {
    reads += 1
    sendJson(response, 200, reads === 1 ? timeline : { ...timeline, now: '2026-05-05T09:00:55.000Z' })
  })
  service.on('GET', '/messages/u1/events', (_, response) => {
    startEvents(response)
    goOn = () => {
      response.write(
        event('timeline', { umid: 'u1', version: 1, state: 'live', entries: [entry(1, 'receipt', 'One.', 1)] }, 1),
      )
    }
    response.on('end', () => undefined)
    finish = () => response.write(event('ended', { umid: 'u1', outcome: succeeded }))
  })
  let finish = () => true
  const { signal } = new AbortController()
  const watched = watchMessage('u1', { client, terminal: new Terminal(screen, screen), clock, signal })

  await screen.has('in 50 s: Unless read, SMS is next.')
  await clock.advance(1_000)
  await screen.has('in 49 s: Unless read, SMS is next.')
  goOn() // something happened: what comes next is read anew
  await screen.has('in 5 s: Unless read, SMS is next.')
  finish()
  expect(await watched).toBe(0)
  expect(screen.text).toContain('\r\u001b[K')
  const shown = screen.text.split('\n').map((line) => line.slice(line.lastIndexOf('\u001b[K') + 1))
  expect(shown.filter((line) => line.includes('SMS is next'))).toEqual([])
})

test('a live line that is longer than the terminal is cut, since a wrapped one could not be painted over', () => {
  const screen = new Screen()
  const terminal = new Terminal(screen, screen)
  terminal.live = 'x'.repeat(200)
  expect(screen.text).toBe(`\r\u001b[K${'x'.repeat(98)}…`)
  terminal.print('line')
  expect(screen.text.endsWith(`\r\u001b[Kline\n${'x'.repeat(98)}…`)).toBe(true)
})
