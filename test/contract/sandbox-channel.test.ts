import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sandbox } from '../../src/channels/sandbox/sandbox.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { sign } from '../../src/signing/standard-webhooks.ts'
import { freePort } from '../fakes/http-provider.ts'
import { adapter, SANDBOX_SECRET, startSandbox } from '../support/sandbox-harness.ts'
import { describeChannel } from './channel-contract.ts'
import {
  type CallbackKind,
  type ChannelHarness,
  outgoingOf,
  type ProviderBehaviour,
  type Sent,
} from './channel-harness.ts'

const OTHER_SECRET = `whsec_${Buffer.from('the secret of other phones...').toString('base64')}`

/** What the real phones are told to do; the two others no phone does, so something else stands in front of them. */
const SETTINGS: Partial<Record<ProviderBehaviour, unknown>> = {
  accept: {},
  refuse: { reject: 'switched off for good' },
  busy: { answer: 'busy' },
  'cut-after-taking': { answer: 'cut' },
}

function bodyOf(kind: CallbackKind, { outgoing: { attemptRef }, providerRef: id }: Sent): string {
  switch (kind) {
    case 'delivered':
    case 'forged':
      return JSON.stringify({ attemptRef, id, status: 'delivered', timestamp: '2026-03-01T11:59:58Z' })
    case 'failed':
      return JSON.stringify({ id, status: 'failed', errorCode: '470', errorMessage: 'the phone is lost' })
    case 'unreadable':
      return '"delivered"'
    case 'unknown-status':
      return JSON.stringify({ attemptRef, id, status: 'evaporated' })
    case 'one-bad-item':
      return JSON.stringify([{ attemptRef, status: 'delivered' }, { status: 'read' }, { id, status: 'read' }])
  }
}

async function openHarness(): Promise<ChannelHarness> {
  const phones = await startSandbox()
  const front = await startFront(phones.url)
  const { callbackUrl } = phones.service
  const channel = adapter(front.url, callbackUrl, phones.clock)
  const unreachable = adapter(`http://127.0.0.1:${await freePort()}`, callbackUrl, phones.clock)
  return {
    channel,
    unreachable,
    abilities: sandbox.abilities('SMS', { url: front.url, secret: SANDBOX_SECRET }),
    behave: async (behaviour) => {
      front.behave(behaviour)
      const channels = { SMS: SETTINGS[behaviour] ?? {} }
      await phones.call('PUT', `/handsets/${outgoingOf({}).address}`, { channels })
    },
    arrived: front.arrived,
    release: front.release,
    taken: async () => (await phones.call('GET', '/handsets')).body.totals.messages,
    secrets: [SANDBOX_SECRET, SANDBOX_SECRET.slice('whsec_'.length)],
    callback: (kind, sent): RawRequest => {
      const body = bodyOf(kind, sent)
      const secret = kind === 'forged' ? OTHER_SECRET : SANDBOX_SECRET
      const headers = sign(secret, 'callback-1', phones.clock.now() / 1000, body)
      return { method: 'POST', url: '/callbacks/phones', headers, body: Buffer.from(body) }
    },
    close: async () => {
      await front.stop()
      await channel.close?.()
      await unreachable.close?.()
      await phones.stop()
    },
  }
}

/** Hands every send on to the phones, and keeps or spoils the answer when it is told to. */
async function startFront(phonesUrl: string) {
  let behaviour: ProviderBehaviour = 'accept'
  let arrival = Promise.withResolvers<void>()
  const held: (() => void)[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (behaviour === 'cut-before-taking') return void request.socket.destroy()
    if (behaviour === 'fails') return void response.writeHead(500).end('oops')
    if (behaviour === 'busy-for-7s') return void response.writeHead(429, { 'retry-after': '7' }).end()
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-'))
    try {
      const answer = await fetch(phonesUrl + request.url, {
        method: 'POST',
        headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
        body: Buffer.concat(chunks),
      })
      const text = await answer.text()
      arrival.resolve()
      const give = () => void response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text)
      if (behaviour === 'silent') held.push(give)
      else if (behaviour === 'garbage') response.writeHead(200).end('<html>It works!')
      else give()
    } catch {
      response.destroy() // the phones have cut the connection: so does who stands in front of them
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(next: ProviderBehaviour) {
      behaviour = next
      arrival = Promise.withResolvers<void>()
    },
    arrived: () => arrival.promise,
    release: () => {
      for (const give of held.splice(0)) give()
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

describeChannel('sandbox', openHarness)
