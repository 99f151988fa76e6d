import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Reply } from '../../src/engine/ports/reply-store.ts'
import type { Store } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { PLACES, type Place } from '../support/stores.ts'

const AT = 1_772_366_400_000
const replyOf = (providerId: string, more: Partial<Reply> = {}): Reply => {
  return { id: newId(), connection: 'sms', channel: 'SMS', address: '+6591234567', providerId, at: AT, ...more }
}

describe.each(Object.entries(PLACES))('replies on %s', (_name, makePlace) => {
  let place: Place
  let store: Store
  beforeEach(async () => {
    place = await makePlace(inject('postgresUrl'))
    store = await place.open()
    for (const subAccountId of ['shop', 'bank']) {
      const url = `https://${subAccountId}.example/in`
      await store.accounts.putWebhook({ subAccountId, type: 'MSG', url, enabled: true })
    }
    await store.accounts.putWebhook({ subAccountId: 'news', type: 'CADR', url: 'https://news.example', enabled: true })
  })
  afterEach(() => place.cleanUp())

  const everybody = () => true
  const claim = async () => {
    const claimed = await store.messages.claimDeliveries(AT, 10, AT + 30_000, [])
    return claimed.map(({ delivery }) => delivery)
  }

  test('go to each subaccount that they concern and that wants them, with what was written', async () => {
    const reply = replyOf('SM1', { text: "On my way '; drop table replies; --" })
    expect(await store.replies.keepReplies([reply], AT, (id) => id !== 'bank')).toBe(1)
    expect(await claim()).toMatchObject([
      { kind: 'reply', subAccountId: 'shop', reply, endpoint: { url: 'https://shop.example/in' } },
    ])
    expect(await store.replies.keepReplies([replyOf('SM2')], AT, everybody)).toBe(2)
  })

  test('that are told twice are one', async () => {
    expect(await store.replies.keepReplies([replyOf('SM1'), replyOf('SM1')], AT, everybody)).toBe(2)
    expect(await store.replies.keepReplies([replyOf('SM1')], AT, everybody)).toBe(0)
    expect(await store.replies.keepReplies([replyOf('SM1', { connection: 'other' })], AT, everybody)).toBe(2)
  })

  test('that concern nobody go to the webhook for all, and else nowhere', async () => {
    const nobody = () => false
    expect(await store.replies.keepReplies([replyOf('SM1')], AT, nobody)).toBe(0)
    await store.accounts.putWebhook({ subAccountId: '*', url: 'https://all.example', enabled: true })
    expect(await store.replies.keepReplies([replyOf('SM2')], AT, nobody)).toBe(1)
    expect(await claim()).toMatchObject([{ subAccountId: '*', endpoint: { url: 'https://all.example' } }])
  })

  test('are dropped when they are old, but not while they are on their way', async () => {
    await store.replies.keepReplies([replyOf('SM1')], AT, (id) => id === 'shop')
    await store.replies.keepReplies([replyOf('SM2')], AT, () => false)
    expect(await store.replies.sweepReplies(AT)).toBe(0)
    expect(await store.replies.sweepReplies(AT + 1)).toBe(1)
    const [delivery] = await claim()
    await store.messages.settleDeliveries([{ id: delivery?.id ?? '', kind: 'delivered' }])
    expect(await store.replies.sweepReplies(AT + 1)).toBe(1)
  })
})
