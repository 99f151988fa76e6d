/**
 * The sandbox's handsets in a process of their own, on the machine's clock, for tests in which the service dies and the
 * handsets live on: `node test/support/phones-process.ts <port, 0 for any> <secret>`. Writes its address as one line of
 * JSON, `{"url":"http://127.0.0.1:…/sandbox"}`, and ends on SIGTERM or when its standard input is closed.
 */
import Fastify from 'fastify'
import { sandboxServer } from '../../src/channels/sandbox/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { newId } from '../../src/system/ids.ts'

const [port, secret] = process.argv.slice(2)
if (port === undefined || secret === undefined) throw new Error('usage: phones-process.ts <port> <secret>')

const phones = sandboxServer({ clock: systemClock, secret, newId })
const app = Fastify()
await app.register(phones.plugin, { prefix: '/sandbox' })
const address = await app.listen({ port: Number(port), host: '127.0.0.1' })
console.log(JSON.stringify({ url: `${address}/sandbox` }))

const stop = async () => {
  await app.close()
  process.exit()
}
process.once('SIGTERM', stop)
process.stdin.once('end', stop).resume() // also when whoever started it dies
