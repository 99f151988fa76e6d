import { describe, expect, it } from 'vitest'
import { type ContactOptions, knownOf } from './contacts.ts'

const ALL: ContactOptions = { trustUnauthenticated: true, defaultCountry: 'US' }

const personal = (at: number, contact: object, more: object = {}) => ({
  sdeType: 'PERSONAL_INFO',
  serverTimeStamp: String(at),
  personalInfo: {
    serverTimeStamp: String(at),
    personalInfo: { name: 'Lee', surname: 'Doe', language: 'en', contacts: [{ personalContact: contact }], ...more },
  },
})
const customer = (at: number, info: object) => ({
  sdeType: 'CUSTOMER_INFO',
  serverTimeStamp: String(at),
  customerInfo: { serverTimeStamp: String(at), customerInfo: info },
})
const inside = (...events: object[]) => ({ events })
const known = (profile: object | undefined, record: object, options = ALL) =>
  knownOf({ ...profile }, { ...record }, options)

describe('what is known of a consumer', () => {
  it('comes from the profile, then from what a login vouches for, then from what they say', () => {
    const person = known(
      { firstName: 'Ann', lastName: 'undefined', email: 'profile@example.org', phone: '0' },
      {
        sdes: inside(personal(1, { email: 'sde@example.org', phone: '+1 555-123-0000' }, { language: 'de_AT' })),
        unAuthSdes: inside({ ...personal(2, { phone: '+44 20 7946 0000' }), isAuthenticated: false }),
      },
    )
    // +1 555 is no number that anybody could have, so the next one is taken.
    expect(person).toEqual({ name: 'Ann', email: 'profile@example.org', msisdn: '+442079460000', language: 'de-AT' })
  })

  it('is the newest of its place, whatever the order in which it stands there', () => {
    const sdes = inside(
      personal(5, { email: 'old@example.org' }),
      personal(10, { email: 'new@example.org' }),
      personal(9, {}),
    )
    expect(known(undefined, { sdes }).email).toBe('new@example.org')
  })

  it('is not what a visitor says, when the operator does not want that', () => {
    const record = {
      sdes: inside({ ...personal(1, { email: 'claimed@example.org' }), isAuthenticated: false }),
      unAuthSdes: inside(personal(2, { email: 'said@example.org' }), customer(2, { customerId: 'somebody-else' })),
    }
    expect(known({ consumerName: 'Visitor' }, record, { ...ALL, trustUnauthenticated: false })).toEqual({
      name: 'Visitor',
    })
    expect(known(undefined, record)).toMatchObject({ email: 'claimed@example.org', contactId: 'somebody-else' })
  })

  it('has the brand’s own id', () => {
    const sdes = inside(customer(1, { customerId: 4711, customerStatus: 'null', userName: 'lee' }))
    expect(known(undefined, { sdes })).toEqual({ contactId: '4711' })
  })

  it.each([
    ['(212) 555-0123', 'US', '+12125550123'],
    ['0171 1234567', 'DE', '+491711234567'],
    ['+65 9123 4567', undefined, '+6591234567'],
    ['2125550123', undefined, undefined], // from anywhere: a guess might ring at a stranger's
    ['call me', 'US', undefined],
    ['12', 'US', undefined],
    ['0', 'US', undefined],
    [12125550123, 'US', '+12125550123'],
    [{ number: 1 }, 'US', undefined],
  ] as const)('of the phone number %j in %s is %j', (phone, defaultCountry, msisdn) => {
    expect(known({ phone }, {}, { ...ALL, defaultCountry }).msisdn).toBe(msisdn)
  })

  it.each(['undefined', 'null', '', 'lee', 'lee@example', 'a@b.example, c@d.example', 'Lee <lee@example.org>', 7])(
    'of %j is no e-mail address',
    (email) => {
      expect(known({ email }, {})).toEqual({})
    },
  )

  it('is nothing where attributes are of another shape', () => {
    const odd = [
      null,
      7,
      {},
      { sdeType: 'PERSONAL_INFO', personalInfo: { personalInfo: { contacts: {} } } },
      { sdeType: 'CUSTOMER_INFO' },
    ]
    expect(known(undefined, { sdes: { events: odd }, unAuthSdes: 'x' })).toEqual({})
    const language = inside(personal(1, {}, { name: 'null', surname: 0, language: 'not a language' }))
    expect(known(undefined, { sdes: language })).toEqual({})
  })
})
