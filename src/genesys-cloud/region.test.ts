import { describe, expect, it } from 'vitest'
import { accountProblems, addressesOf } from './account.ts'
import { domainOf, REGIONS, regionProblem } from './region.ts'

const CREDENTIALS = { clientId: 'client', clientSecret: 'secret' }

describe('a region', () => {
  it.each(Object.entries(REGIONS))('%s and %s are the same one, in any case', (name, domain) => {
    expect(domainOf(name)).toBe(domain)
    expect(domainOf(` ${domain.toUpperCase()} `)).toBe(domain)
    expect(regionProblem(name)).toBeUndefined()
  })

  it.each([
    ['eu-wets-1', 'eu-west-1'],
    ['mypurecloud.ei', 'mypurecloud.ie'],
    ['usw2.purecloud', 'usw2.pure.cloud'],
  ])('that is misspelt as %s is taken for %s', (wrong, meant) => {
    expect(regionProblem(wrong)).toContain(`got "${wrong}", want an AWS region such as eu-west-1`)
    expect(regionProblem(wrong)).toMatch(new RegExp(`did you mean ${meant}\\?$`))
  })

  it.each(['', 'moon', 'constructor', '__proto__'])('that is called %j is none', (region) => {
    expect(domainOf(region)).toBeUndefined()
    expect(regionProblem(region)).toContain('want an AWS region')
  })
})

describe('an account', () => {
  it('is reached at its region’s addresses', () => {
    expect(addressesOf({ ...CREDENTIALS, region: 'eu-central-1' })).toEqual({
      api: 'https://api.mypurecloud.de',
      login: 'https://login.mypurecloud.de',
    })
  })

  it('may give addresses of its own, with or without a slash at their ends', () => {
    const own = { apiUrl: 'http://127.0.0.1:1/', loginUrl: 'http://127.0.0.1:2' }
    expect(addressesOf({ ...CREDENTIALS, region: 'eu-west-1', ...own })).toEqual({
      api: 'http://127.0.0.1:1',
      login: 'http://127.0.0.1:2',
    })
  })

  it('in a region that we do not know has a problem, unless it gives both addresses', () => {
    const account = { ...CREDENTIALS, region: 'moon-1', apiUrl: 'https://api.moon.example' }
    expect(accountProblems(account)).toMatchObject([{ field: 'region', message: expect.stringContaining('moon-1') }])
    expect(accountProblems({ ...account, loginUrl: 'https://login.moon.example' })).toEqual([])
    expect(accountProblems({ ...CREDENTIALS, region: 'us-east-1' })).toEqual([])
  })
})
