import { eightByEight } from '../../src/channels/8x8/8x8.ts'
import type { Outgoing, RawRequest } from '../../src/engine/ports/channel.ts'
import {
  APPS_SUBACCOUNT,
  EIGHT_AUTHORIZATION,
  EIGHT_KEY,
  eightError,
  eightReceipt,
  SMS_SUBACCOUNT,
  startEight,
} from '../fakes/8x8.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const PERSON = '+6591234567'
const WORDS = { refuse: eightError(400, 1002), busy: eightError(429, 429), fails: eightError(500, 2000) }

const openHarness = (channelName: string, more: Partial<Outgoing>) => async (): Promise<ChannelHarness> => {
  const isSms = channelName === 'SMS'
  const fake = await startEight()
  const world = channelWorld()
  const config = {
    subAccountId: isSms ? SMS_SUBACCOUNT : APPS_SUBACCOUNT,
    apiKey: EIGHT_KEY,
    webhookAuthorization: EIGHT_AUTHORIZATION,
    baseUrl: fake.url,
    smsBaseUrl: fake.url,
  }
  const side = await fakeSide(fake, eightByEight, {
    config,
    world,
    words: WORDS,
    nowhere: (url) => ({ baseUrl: url, smsBaseUrl: url }),
    strange: { apiKey: 'another-key' },
  })
  const abilities = eightByEight.abilities(channelName, config)
  const best = abilities.reports.includes('delivered')
    ? { state: 'delivered', detail: 'delivered_to_recipient' }
    : { state: 'sent', detail: 'delivered_to_operator' }

  const callback = (kind: CallbackKind, { outgoing, providerRef = '' }: Sent): RawRequest => {
    // A failure is found by 8x8's id alone.
    const echo = kind === 'failed' ? {} : { clientMessageId: outgoing.attemptRef }
    const where = isSms ? { destination: PERSON } : { channel: channelName.toLowerCase(), user: { msisdn: PERSON } }
    const told = (status: { state: string; detail?: string; errorCode?: number }) =>
      eightReceipt(isSms ? 'SMS' : 'ChatApps', { umid: providerRef, ...echo, ...where }, status)
    const failed = { state: 'undelivered', detail: 'rejected_by_operator', errorCode: 46 }
    const body =
      kind === 'failed'
        ? told(failed)
        : kind === 'unknown-status'
          ? told({ state: 'levitated' })
          : kind === 'unreadable'
            ? { namespace: 'ChatApps' }
            : told(best)
    const authorization = kind === 'forged' ? 'Bearer a guess' : EIGHT_AUTHORIZATION
    return {
      method: 'POST',
      url: '/callbacks/8x8',
      headers: { authorization },
      body: Buffer.from(JSON.stringify(body)),
    }
  }

  return {
    ...side,
    abilities,
    outgoing: { channel: channelName, address: PERSON, user: { msisdn: PERSON }, ...more },
    secrets: [EIGHT_KEY, EIGHT_AUTHORIZATION, PERSON],
    callback,
  }
}

const ONE_AT_A_TIME = { skip: { 'one bad item loses none of the others': '8x8 reports one message in a callback' } }
const line = `U${'0a'.repeat(16)}`

describeChannel('8x8 SMS', openHarness('SMS', {}), ONE_AT_A_TIME)
describeChannel('8x8 Viber', openHarness('Viber', {}), ONE_AT_A_TIME)
describeChannel('8x8 Line', openHarness('Line', { address: line, user: { lineUserId: line } }), ONE_AT_A_TIME)
describeChannel('8x8 LineNotification', openHarness('LineNotification', {}), ONE_AT_A_TIME)
