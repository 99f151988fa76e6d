import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { smtp } from '../../src/channels/smtp/smtp.ts'
import type { Sequence } from '../../src/domain/sequence.ts'
import type { Connection } from '../../src/engine/ports/channel.ts'
import { type SmtpFake, startSmtpServer } from '../fakes/smtp-server.ts'
import { channelWorld } from '../support/channel-world.ts'
import { type House, openHouse } from '../support/house.ts'
import { newMessage, T0 } from '../support/messages.ts'
import { scriptedConnection } from '../support/scripted-channel.ts'
import { startService } from '../support/service.ts'
import { PLACES, type Place } from '../support/stores.ts'

const CHAT_THEN_MAIL: Sequence = [
  { channel: 'WhatsApp', successStatus: 'read', fallbackAfterMs: 60_000, onUncertain: 'wait' },
  { channel: 'Email', successStatus: 'accepted', onUncertain: 'wait' },
]
const MEI = { msisdn: '+6590000001', email: 'mei@example.test' }

describe('an e-mail follows a chat message that is not read, through a real SMTP server', () => {
  let mailServer: SmtpFake
  let place: Place
  let house: House
  let umid: string

  beforeEach(async () => {
    mailServer = await startSmtpServer()
    place = await PLACES['sqlite file'](inject('postgresUrl'))
    const settings = {
      host: '127.0.0.1',
      port: mailServer.port,
      tls: 'none' as const,
      from: 'Shop <shop@example.test>',
    }
    const mail: Connection = {
      id: 'mail',
      provider: 'smtp',
      serves: ['Email'],
      limits: { concurrency: 5 },
      abilities: (channel) => smtp.abilities(channel, settings),
      channel: smtp.create(
        settings,
        channelWorld({
          connectionId: 'mail',
          callbackUrl: '',
          clock: { now: () => T0, sleepUntil: async () => {} },
        }),
      ),
    }
    house = await openHouse(place, [scriptedConnection({ serves: ['WhatsApp'] }), mail])
    const content = { text: 'Your parcel is here', email: { subject: 'Parcel' } }
    umid = await house.send(newMessage({ sequence: CHAT_THEN_MAIL, user: MEI, content }))
    await house.advance(0)
  })
  afterEach(async () => {
    await house.stop()
    await place.cleanUp()
    await mailServer.close()
  })

  test('once, when it was not read in time', async () => {
    await house.advance(60_000)
    await house.advance(3_600_000)
    expect(mailServer.mails).toHaveLength(1)
    expect(mailServer.mails[0]).toMatchObject({ to: [MEI.email], mail: { subject: 'Parcel' } })
    expect(await house.stateOf(umid)).toBe('succeeded')
  })

  test('never, when it was read one millisecond before', async () => {
    await house.advance(59_999)
    await house.receipt(umid, 1, 'read')
    await house.advance(3_600_000)
    expect(mailServer.mails).toEqual([])
    expect((await house.store.messages.find(umid))?.message.progress).toMatchObject({ state: 'succeeded', step: 0 })
  })

  test('once, when the connection is cut after the mail was taken: the repeat is the same mail', async () => {
    mailServer.behave({ do: 'cut', when: 'after-data' })
    await house.advance(60_000)
    mailServer.behave({ do: 'accept' })
    await house.advance(60_000)
    expect(mailServer.mails.length).toBeGreaterThan(1)
    expect(mailServer.messageIds()).toHaveLength(1)
    expect(await house.stateOf(umid)).toBe('succeeded')
  })
})

test('the built service sends real e-mail after a simulated chat, as configured in one file', async () => {
  const mailServer = await startSmtpServer({ login: { user: 'shop', password: 'correct horse' } })
  const service = await startService({
    environment: { MAIL_PASSWORD: 'correct horse' },
    config: `
sandbox: true
connections:
  mail:
    provider: smtp
    host: 127.0.0.1
    port: ${mailServer.port}
    tls: none
    user: shop
    password: \${MAIL_PASSWORD}
    from: Shop <shop@example.test>
subaccounts:
  default:
    sequence:
      - { channel: WhatsApp, fallbackAfter: 60, successStatus: Read }
      - { channel: Email }
`,
  })
  try {
    const message = { user: MEI, type: 'text', content: { text: 'Your parcel is here' } }
    const unread = await service.send(message)
    const read = await service.send({ ...message, user: { ...MEI, msisdn: '+6590000002' } })
    await service.advance(30)
    await service.call('POST', `/sandbox/handsets/+6590000002/messages/${read}/1/read`)
    await service.advance(120)
    expect((await service.timeline(unread)).outcome).toMatchObject({ state: 'succeeded', step: 2, channel: 'Email' })
    expect((await service.timeline(read)).outcome).toMatchObject({ state: 'succeeded', step: 1, channel: 'WhatsApp' })
    expect(mailServer.mails.map(({ mail }) => mail.text?.trim())).toEqual(['Your parcel is here'])
    expect(service.output()).not.toContain('correct horse')
  } finally {
    await service.cleanUp()
    await mailServer.close()
  }
})

test('what a connection of the file turns away is not given to the simulated phones', async () => {
  const mailServer = await startSmtpServer({})
  await mailServer.close()
  const service = await startService({
    config: `
sandbox: true
connections:
  mail:
    provider: smtp
    host: 127.0.0.1
    port: ${mailServer.port}
    tls: none
    from: Shop <shop@example.test>
`,
  })
  try {
    const umid = await service.send({
      user: MEI,
      type: 'text',
      content: { text: 'Your parcel is here' },
      channels: [{ channel: 'Email', fallbackAfter: 60 }],
    })
    await service.advance(120)
    expect((await service.timeline(umid)).outcome).toMatchObject({ state: 'exhausted' })
  } finally {
    await service.cleanUp()
  }
})
