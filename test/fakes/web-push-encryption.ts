import { createDecipheriv, createECDH, type ECDH, hkdfSync } from 'node:crypto'

/** A browser's side of RFC 8291: the keys of one subscription, and what opens the messages that are made for it. */
export type BrowserKeys = { ecdh: ECDH; auth: Buffer }

export function keysFrom(privateKey: Buffer, auth: Buffer): BrowserKeys {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(privateKey)
  return { ecdh, auth }
}

/**
 * The text of a body in `aes128gcm`: salt (16), record size (4), length of the key id (1), the sender's public key (65), one
 * record. Throws for anything else. https://www.rfc-editor.org/rfc/rfc8188#section-2.1, rfc8291#section-3.4
 */
export function decrypt({ ecdh, auth }: BrowserKeys, body: Buffer): Buffer {
  const salt = body.subarray(0, 16)
  const recordSize = body.readUInt32BE(16)
  const sender = body.subarray(21, 21 + body.readUInt8(20))
  const record = body.subarray(21 + sender.length)
  if (sender.length !== 65) throw new Error('the key id is no public key')
  if (record.length > recordSize) throw new Error('a push message is one record')
  const shared = ecdh.computeSecret(sender)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender])
  const ikm = Buffer.from(hkdfSync('sha256', shared, auth, info, 32))
  const key = Buffer.from(hkdfSync('sha256', ikm, salt, 'Content-Encoding: aes128gcm\0', 16))
  const nonce = Buffer.from(hkdfSync('sha256', ikm, salt, 'Content-Encoding: nonce\0', 12))
  const cipher = createDecipheriv('aes-128-gcm', key, nonce)
  cipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()])
  // Zeros fill up the last record, behind a 2.
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== 2) throw new Error('the padding is not that of a last record')
  return padded.subarray(0, end)
}
