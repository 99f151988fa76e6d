import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignedBy, keyOf } from './signature.ts'

// The vectors with which SendGrid's own library is tested: lines end in CR LF, and the last one too.
const ONE = {
  key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
  timestamp: '1600112502',
  signature: 'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
  body: Buffer.from(
    `${JSON.stringify([
      {
        email: 'hello@world.com',
        event: 'dropped',
        reason: 'Bounced Address',
        sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
        sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
        'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
        timestamp: 1600112492,
      },
    ])}\r\n`,
  ),
}
const TWO = {
  key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQ4LIFtWztlsF7skFqOncjD1lun4H5w8XOhyOArHW9RcIx/FfEzx6cikC/yPfUvwaX/JScE7Fc9CJD2afQ9Ok3Q==',
  timestamp: '1619651159',
  signature: 'MEYCIQC/I4o6vCgqRYrTljjoVWB/GRWNtxeePlLMHr3x9ETeRQIhAIpV+03nREPTTHWSW0wIOA0EoMPdcNgXa70yCaqDJlu5',
  body: Buffer.from(
    `${JSON.stringify([
      {
        email: 'invalid@gmail.com',
        event: 'processed',
        send_at: 0,
        sg_event_id: 'cHJvY2Vzc2VkLTE5OTQyMTEyLXFOd0JMZ1BRUWpXNkRKdktRd1NBYnctMA',
        sg_message_id: 'qNwBLgPQQjW6DJvKQwSAbw.filterdrecv-canary-547b64655b-cw6zx-1-6089EA4A-56.0',
        'smtp-id': '<qNwBLgPQQjW6DJvKQwSAbw@ismtpd0178p1mdw1.sendgrid.net>',
        timestamp: 1619651146,
      },
      {
        email: 'invalid@gmail.com',
        event: 'bounce',
        ip: '167.89.101.76',
        reason:
          '552 5.2.2 The email account that you tried to reach is over quota and inactive. Please direct the recipient to ' +
          'https://support.google.com/mail/?p=OverQuotaPerm c17si1130468pgv.34 - gsmtp',
        sg_event_id: 'Ym91bmNlLTAtMTk5NDIxMTItcU53QkxnUFFRalc2REp2S1F3U0Fidy0w',
        sg_message_id: 'qNwBLgPQQjW6DJvKQwSAbw.filterdrecv-canary-547b64655b-cw6zx-1-6089EA4A-56.0',
        'smtp-id': '<qNwBLgPQQjW6DJvKQwSAbw@ismtpd0178p1mdw1.sendgrid.net>',
        status: '5.2.2',
        timestamp: 1619651147,
        tls: 1,
        type: 'blocked',
      },
    ]).replace('},{', '},\r\n{')}\r\n`,
  ),
}

function keys(...texts: string[]): KeyObject[] {
  return texts.map(keyOf).filter((key) => key !== undefined)
}

describe('a signature', () => {
  it.each([
    ['one event', ONE],
    ['two events', TWO],
  ])('covers the timestamp and the raw bytes of %s', (_, { key, timestamp, signature, body }) => {
    expect(isSignedBy(keys(key), { timestamp, signature, body })).toBe(true)
    expect(isSignedBy(keys(key), { timestamp: `${timestamp}0`, signature, body })).toBe(false)
    expect(isSignedBy(keys(key), { timestamp, signature, body: body.subarray(0, -2) })).toBe(false)
    expect(isSignedBy(keys(key), { timestamp, signature, body: Buffer.alloc(0) })).toBe(false)
  })

  it('may be by the old key or the new one', () => {
    expect(isSignedBy(keys(TWO.key, ONE.key), ONE)).toBe(true)
    expect(isSignedBy(keys(ONE.key, TWO.key), ONE)).toBe(true)
    expect(isSignedBy(keys(TWO.key), ONE)).toBe(false)
    expect(isSignedBy([], ONE)).toBe(false)
  })

  it.each(['', 'x', 'MEUCIGHQVtGj', '%%%', ONE.signature.toLowerCase(), 'A'.repeat(10_000)])(
    'is not %j, whatever that is',
    (signature) => {
      expect(isSignedBy(keys(ONE.key), { ...ONE, signature })).toBe(false)
    },
  )
})

describe('a key', () => {
  it('is one for P-256, in base64', () => {
    expect(keyOf(ONE.key)?.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  })

  it.each([
    ['nothing', ''],
    ['half a key', ONE.key.slice(0, 60)],
    ['of another curve', spki(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)],
    ['of another kind', spki(generateKeyPairSync('ed25519').publicKey)],
  ])('is not %s', (_, text) => {
    expect(keyOf(text)).toBeUndefined()
  })
})

function spki(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}
