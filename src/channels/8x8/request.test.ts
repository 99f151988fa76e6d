import { describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { requestOf } from './request.ts'

const COMMON = {
  clientMessageId: 'ref.1',
  dlrCallbackUrl: 'https://m.example.com/callbacks/8x8',
  expiry: '2026-03-01T12:05:00Z',
}
const LINE = `U${'0a'.repeat(16)}`
const url = 'https://files.example.com/a.jpg'

/** As it is sent: what is undefined is left out. */
const requested = (over: Partial<Outgoing>, source?: string) =>
  JSON.parse(JSON.stringify(requestOf(outgoingOf({}, over), { ...COMMON, ...(source !== undefined && { source }) })))

describe('an SMS', () => {
  it('is a text to a number, from whom the connection or the message names', () => {
    const { clientMessageId, dlrCallbackUrl, expiry } = COMMON
    const body = { destination: '+6591234567', text: 'Your table is ready.', clientMessageId, dlrCallbackUrl, expiry }
    expect(requested({})).toEqual({ api: 'sms', path: 'messages', body })
    expect(requested({}, 'Shop').body).toEqual({ ...body, source: 'Shop' })
    const content = {
      type: 'text' as const,
      text: 'Hi',
      content: { text: 'Hi', sms: { source: 'Own', encoding: 'UCS2' } },
    }
    expect(requested({ content }, 'Shop').body).toMatchObject({ source: 'Own', encoding: 'UCS2', text: 'Hi' })
  })
})

describe('a message of Messaging Apps', () => {
  it('is for one channel, so that 8x8 does not fall back by itself', () => {
    expect(requested({ channel: 'WhatsApp' }, 'Shop')).toEqual({
      api: 'apps',
      path: 'messages',
      body: {
        user: { msisdn: '+6591234567' },
        type: 'text',
        content: { text: 'Your table is ready.' },
        channels: [{ channel: 'WhatsApp' }],
        ...COMMON,
      },
    })
  })

  it.each([
    ['template', { template: { name: 'reminder', language: 'en', components: [] } }],
    ['image', { url, text: 'Menu', image: { thumbnail: url } }],
    ['interactive', { interactive: { type: 'button', body: { text: 'Ok?' } } }],
    ['richCard', { richCard: { standaloneCard: {} }, suggestions: [{}] }],
  ] as const)('has content of the type %s as it came', (type, own) => {
    const content = { ...own, fallbackText: 'for the SMS', sms: { source: 'Shop' }, email: { subject: 'for the mail' } }
    const { body } = requested({ channel: 'RCS', content: { type, content } })
    expect(body).toMatchObject({ type })
    expect(body.content).toEqual(own)
  })

  it('that stands in for what the channel cannot carry is a text alone', () => {
    const content = { text: 'long', fallbackText: 'short', url, template: { name: 'x' }, button: { caption: 'Go' } }
    const { body } = requested({ channel: 'Viber', content: { type: 'text', text: 'short', content } })
    expect(body.content).toEqual({ text: 'short', button: { caption: 'Go' } })
  })

  it('goes to a LINE id, and on WhatsApp to WhatsApp’s id where there is no number', () => {
    expect(requested({ channel: 'Line', address: LINE }).body.user).toEqual({ channelUserId: LINE, lineUserId: LINE })
    expect(requested({ channel: 'WhatsApp', address: 'SG.1000A' }).body.user).toEqual({ channelUserId: 'SG.1000A' })
  })
})

describe('a notification of LINE’s', () => {
  it('has its own fields, and no time to expire', () => {
    const own = { title: 'Reminder', company: 'Shop', icon: 'calendar', list: [{ label: 'Date', content: 'Tue' }] }
    const content = { ...own, text: 'for others', fallbackText: 'for the SMS', somethingElse: 1 }
    const { expiry: _, ...rest } = COMMON
    expect(
      requested({ channel: 'LineNotification', content: { type: 'template', text: 'for others', content } }),
    ).toEqual({
      api: 'apps',
      path: 'lon',
      body: { user: { msisdn: '+6591234567' }, content: own, ...rest },
    })
  })

  it('of a plain text has it as its explanation', () => {
    expect(requested({ channel: 'LineNotification' }).body.content).toEqual({ explanation: 'Your table is ready.' })
  })
})

describe('what no channel can take', () => {
  it.each<[Partial<Outgoing>, string]>([
    [{ address: '6591234567' }, 'recipient'],
    [{ channel: 'Viber', address: 'SG.1000A' }, 'recipient'],
    [{ channel: 'WhatsApp', address: 'nobody' }, 'recipient'],
    [{ content: { type: 'text', content: {} } }, 'content'],
    [{ channel: 'Viber', content: { type: 'text', text: '', content: {} } }, 'content'],
  ])('%j is told by the %s', (over, unfit) => {
    expect(requested(over)).toEqual({ unfit, why: expect.stringMatching(/\S/) })
  })
})
