import { expect } from 'vitest'
import type { SendOutcome } from '../../src/domain/message.ts'
import type { SuccessStatus } from '../../src/domain/status-ladder.ts'
import type { CallbackResult, Connection, Outgoing } from '../../src/engine/ports/channel.ts'
import { openStore } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { type House, openHouse } from '../support/house.ts'
import { newMessage } from '../support/messages.ts'
import { type CallbackKind, type ChannelHarness, outgoingOf, type Sent } from './channel-harness.ts'

/** A channel in a running engine, with a message under way through it. */
type Journey = {
  house: House
  umid: string
  /** What was sent, and under which id the provider took it; resolves when the provider has answered. */
  sent: Promise<Sent>
  /** Hands the provider's answer to the engine, which gets it only now. */
  answer(): Promise<void>
  /** A callback comes in. */
  callBack(kind: CallbackKind, about?: Sent): Promise<CallbackResult | undefined>
  status(): Promise<string | undefined>
  stop(): Promise<void>
}

/** The engine's side of what providers do: receipts early, twice, reversed, forged or for nobody, and lost answers. */
export const IN_ENGINE = {
  'a receipt that overtakes the answer to its send is not lost': async (harness) => {
    const { callBack, answer, status, stop, sent } = await begin(harness)
    await sent
    await callBack('delivered')
    await answer()
    expect(await status()).toBe(bestOf(harness))
    await stop()
  },
  'a receipt that comes twice moves its attempt once': async (harness) => {
    const { callBack, answer, status, house, umid, stop } = await begin(harness)
    await answer()
    await callBack('delivered')
    const { length } = await house.codesOf(umid)
    await callBack('delivered')
    expect(await status()).toBe(bestOf(harness))
    expect(await house.codesOf(umid)).toHaveLength(length)
    await stop()
  },
  'a failure that comes after the arrival moves nothing': async (harness) => {
    const { callBack, answer, status, stop } = await begin(harness)
    await answer()
    await callBack('delivered')
    await callBack('failed')
    expect(await status()).toBe(bestOf(harness))
    await stop()
  },
  'a receipt for a message that we never sent changes nothing, and takes nothing from the others': async (harness) => {
    const { callBack, answer, status, sent, stop } = await begin(harness)
    await answer()
    const { outgoing, providerRef } = await sent
    const umid = newId()
    const stranger = { ...outgoing, umid, attemptRef: `${umid}.1`, idempotencyKey: `${umid}.1.1` }
    await callBack('delivered', { outgoing: stranger, providerRef: providerRef && strangerTo(providerRef) })
    expect(await status()).toBe('accepted')
    await callBack('delivered')
    expect(await status()).toBe(bestOf(harness))
    await stop()
  },
} satisfies Record<string, (harness: ChannelHarness) => Promise<void>>

/** Sends that go wrong, whether or not anything is heard afterwards. */
export const SENT_BY_ENGINE = {
  'a send whose answer was lost makes no second message': async (harness) => {
    await harness.behave('cut-after-taking')
    const { house, answer, stop } = await begin(harness)
    await answer()
    await harness.behave('accept')
    await house.advance(3_600_000)
    expect(await harness.taken()).toBe(1)
    await stop()
  },
  'a send that was turned away goes out once when the provider is back': async (harness) => {
    await harness.behave('busy')
    const { house, answer, status, stop } = await begin(harness)
    await answer()
    expect(await harness.taken()).toBe(0)
    await harness.behave('accept')
    await house.advance(3_600_000)
    expect(await status()).toBe('accepted')
    expect(await harness.taken()).toBe(1)
    await stop()
  },
} satisfies Record<string, (harness: ChannelHarness) => Promise<void>>

/** What the engine believes of a forged callback: nothing. */
export const FORGED_IN_ENGINE = {
  'a receipt that is not the provider’s moves nothing': async (harness: ChannelHarness) => {
    const { callBack, answer, status, stop } = await begin(harness)
    await answer()
    expect((await callBack('forged'))?.kind).toBe('refused')
    expect(await status()).toBe('accepted')
    await stop()
  },
}

const ID = 'connection'

async function begin(harness: ChannelHarness): Promise<Journey> {
  const store = openStore(':memory:', { newId })
  await store.migrate()
  const place = { open: async () => store, execute: async () => {}, cleanUp: async () => {} }
  const answered = Promise.withResolvers<Sent>()
  const gate = Promise.withResolvers<void>()
  const usual = outgoingOf(harness)
  const send = async (outgoing: Outgoing, signal: AbortSignal): Promise<SendOutcome> => {
    const outcome = await harness.channel.send(outgoing, signal)
    const providerRef = outcome.kind === 'accepted' ? outcome.providerRef : undefined
    answered.resolve({ outgoing, providerRef })
    await gate.promise
    return outcome
  }
  const { receive } = harness.channel
  const connection: Connection = {
    id: ID,
    provider: ID,
    serves: [usual.channel],
    abilities: () => harness.abilities,
    channel: { send, ...(receive && { receive }) },
    limits: { concurrency: 4 },
  }
  const house = await openHouse(place, [connection])
  const successStatus = bestOf(harness)
  const { type, content } = usual.content
  const umid = await house.send(
    newMessage({
      sequence: [{ channel: usual.channel, successStatus, onUncertain: 'wait' }],
      user: usual.user,
      type,
      content,
    }),
  )
  const callBack: Journey['callBack'] = async (kind, about) => {
    const sent = about ?? (await answered.promise)
    const told = await harness.tell?.(kind, sent)
    if (told?.kind === 'receipts') await house.engine.take(ID, told)
    const request = told === undefined ? await harness.callback?.(kind, sent) : undefined
    return request === undefined ? told : house.engine.receive(ID, request)
  }
  return {
    house,
    umid,
    sent: answered.promise,
    async answer() {
      await answered.promise
      gate.resolve()
      await house.engine.idle()
    },
    callBack,
    status: async () => {
      await house.stateOf(umid)
      return (await store.messages.find(umid))?.message.attempts[0]?.reached
    },
    async stop() {
      gate.resolve()
      await house.stop()
      await store.close()
    },
  }
}

function bestOf({ abilities: { reports } }: ChannelHarness): SuccessStatus {
  return reports.includes('delivered') ? 'delivered' : (reports.at(-1) ?? 'accepted')
}

/** Another id of the same form. */
function strangerTo(ref: string): string {
  return ref.replace(/[0-9a-f](?=[^0-9a-f]*$)/i, (last) => (last === '0' ? '1' : '0'))
}
