import { describe, expect, it } from 'vitest'
import { isServedBy, readSubscription } from './subscription.ts'

const ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABn'
const P256DH = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'
const AUTH = 'BTBZMqHH6r4Tts7J_aSIgg'
const KEYS = { p256dh: P256DH, auth: AUTH }

const classic = (text: string, padding: string) => text.replaceAll('-', '+').replaceAll('_', '/') + padding

describe('a subscription', () => {
  it('is read as a browser writes it, and what else stands there is left alone', () => {
    const given = { endpoint: ENDPOINT, expirationTime: null, keys: { ...KEYS, more: 1 }, more: {} }
    expect(readSubscription(given)).toEqual({ endpoint: ENDPOINT, keys: KEYS })
  })

  it('may have its keys in the other alphabet of base64, with padding', () => {
    const keys = { p256dh: classic(P256DH, '='), auth: classic(AUTH, '==') }
    expect(readSubscription({ endpoint: ENDPOINT, keys })?.keys).toEqual(KEYS)
  })

  it('has its endpoint as URLs are spelled, so that what is checked is what is called', () => {
    const spelled = (endpoint: string) => readSubscription({ endpoint, keys: KEYS })?.endpoint
    expect(spelled('HTTPS://FCM.googleapis.com:443/a/../b?c=d#e')).toBe('https://fcm.googleapis.com/b?c=d')
    expect(spelled('https://fcm.googleapis.com\\@evil.example/x')).toBe('https://fcm.googleapis.com/@evil.example/x')
  })

  const point = Buffer.from(P256DH, 'base64url')
  const offTheCurve = Buffer.from(point).fill(1, 33).toString('base64url')
  it.each([
    ['nothing', undefined],
    ['a text', JSON.stringify({ endpoint: ENDPOINT, keys: KEYS })],
    ['a list', [{ endpoint: ENDPOINT, keys: KEYS }]],
    ['no endpoint', { keys: KEYS }],
    ['an endpoint that is no URL', { endpoint: '/wpush/v2/gAAAAABn', keys: KEYS }],
    ['an endpoint that is no text', { endpoint: 7, keys: KEYS }],
    ['an endpoint without end', { endpoint: `${ENDPOINT}${'x'.repeat(2048)}`, keys: KEYS }],
    ['no keys', { endpoint: ENDPOINT }],
    ['keys that are a list', { endpoint: ENDPOINT, keys: [P256DH, AUTH] }],
    ['no auth', { endpoint: ENDPOINT, keys: { p256dh: P256DH } }],
    ['an auth that is cut', { endpoint: ENDPOINT, keys: { p256dh: P256DH, auth: AUTH.slice(0, -2) } }],
    ['an auth that is too long', { endpoint: ENDPOINT, keys: { p256dh: P256DH, auth: P256DH } }],
    ['a key that is cut', { endpoint: ENDPOINT, keys: { p256dh: P256DH.slice(0, -1), auth: AUTH } }],
    ['a key that is no base64', { endpoint: ENDPOINT, keys: { p256dh: `${P256DH.slice(0, -1)}!`, auth: AUTH } }],
    ['a key off the curve', { endpoint: ENDPOINT, keys: { p256dh: offTheCurve, auth: AUTH } }],
    ['a key without end', { endpoint: ENDPOINT, keys: { p256dh: 'B'.repeat(10_000), auth: AUTH } }],
    ['a key that is a number', { endpoint: ENDPOINT, keys: { p256dh: 4, auth: AUTH } }],
  ])('is none with %s', (_, given) => {
    expect(readSubscription(given)).toBeUndefined()
  })
})

describe('an endpoint', () => {
  const services = ['fcm.googleapis.com', 'notify.windows.com', 'push.example.com:8443']
  it.each([
    'https://fcm.googleapis.com/fcm/send/abc',
    'https://fcm.googleapis.com:443/fcm/send/abc',
    'https://wns2-par02p.notify.windows.com/w/?token=abc',
    'https://push.example.com:8443/abc',
  ])('at a host of the list or below it is called: %s', (endpoint) => {
    expect(isServedBy(services, endpoint)).toBe(true)
  })

  it.each([
    'http://fcm.googleapis.com/fcm/send/abc',
    'https://fcm.googleapis.com:8443/fcm/send/abc',
    'https://push.example.com/abc',
    'https://notfcm.googleapis.com/x',
    'https://fcm.googleapis.com.evil.example/x',
    'https://fcm.googleapis.com./x',
    'https://fcm.googleapis.com@evil.example/x',
    'https://user@fcm.googleapis.com/x',
    'https://:secret@fcm.googleapis.com/x',
    'https://evil.example/fcm.googleapis.com',
    'https://evil.example/?fcm.googleapis.com',
    'https://169.254.169.254/latest/meta-data/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://localhost/',
    'https://2130706433/',
    'file:///etc/passwd',
    'ftp://fcm.googleapis.com/x',
  ])('anywhere else is not: %s', (endpoint) => {
    expect(isServedBy(services, endpoint)).toBe(false)
  })
})
