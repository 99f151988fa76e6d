import { webhook } from '../../src/channels/webhook.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { type Behaviour, freePort, startHttpProvider } from '../fakes/http-provider.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const SECRET = `whsec_${Buffer.from('the secret of this connection').toString('base64')}`
const OTHER_SECRET = `whsec_${Buffer.from('the secret of somebody else..').toString('base64')}`
const NOW = Date.parse('2026-03-01T12:00:00Z')

const BEHAVIOURS: Record<ProviderBehaviour, Behaviour> = {
  accept: { do: 'accept' },
  refuse: {
    do: 'answer',
    status: 200,
    body: '{"status":"rejected","reason":"recipient","detail":"no such person","code":"404"}',
  },
  busy: { do: 'answer', status: 429 },
  'busy-for-7s': { do: 'answer', status: 429, headers: { 'retry-after': '7' } },
  fails: { do: 'answer', status: 500, body: 'oops' },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut', when: 'before-answer' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', status: 200, body: '<html>It works!</html>' },
}

function bodyOf(kind: CallbackKind, { outgoing, providerRef }: Sent): string {
  const { attemptRef } = outgoing
  switch (kind) {
    case 'delivered':
    case 'forged':
      return JSON.stringify({ attemptRef, status: 'delivered', timestamp: '2026-03-01T11:59:58Z' })
    case 'failed':
      return JSON.stringify({ id: providerRef, status: 'undelivered', errorCode: 7, errorMessage: 'handset is gone' })
    case 'unreadable':
      return 'status=delivered'
    case 'unknown-status':
      return JSON.stringify({ attemptRef, status: 'levitated' })
    case 'one-bad-item':
      return JSON.stringify([{ attemptRef, status: 'delivered' }, { status: 7 }, { attemptRef, status: 'read' }])
  }
}

async function openHarness(): Promise<ChannelHarness> {
  const clock = new MovableClock(NOW)
  const provider = await startHttpProvider({ secret: SECRET, now: () => clock.now() })
  const world = channelWorld({ connectionId: 'own', callbackUrl: 'http://127.0.0.1:1/callbacks/own', clock })
  const config = { url: provider.url, secret: SECRET }
  const channel = webhook.create(config, world)
  const unreachable = webhook.create({ ...config, url: `http://127.0.0.1:${await freePort()}/` }, world)
  return {
    channel,
    abilities: webhook.abilities('SMS', config),
    unreachable,
    behave: (behaviour) => provider.behave(BEHAVIOURS[behaviour]),
    arrived: provider.arrived,
    release: provider.release,
    taken: () => provider.taken.size,
    secrets: [SECRET, SECRET.slice('whsec_'.length)],
    callback: (kind, sent): RawRequest => {
      const { body, headers } = provider.signed(bodyOf(kind, sent), kind === 'forged' ? OTHER_SECRET : SECRET)
      return { method: 'POST', url: '/callbacks/own', headers, body: Buffer.from(body) }
    },
    close: async () => {
      provider.release()
      await channel.close?.()
      await unreachable.close?.()
      await provider.close()
    },
  }
}

describeChannel('webhook', openHarness)
