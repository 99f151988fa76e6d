import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyFileOf } from '../../test/fakes/rcs.ts'
import { readServiceAccount } from './google-service-account.ts'

describe('the key file of a service account', () => {
  it('tells who we are, and where tokens are', () => {
    expect(readServiceAccount(keyFileOf())).toMatchObject({
      email: 'rbm@my-shop.iam.gserviceaccount.com',
      keyId: '0123456789abcdef',
      tokenUrl: 'https://oauth2.googleapis.com/token',
    })
  })

  it('may leave out the address of tokens and the id of the key', () => {
    const read = readServiceAccount(keyFileOf({ token_uri: undefined, private_key_id: undefined }))
    expect(read).toMatchObject({ tokenUrl: 'https://oauth2.googleapis.com/token' })
    expect(read).not.toHaveProperty('keyId')
  })

  const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  })

  it.each([
    ['', 'is no JSON'],
    ['/run/secrets/rbm.json', 'is no JSON'],
    ['"text"', 'is no JSON'],
    ['[]', 'is no JSON'],
    ['{}', 'has no client_email or no private_key'],
    [keyFileOf({ client_email: 7 }), 'has no client_email or no private_key'],
    [keyFileOf({ private_key: ' ' }), 'has no client_email or no private_key'],
    [keyFileOf({ private_key: 'key-without-pem' }), 'is no RSA key in PEM'],
    [keyFileOf({ private_key: otherKey }), 'is no RSA key in PEM'],
    [keyFileOf({ token_uri: 'oauth2.googleapis.com' }), 'has a token_uri that is no URL'],
  ])('that is none says what is wrong with it (%#)', (file, wrong) => {
    const read = readServiceAccount(file)
    expect(read).toEqual({ wrong: expect.stringContaining(wrong) })
    expect(JSON.stringify(read)).not.toMatch(/key-without-pem|\/run\/secrets/)
  })
})
