import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Service, startService } from '../support/service.ts'
import { createDatabase } from '../support/stores.ts'

/** The body of the README, to the letter. */
const FIRST_MESSAGE =
  '{"channels":[{"channel":"WhatsApp","fallbackAfter":60,"successStatus":"Read"},{"channel":"Viber","fallbackAfter":60,"successStatus":"Delivered"},{"channel":"SMS"}],"user":{"msisdn":"+65000000"},"type":"text","content":{"text":"Hello World!","sms":{"encoding":"AUTO","source":"SENDERID"}}}'
const MESSAGES = '/api/v1/subaccounts/default/messages'

for (const database of ['SQLite', 'PostgreSQL']) {
  describe(`the built service on ${database}`, () => {
    let service: Service
    let drop = async () => {}
    beforeAll(async () => {
      const environment: Record<string, string> = {}
      if (database === 'PostgreSQL') {
        const created = await createDatabase(inject('postgresUrl'))
        environment.DATABASE_URL = created.url
        drop = created.drop
      }
      service = await startService({ environment: { ...environment, UNTILREAD_LOG_LEVEL: 'trace' } })
    })
    afterAll(async () => {
      expect(await service.stop()).toBe(0)
      await service.cleanUp()
      await drop()
    })

    let people = 0
    /** Somebody new, with phones that behave like this. */
    async function person(channels: object = {}): Promise<string> {
      const address = `+6590000${String(++people).padStart(3, '0')}`
      const { status } = await service.call('PUT', `/sandbox/handsets/${address}`, { channels })
      expect(status).toBe(200)
      return address
    }
    const arrivedOn = async (address: string) => (await service.handset(address)).map(({ channel }) => channel)

    test('the first message goes to WhatsApp, is not read for 60 s, goes to Viber, and is delivered there', async () => {
      const answer = await service.call('POST', MESSAGES, FIRST_MESSAGE)
      expect(answer.status).toBe(200)
      expect(answer.json).toMatchObject({ user: { msisdn: '+65000000' }, status: { state: 'queued' } })
      expect(answer.json.warnings).toEqual([expect.stringContaining('user.msisdn')])
      const umid = String(answer.json.umid)
      await service.advance(59)
      expect(await arrivedOn('+65000000')).toEqual(['WhatsApp'])
      expect((await service.timeline(umid)).next).toMatchObject({ what: 'fall-back', step: 1, channel: 'WhatsApp' })
      await service.advance(120)
      expect(await arrivedOn('+65000000')).toEqual(['WhatsApp', 'Viber'])
      const { outcome, timeline } = await service.timeline(umid)
      expect(outcome).toMatchObject({ state: 'succeeded', step: 2, channel: 'Viber', status: 'delivered' })
      expect(timeline.find(({ code }) => code === 'fell-back')?.text).toContain('not known to be read within 60 s')
      const details = await service.call('GET', `${MESSAGES}/${umid}`)
      expect(details.json.data).toMatchObject([
        { step: 1, channel: 'WhatsApp', status: { state: 'delivered', detail: 'delivered_to_recipient' } },
        { step: 2, channel: 'Viber', status: { state: 'delivered', detail: 'delivered_to_recipient' } },
      ])
    })

    test('it stops the moment it is read', async () => {
      const address = await person()
      const umid = await service.send({ ...JSON.parse(FIRST_MESSAGE), user: { msisdn: address } })
      await service.advance(5)
      await service.call('POST', `/sandbox/handsets/${address}/messages/${umid}/1/read`)
      await service.advance(600)
      expect(await arrivedOn(address)).toEqual(['WhatsApp'])
      expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', step: 1, status: 'read' })
    })

    test('it goes all the way to SMS, whose text comes from the sender id of the message', async () => {
      const address = await person({ Viber: { deliverAfter: null } })
      const umid = await service.send({ ...JSON.parse(FIRST_MESSAGE), user: { msisdn: address } })
      await service.advance(180)
      expect(await service.handset(address)).toMatchObject([
        { umid, step: 1, channel: 'WhatsApp', from: null },
        { umid, step: 2, channel: 'Viber', from: null },
        { umid, step: 3, channel: 'SMS', from: 'SENDERID', text: 'Hello World!', status: 'delivered' },
      ])
      expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', step: 3, channel: 'SMS' })
    })

    test('SMS only if WhatsApp rejects it: Accepted without a timer', async () => {
      const channels = [{ channel: 'WhatsApp', successStatus: 'Accepted' }, { channel: 'SMS' }]
      const message = { channels, type: 'text', content: { text: 'Hello' } }
      const without = await person({ WhatsApp: { reject: 'not on WhatsApp' } })
      const rejected = await service.send({ ...message, user: { msisdn: without } })
      await service.advance(1)
      expect(await arrivedOn(without)).toEqual(['SMS'])
      const { timeline, outcome } = await service.timeline(rejected)
      expect(outcome).toMatchObject({ state: 'succeeded', step: 2, channel: 'SMS' })
      expect(timeline.map(({ code }) => code)).toContain('send-rejected')

      const onWhatsApp = await person()
      const accepted = await service.send({ ...message, user: { msisdn: onWhatsApp } })
      await service.advance(86_400)
      expect(await arrivedOn(onWhatsApp)).toEqual(['WhatsApp'])
      expect((await service.timeline(accepted)).outcome).toMatchObject({ state: 'succeeded', step: 1 })
    })

    test('Delivered is enough where Delivered was asked for', async () => {
      const channels = [{ channel: 'WhatsApp', fallbackAfter: 30, successStatus: 'Delivered' }, { channel: 'SMS' }]
      const address = await person()
      const umid = await service.send({ channels, user: { msisdn: address }, type: 'text', content: { text: 'Hi' } })
      await service.advance(60)
      expect(await arrivedOn(address)).toEqual(['WhatsApp'])
      expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', status: 'delivered' })
    })

    test('a message that is reported failed falls back at once, not when its time is over', async () => {
      const channels = [{ channel: 'WhatsApp', fallbackAfter: 3600, successStatus: 'Read' }, { channel: 'SMS' }]
      const address = await person({ WhatsApp: { fail: 'handset is gone', failAfter: 1 } })
      await service.send({ channels, user: { msisdn: address }, type: 'text', content: { text: 'Hi' } })
      await service.advance(2)
      expect(await arrivedOn(address)).toEqual(['WhatsApp', 'SMS'])
    })

    test('a single channel needs nothing but its name, in any spelling', async () => {
      const address = await person()
      const body = { channels: [{ channel: 'sms' }], user: { msisdn: address }, type: 'Text', content: { text: 'Hi' } }
      const umid = await service.send(body)
      await service.advance(1)
      expect(await arrivedOn(address)).toEqual(['SMS'])
      expect((await service.timeline(umid)).state).toBe('succeeded')
    })

    test('without channels the subaccount’s own sequence is used, and fallbackText feeds its SMS', async () => {
      const address = await person({ Viber: { reject: 'no such user' } })
      const body = {
        user: { msisdn: address },
        type: 'text',
        content: { text: 'The long story', fallbackText: 'In short' },
      }
      const refused = await service.call('POST', MESSAGES, body)
      expect(refused.status).toBe(400)
      const channels = [{ channel: 'Viber', fallbackAfter: 60, successStatus: 'Delivered' }, { channel: 'SMS' }]
      expect((await service.call('PUT', '/api/v1/subaccounts/default/sequence', { channels })).status).toBe(200)
      await service.send(body)
      await service.advance(1)
      expect(await service.handset(address)).toMatchObject([{ step: 2, channel: 'SMS', text: 'In short' }])
    })

    test('phones that report twice, backwards and before their answer change nothing', async () => {
      const callbacks = { order: 'reversed', repeat: 3, early: true }
      const address = await person({ WhatsApp: { readAfter: 1, callbacks } })
      const umid = await service.send({ ...JSON.parse(FIRST_MESSAGE), user: { msisdn: address } })
      await service.advance(600)
      expect(await arrivedOn(address)).toEqual(['WhatsApp'])
      expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'succeeded', step: 1, status: 'read' })
    })

    test('a cancelled message goes nowhere, and a late cancel says which step was too late', async () => {
      const address = await person()
      const message = { ...JSON.parse(FIRST_MESSAGE), user: { msisdn: address } }
      const now = Date.parse(String((await service.call('GET', '/api/v1/unknown')).json.timestamp))
      const scheduled = await service.send({ ...message, scheduled: new Date(now + 300_000).toISOString() })
      const inTime = await service.call('DELETE', `${MESSAGES}/${scheduled}`)
      expect(inTime.json).toEqual({ cancelledCount: 1, result: 'cancelled' })
      const sent = await service.send(message)
      await service.advance(1)
      const late = await service.call('DELETE', `${MESSAGES}/${sent}`)
      expect(late.json).toMatchObject({ result: 'too-late', step: 1 })
      await service.advance(600)
      expect(await service.handset(address)).toMatchObject([{ umid: sent, step: 1 }])
    })

    test('a message that does not reach in time expires, and nothing follows', async () => {
      const address = await person()
      const { json } = await service.call('GET', `${MESSAGES}/00000000-0000-7000-8000-000000000000/timeline`)
      expect(json.code).toBe(1300)
      const now = Date.parse(String(json.timestamp))
      const expiry = new Date(now + 30_000).toISOString()
      const umid = await service.send({ ...JSON.parse(FIRST_MESSAGE), user: { msisdn: address }, expiry })
      await service.advance(600)
      expect(await arrivedOn(address)).toEqual(['WhatsApp'])
      expect((await service.timeline(umid)).state).toBe('expired')
    })

    test('the log holds no text, no address and no key', async () => {
      await service.call('POST', MESSAGES, FIRST_MESSAGE, { authorization: 'Bearer wrong' })
      const log = service
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
      expect(log.length).toBeGreaterThan(0) // at its most talkative, it talked
      for (const secret of ['Hello World', '65000000', '6590000', service.apiKey]) {
        expect(log.filter((line) => line.includes(secret))).toEqual([])
      }
    })
  })
}

test('a restart goes on where the last run stopped', async () => {
  const first = await startService()
  const address = '+6591234567'
  const umid = await first.send({ ...JSON.parse(FIRST_MESSAGE), user: { msisdn: address } })
  await first.advance(1)
  expect(await first.stop()).toBe(0)
  const second = await startService({ dataDir: first.dataDir })
  try {
    expect((await second.timeline(umid)).state).toBe('live')
    await second.advance(180) // its clock began anew, behind the one that was moved
    expect((await second.handset(address)).map(({ channel }) => channel)).toEqual(['Viber'])
    expect((await second.timeline(umid)).state).toBe('succeeded')
  } finally {
    await second.cleanUp()
  }
})
