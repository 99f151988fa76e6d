import { describe, expect, it } from 'vitest'
import { type Config, checkConfig } from './settings.ts'

const KEY = { consumerKey: 'k', consumerSecret: 's', token: 't', tokenSecret: 'ts' }
const INSTALL = { clientId: 'c', clientSecret: 's' }
const check = (config: Omit<Config, 'account'>) => checkConfig({ account: '12345678', ...config })

describe('the settings of a LivePerson source', () => {
  it.each([KEY, INSTALL, { ...INSTALL, scope: 'x' }])(
    'are fine with one whole set of credentials: %j',
    (credentials) => {
      expect(check(credentials)).toEqual([])
    },
  )

  it.each([
    [
      {},
      [
        'clientId: missing: LivePerson needs an install (clientId, clientSecret) or an API key (consumerKey, consumerSecret, token, tokenSecret)',
      ],
    ],
    [{ clientId: 'c' }, ['clientSecret: missing: it goes with clientId']],
    [{ scope: 'x' }, ['clientId: missing: it goes with scope', 'clientSecret: missing: it goes with scope']],
    [
      { token: 't', tokenSecret: 'ts' },
      ['consumerKey: missing: it goes with token', 'consumerSecret: missing: it goes with token'],
    ],
    [
      { ...KEY, clientId: 'c' },
      [
        'clientId: give either an API key (consumerKey, consumerSecret, token, tokenSecret) or an install (clientId, clientSecret), not both',
      ],
    ],
    [{ ...KEY, scope: 'x' }, [expect.stringMatching(/^scope: give either/)]],
    [{ ...KEY, defaultCountry: 'XX' }, ['defaultCountry: there is no country XX; want two letters such as US']],
  ] as const)('with %j say what is wrong', (config, problems) => {
    expect(check(config).map(({ field, message }) => `${field}: ${message}`)).toEqual(problems)
  })
})
