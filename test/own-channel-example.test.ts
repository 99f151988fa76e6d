import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { webhook } from '../src/channels/webhook.ts'
import type { CallbackResult, Channel } from '../src/engine/ports/channel.ts'
import { systemClock } from '../src/system/clock.ts'
import { outgoingOf } from './contract/channel-harness.ts'
import { channelWorld } from './support/channel-world.ts'

const SECRET = `whsec_${Buffer.from('a secret for the example, 32 bytes').toString('base64')}`
const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** The example as its readers start it, and its lines as they come. */
async function startExample(): Promise<{ url: string; nextLine: () => Promise<string> }> {
  const example: ChildProcess = spawn(process.execPath, ['examples/own-channel/server.ts'], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, CHANNEL_SECRET: SECRET, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closers.push(async () => {
    const ended = once(example, 'exit')
    if (example.exitCode === null && example.kill()) await ended
  })
  if (example.stdout === null) throw new Error('the example has no output')
  const lines = createInterface(example.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => String((await lines.next()).value)
  const port = /port: (\d+)/.exec(await nextLine())?.[1]
  return { url: `http://127.0.0.1:${port}/`, nextLine }
}

/** Our side of the callbacks: what comes in is read by the channel, as the service does it. */
async function startCallbacks(
  read: () => Channel,
): Promise<{ callbackUrl: string; next: () => Promise<CallbackResult> }> {
  const results: CallbackResult[] = []
  let arrival = Promise.withResolvers<void>()
  const server: Server = createServer(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const raw = { method: 'POST', url: request.url ?? '', headers, body: await buffer(request) }
    const result = await read().receive?.(raw)
    response.writeHead(result?.kind === 'receipts' ? 204 : 400).end()
    if (result !== undefined) results.push(result)
    arrival.resolve()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const next = async (): Promise<CallbackResult> => {
    const result = results.shift()
    if (result !== undefined) return result
    await arrival.promise
    arrival = Promise.withResolvers()
    return next()
  }
  return { callbackUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks/own`, next }
}

async function connect(url: string, secret: string) {
  const callbacks = await startCallbacks(() => channel)
  const world = channelWorld({ connectionId: 'own', callbackUrl: callbacks.callbackUrl, clock: systemClock })
  const channel = webhook.create({ url, secret }, world)
  closers.push(() => channel.close?.())
  const send = (over = {}) => channel.send(outgoingOf({}, over), new AbortController().signal)
  return { send, next: callbacks.next }
}

it('the example of an own channel takes a message once, and reports that it arrived', async () => {
  const example = await startExample()
  const { send, next } = await connect(example.url, SECRET)
  const { attemptRef } = outgoingOf({})
  expect(await send()).toEqual({ kind: 'accepted', providerRef: `own-${attemptRef}` })
  expect(await next()).toMatchObject({ receipts: [{ attemptRef, report: { status: 'delivered' } }], ignored: 0 })
  expect(await example.nextLine()).toBe(`SMS ${attemptRef}: 20 characters`)
  // The repeat says nothing, so the next line is that of the next message.
  expect(await send()).toEqual({ kind: 'accepted', providerRef: `own-${attemptRef}` })
  expect((await send({ attemptRef: 'second.1', idempotencyKey: 'second.1.1' })).kind).toBe('accepted')
  expect(await example.nextLine()).toBe('SMS second.1: 20 characters')
})

it('the example refuses what it cannot carry, and who does not know its secret', async () => {
  const example = await startExample()
  const known = await connect(example.url, SECRET)
  const content = { type: 'image', content: { url: 'https://pictures.example/1.png' } }
  expect(await known.send({ content })).toMatchObject({
    kind: 'rejected',
    reason: 'content',
    detail: 'only text, please',
  })
  const stranger = await connect(example.url, SECRET.replace('whsec_Y', 'whsec_Z'))
  expect(await stranger.send()).toMatchObject({ kind: 'rejected', reason: 'credentials', code: '401' })
})
