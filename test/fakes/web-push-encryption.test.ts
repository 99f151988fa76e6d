import { expect, test } from 'vitest'
import { decrypt, keysFrom } from './web-push-encryption.ts'

// The example of RFC 8291, section 5 and appendix A.
const bytes = (text: string) => Buffer.from(text, 'base64url')
const KEYS = keysFrom(bytes('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'), bytes('BTBZMqHH6r4Tts7J_aSIgg'))
const PUBLIC_KEY = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'
const BODY = bytes(
  'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl' +
    '95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
)

test('the fake browser opens the message of the RFC', () => {
  expect(KEYS.ecdh.getPublicKey('base64url')).toBe(PUBLIC_KEY)
  expect(decrypt(KEYS, BODY).toString()).toBe('When I grow up, I want to be a watermelon')
})

test('it opens nothing that was changed on the way, or is for another', () => {
  for (const at of [0, 30, 90, BODY.length - 1]) {
    const changed = Buffer.from(BODY)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(() => decrypt(KEYS, changed), `byte ${at}`).toThrow()
  }
  expect(() => decrypt(keysFrom(Buffer.alloc(32, 7), KEYS.auth), BODY)).toThrow()
  expect(() => decrypt({ ...KEYS, auth: Buffer.alloc(16, 7) }, BODY)).toThrow()
})
