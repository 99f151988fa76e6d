import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PHONE, type Sandbox, START, startSandbox, startService } from '../../../test/support/sandbox-harness.ts'

let phones: Sandbox
beforeEach(async () => {
  phones = await startSandbox()
})
afterEach(async () => {
  await phones.stop()
})

const setUp = (WhatsApp: unknown) => phones.call('PUT', `/handsets/${PHONE}`, { channels: { WhatsApp } })
const receipts = async () => (await phones.call('GET', `/handsets/${PHONE}`)).body.messages[0].receipts
const arrivals = () => phones.service.receipts.map(({ report, arrivedAt }) => [report.status, arrivedAt - START])

describe('callbacks', () => {
  test('are signed, name the attempt, and carry the time by the provider', async () => {
    await phones.send()
    await phones.advance(300)
    expect(phones.service.results.map(({ kind }) => kind)).toEqual(['receipts', 'receipts'])
    expect(phones.service.receipts[1]).toMatchObject({
      attemptRef: 'm1.1',
      report: { status: 'delivered', native: 'delivered', providerAt: START + 300 },
    })
  })

  test('of an SMS call it delivered when the operator has it, and the adapter is not fooled', async () => {
    await phones.send({ channel: 'SMS' })
    await phones.advance(300)
    expect(phones.service.receipts.map(({ report }) => [report.native, report.status])).toEqual([
      ['delivered/delivered_to_operator', 'sent'],
      ['delivered/delivered_to_recipient', 'delivered'],
    ])
  })

  test('reversed: wait for the last planned one and come last first', async () => {
    await setUp({ deliverAfter: 1, readAfter: 2, callbacks: { order: 'reversed' } })
    await phones.send()
    await phones.advance(1_999)
    expect(arrivals()).toEqual([])
    await phones.advance(1)
    expect(arrivals()).toEqual([
      ['read', 2_000],
      ['delivered', 2_000],
      ['sent', 2_000],
    ])
  })

  test('reversed: what a person does later is reversed in itself', async () => {
    await setUp({ deliverAfter: null, callbacks: { order: 'reversed' } })
    await phones.send()
    await phones.phones.idle()
    await phones.call('POST', `/handsets/${PHONE}/messages/m1/1/read`)
    await phones.phones.idle()
    expect(phones.service.statuses()).toEqual(['sent', 'read', 'delivered'])
  })

  test('repeated: each comes as often as asked, as the same event', async () => {
    await setUp({ callbacks: { repeat: 3 } })
    await phones.send()
    await phones.advance(300)
    expect(phones.service.statuses()).toEqual(['sent', 'sent', 'sent', 'delivered', 'delivered', 'delivered'])
    expect(new Set(phones.service.webhookIds).size).toBe(2)
  })

  test('delayed: come later than what they tell of', async () => {
    await setUp({ callbacks: { delay: 5 } })
    await phones.send()
    await phones.advance(10_000)
    expect(arrivals()).toEqual([
      ['sent', 5_000],
      ['delivered', 5_300],
    ])
    expect(phones.service.receipts[1]?.report.providerAt).toBe(START + 300)
  })

  test('dropped: never come, and the handset shows that', async () => {
    await setUp({ callbacks: { drop: true } })
    await phones.send()
    await phones.advance(60_000)
    expect(arrivals()).toEqual([])
    expect(await receipts()).toMatchObject([{ state: 'dropped' }, { status: 'delivered', state: 'dropped', tries: 0 }])
  })

  test('early: are there before the send is answered', async () => {
    await setUp({ deliverAfter: 0, callbacks: { early: true } })
    await phones.send()
    expect(phones.service.statuses()).toEqual(['sent', 'delivered'])
  })

  test('early, with a service that does not acknowledge: the answer comes all the same', async () => {
    await setUp({ callbacks: { early: true } })
    phones.service.answers.push(500)
    expect(await phones.send()).toMatchObject({ kind: 'accepted' })
    expect(arrivals()).toEqual([])
    await phones.advance(1_000)
    expect(phones.service.statuses()).toEqual(['sent', 'delivered'])
  })

  test('early, the send is answered only when the service has answered them; otherwise it waits for none', async () => {
    await setUp({ callbacks: { early: true } })
    const release = phones.service.hold()
    let answered = false
    const sending = phones.send().then(() => {
      answered = true
    })
    await phones.service.called()
    expect(answered).toBe(false)
    release()
    await sending

    await setUp({})
    const releaseAgain = phones.service.hold()
    await phones.send()
    await phones.service.called()
    releaseAgain()
    await phones.phones.idle()
  })

  test('a service that is slow to acknowledge is not idle', async () => {
    const release = phones.service.hold()
    await phones.send()
    let idle = false
    const idling = phones.phones.idle().then(() => {
      idle = true
    })
    await phones.service.called()
    expect(idle).toBe(false)
    release()
    await idling
    expect(phones.service.statuses()).toEqual(['sent'])
  })
})

describe('a service that does not acknowledge', () => {
  test('is called again, and the order of one attempt is kept', async () => {
    phones.service.answers.push(503, 500)
    await phones.send()
    await phones.advance(60_000)
    expect(arrivals()).toEqual([
      ['sent', 700],
      ['delivered', 700],
    ])
    expect(await receipts()).toMatchObject([{ state: 'acknowledged', tries: 3 }, { tries: 1 }])
  })

  test('and is away, gets what it missed when it is back', async () => {
    await phones.send()
    await phones.service.stop()
    await phones.advance(3_000)
    expect(await receipts()).toMatchObject([{ state: 'waiting' }, { status: 'delivered', state: 'waiting' }])
    const { port } = phones.service
    phones.service = await startService(phones.clock, port)
    await phones.advance(60_000)
    expect(phones.service.statuses()).toEqual(['sent', 'delivered'])
  })

  test('is given up on after some minutes, one receipt after the other', async () => {
    await setUp({ deliverAfter: null })
    phones.service.answers.push(...Array(10).fill(500))
    await phones.send()
    await phones.advance(600_000)
    expect(await receipts()).toMatchObject([{ state: 'given-up', tries: 10 }])
    await phones.call('POST', `/handsets/${PHONE}/messages/m1/1/deliver`)
    await phones.phones.idle()
    expect(phones.service.statuses()).toEqual(['delivered'])
  })

  test('holds up no other message', async () => {
    phones.service.answers.push(500)
    await phones.send({ umid: 'm1' })
    await phones.phones.idle()
    await phones.send({ umid: 'm2' })
    await phones.phones.idle()
    expect(phones.service.receipts).toMatchObject([{ attemptRef: 'm2.1' }])
  })
})

test('three hundred messages at once each get all their callbacks, in order', async () => {
  await setUp({ deliverAfter: 1, readAfter: 1 })
  await Promise.all(Array.from({ length: 300 }, (_, n) => phones.send({ umid: `m${n}` })))
  await phones.advance(1_000)
  const byAttempt = Object.groupBy(phones.service.receipts, (receipt) =>
    'attemptRef' in receipt ? receipt.attemptRef : '',
  )
  expect(Object.keys(byAttempt)).toHaveLength(300)
  for (const list of Object.values(byAttempt)) {
    expect(list?.map(({ report }) => report.status)).toEqual(['sent', 'delivered', 'read'])
  }
})

test('a service is not flooded: 32 callbacks at once and no more', async () => {
  const release = phones.service.hold()
  await Promise.all(Array.from({ length: 50 }, (_, n) => phones.send({ umid: `m${n}` })))
  await phones.service.called(32)
  release()
  await phones.phones.idle()
  expect(phones.service.receipts).toHaveLength(50)
  expect(phones.service.mostAtOnce()).toBe(32)
})

test('a stop ends what waits and what is under way', async () => {
  await setUp({ readAfter: 60 })
  await phones.send()
  await phones.phones.idle()
  await phones.phones.stop()
  await phones.advance(3_600_000)
  expect(phones.service.statuses()).toEqual(['sent'])
})

test('a server that closes does not wait for a service that holds an early callback', async () => {
  await setUp({ callbacks: { early: true } })
  const release = phones.service.hold()
  const sending = phones.send()
  await phones.service.called()
  await phones.app.close()
  expect((await sending).kind).toBe('accepted')
  release()
})
