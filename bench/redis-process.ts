import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Holds a Redis in a temporary folder for the process that forked this one, and stops it when that process lets go of it or
 * is gone, however it went. The one argument is its `appendfsync`.
 */
const folder = await mkdtemp(join(tmpdir(), 'untilread-redis-'))
const port = await freePort()
const settings = {
  bind: '127.0.0.1',
  port: String(port),
  dir: folder,
  appendonly: 'yes',
  appendfsync: process.argv[2] ?? 'everysec',
  hz: '100', // how often it looks whose wait is over; with the default of 10 a delayed job is up to 100 ms late
  save: '', // the log is what keeps the data; a snapshot beside it would only cost
}
const server = spawn(
  'redis-server',
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
)
const gone = once(server, 'exit')
const letGo = async () => {
  // Nothing of it is wanted any more, nor of a child of its own that writes the log anew; that one may write a moment longer.
  if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGKILL')
  await gone
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {}) // told by the channel instead
process.once('disconnect', () => void letGo())
const lines = createInterface({ input: server.stdout })
let ready = false
for await (const line of lines) {
  ready = line.includes('Ready to accept connections')
  if (ready) break
}
if (!ready) throw new Error('redis-server ended before it was ready')
server.stdout.resume()
if (process.connected) process.send?.({ url: `redis://127.0.0.1:${port}`, folder })
else await letGo()

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return typeof address === 'object' && address ? address.port : 0
}
