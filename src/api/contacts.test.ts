import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiHouse, list, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'
import { T0 } from '../../test/support/messages.ts'
import { openApiText } from './write-open-api.ts'

const BASE = '/api/v1/subaccounts/default/contacts'
const ANN = {
  name: 'Ann',
  email: 'ann@example.org',
  msisdn: '+6590000001',
  lineUserId: 'U1',
  channelUserId: 'c-1',
  language: 'de',
  timeZone: 'Europe/Berlin',
}

let house: ApiHouse
beforeAll(async () => {
  house = await openApiHouse()
})
afterAll(() => house.close())
beforeEach(async () => {
  for (const { id } of await house.store.contacts.list('default', { limit: 1000 })) {
    await house.store.contacts.delete('default', id)
  }
})
const put = (id: string, body: unknown, query = '') =>
  house.call('PUT', `${BASE}/${encodeURIComponent(id)}${query}`, body)
const patch = (id: string, body: unknown) => house.call('PATCH', `${BASE}/${id}`, body)
const get = (id: string) => house.call('GET', `${BASE}/${encodeURIComponent(id)}`)

describe('a contact', () => {
  test('is created, shown, replaced whole, and removed', async () => {
    const createdAt = new Date(house.clock.now()).toISOString()
    const created = await put('ann', ANN)
    expect([created.status, created.json]).toEqual([201, { id: 'ann', ...ANN, createdAt, updatedAt: createdAt }])
    expect((await get('ann')).json).toEqual(created.json)
    await house.advance(5_000)
    const updatedAt = new Date(house.clock.now()).toISOString()
    const replaced = await put('ann', { email: 'new@example.org' })
    expect([replaced.status, replaced.json]).toEqual([
      200,
      { id: 'ann', email: 'new@example.org', createdAt, updatedAt },
    ])
    const removed = await house.call('DELETE', `${BASE}/ann`)
    expect([removed.status, removed.text]).toEqual([204, ''])
    expect((await get('ann')).json).toMatchObject({ code: 1300 })
    expect((await house.call('DELETE', `${BASE}/ann`)).status).toBe(404)
  })

  test('is changed field by field; null removes', async () => {
    await put('ann', ANN)
    const answer = await patch('ann', { email: 'new@example.org', lineUserId: null, language: 'PT_br' })
    const { lineUserId: _, ...rest } = ANN
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ ...rest, email: 'new@example.org', language: 'pt-BR' })
    expect(answer.json).not.toHaveProperty('lineUserId')
    expect((await get('ann')).json).toEqual(answer.json)
    expect((await patch('nobody', { name: 'x' })).status).toBe(404)
    expect((await patch('ann', {})).json).toEqual({ ...answer.json })
  })

  test('of another subaccount is neither shown nor touched', async () => {
    await put('ann', ANN)
    const stranger = { key: OTHER_KEY }
    expect((await house.call('GET', `${BASE}/ann`, undefined, stranger)).json.code).toBe(1201)
    expect((await house.call('GET', '/api/v1/subaccounts/other/contacts/ann', undefined, stranger)).status).toBe(404)
    expect((await house.call('DELETE', '/api/v1/subaccounts/other/contacts/ann', undefined, stranger)).status).toBe(404)
    expect((await house.call('GET', BASE, undefined, { key: null })).status).toBe(401)
    expect((await get('ann')).status).toBe(200)
  })

  test.each(['layer:///identities/ann', 'a b', 'Größe & Ü?#%', '你'.repeat(200), '🙂'.repeat(100), 'import', '...'])(
    'may be called %j',
    async (id) => {
      expect((await put(id, { name: 'x' })).status).toBe(201)
      expect((await get(id)).json.id).toBe(id)
      expect((await house.call('DELETE', `${BASE}/${encodeURIComponent(id)}`)).status).toBe(204)
    },
  )

  test.each([' ann', 'ann ', 'a\nb', '\u0000', 'x'.repeat(201)])('may not be called %j', async (id) => {
    const answer = await put(id, { name: 'x' })
    expect([answer.status, answer.json.code]).toEqual([400, 1008])
    expect(answer.json.message).toMatch(/^contactId: /)
  })

  test('may have a national number, read with the country that is said', async () => {
    expect((await put('ann', { msisdn: '0170 1234567' })).json).toMatchObject({ code: 1002 })
    expect((await put('ann', { msisdn: '0170 1234567' }, '?defaultCountry=de')).json.msisdn).toBe('+491701234567')
    expect((await put('ann', { msisdn: '+65 9000 0001' }, '?defaultCountry=DE')).json.msisdn).toBe('+6590000001')
    expect((await put('ann', { msisdn: '0170' }, '?defaultCountry=XX')).json).toMatchObject({
      code: 1009,
      message: expect.stringMatching(/^defaultCountry: /),
    })
  })

  test('with a number that does not exist is stored with a warning', async () => {
    const { status, json } = await put('ann', { msisdn: '+4900000000' })
    expect(status).toBe(201)
    expect(json.warnings).toEqual([expect.stringMatching(/^msisdn: no such number/)])
    expect((await get('ann')).json).not.toHaveProperty('warnings')
  })

  test.each([
    ['email', 'not an address', 1000, 'must be an e-mail address such as'],
    ['email', 'ann@example.org\r\nBcc: all@example.org', 1000, 'must be an e-mail address such as'],
    ['msisdn', 'call me', 1002, 'is not a phone number; give E.164'],
    ['msisdn', 6590000001, 1002, 'got a number'],
    ['lineUserId', 'a b', 1008, 'must be an id'],
    ['language', 'german', 1000, 'must be a language tag (BCP 47) such as de'],
    ['timeZone', 'Berlin', 1000, 'must be the IANA name of a time zone, such as Europe/Berlin'],
    ['timeZone', '+02:00', 1000, 'must be the IANA name'],
    ['name', '', 1000, 'must not be empty'],
    ['name', 'x'.repeat(201), 1000, 'has 201 characters; at most 200'],
    ['name', 'a\nb', 1000, 'must be a name'],
    ['emial', 'ann@example.org', 1000, 'did you mean email?'],
    ['name', null, 1000, 'got null'],
  ])('with %s %j is refused', async (field, value, code, words) => {
    const { status, json } = await put('ann', { [field]: value })
    expect([status, json.code]).toEqual([400, code])
    expect(json.message).toContain(`${field}: `)
    expect(json.message).toContain(words)
    expect((await get('ann')).status).toBe(404)
    if (value === null) return
    await put('ann', {})
    expect((await patch('ann', { [field]: value })).json).toMatchObject({ code, message: json.message })
  })

  test('is not changed by what is no change', async () => {
    await put('ann', ANN)
    expect((await patch('ann', { emial: null })).json.message).toContain('did you mean email?')
    expect((await patch('ann', [])).json.message).toContain('must be a contact')
    expect((await patch('ann', undefined)).json.message).toContain('body: must be a contact')
    expect((await get('ann')).json).toMatchObject(ANN)
  })
})

describe('the list', () => {
  test('comes page by page in the order of the ids', async () => {
    for (const id of ['b', 'a/1', 'C', 'ä', 'd']) await put(id, { name: id })
    const seen: unknown[] = []
    let next: unknown = ''
    for (let page = 0; next !== null && page < 9; page++) {
      const { json } = await house.call('GET', `${BASE}?limit=2&after=${encodeURIComponent(String(next))}`)
      seen.push(list(json.contacts).map(({ id }) => id))
      next = json.next
    }
    expect(seen).toEqual([['C', 'a/1'], ['b', 'd'], ['ä']])
    expect((await house.call('GET', BASE)).json.next).toBeNull()
  })

  test.each(['limit=0', 'limit=1001', 'limit=ten', 'limit=1.5', 'limit=-1', 'limit=1&limit=2'])(
    '%s is refused',
    async (query) => {
      const { status, json } = await house.call('GET', `${BASE}?${query}`)
      expect([status, json.code]).toEqual([400, 1000])
      expect(json.message).toMatch(/^limit: must be /)
    },
  )
})

describe('an import', () => {
  const importing = (body: string | Buffer, query = '', type = 'text/csv') =>
    house.call('POST', `${BASE}/import${query}`, body, { headers: { 'content-type': type } })

  test('creates and replaces whole contacts, whatever the order of its columns', async () => {
    await put('ann', ANN)
    const file = '\ufeffE-Mail;ID;Name;time_zone\r\n"ann@new.example";ann;"Ann ""A""";\r\n;bob;;UTC\r\n'
    expect((await importing(file)).json).toEqual({ created: 1, replaced: 1, refused: 0, problems: [], warnings: [] })
    const { createdAt, updatedAt, ...ann } = (await get('ann')).json
    expect(ann).toEqual({ id: 'ann', name: 'Ann "A"', email: 'ann@new.example' })
    expect((await get('bob')).json).toMatchObject({ id: 'bob', timeZone: 'UTC' })
  })

  test('refuses each faulty line with all that is wrong with it, and stores the others', async () => {
    const file = [
      'id,name,email,msisdn,language,timeZone',
      'ann,Ann,ann@example.org,0170 1234567,de,Europe/Berlin',
      'bob,Bob,bob at example,12,german,Mars',
      '',
      ',Nobody,x@example.org,,,',
      'cy,"Cy" the first,,,,',
      'dan,Dan,dan@example.org,,,,,extra',
      'ann,Another,,,,',
      'eve,"E',
      'v","e@example.org",,,',
      'fay,Fay',
      'gil,Gil,,+4900000000,,',
    ].join('\r\n')
    const { status, json } = await importing(file, '?defaultCountry=DE')
    expect(status).toBe(200)
    expect({ created: json.created, replaced: json.replaced, refused: json.refused }).toEqual({
      created: 3,
      replaced: 0,
      refused: 6,
    })
    expect(list(json.problems).map(({ line, field }) => [line, field])).toEqual([
      [3, 'email'],
      [3, 'msisdn'],
      [3, 'language'],
      [3, 'timeZone'],
      [5, 'id'],
      [6, undefined],
      [7, undefined],
      [8, 'id'],
      [9, 'name'],
    ])
    expect(list(json.problems)[7]?.message).toBe('came before on line 2; give each person one line')
    expect(list(json.warnings)).toEqual([
      { line: 12, field: 'msisdn', message: expect.stringMatching(/^no such number/) },
    ])
    expect(JSON.stringify(json)).not.toMatch(/Bob|bob at|german|Mars/)
    const stored = list((await house.call('GET', BASE)).json.contacts).map(({ id, msisdn }) => [id, msisdn])
    expect(stored).toEqual([
      ['ann', '+491701234567'],
      ['fay', undefined],
      ['gil', '+4900000000'],
    ])
  })

  test('tells no more problems than it is asked for, and counts them all', async () => {
    const file = ['id,email', ...Array.from({ length: 250 }, (_, n) => `p${n},x`)].join('\n')
    const { json } = await importing(file)
    expect([json.refused, list(json.problems).length]).toEqual([250, 100])
    expect(list((await importing(file, '?problems=250')).json.problems)).toHaveLength(250)
    expect((await importing(file, '?problems=0')).json.problems).toEqual([])
    expect((await importing(file, '?problems=10001')).json.message).toMatch(/^problems: must be/)
  })

  test('takes a report of refused lines once it is mended', async () => {
    const file = 'line,problem,id,email\n3,"email: must be an address",bob,bob@example.org\n'
    expect((await importing(file)).json).toMatchObject({ created: 1, refused: 0 })
  })

  test.each([
    ['an unknown column', 'id,emial\n1,x', 'emial: is not a known column; did you mean email?'],
    [
      'a column that is nothing like ours',
      'id,shoe size\n1,43',
      'shoe size: is not a known column; the first line must',
    ],
    ['no header', 'ann-17,ann@example.org\n', 'is not a known column'],
    ['a header without id', 'email\nann@example.org', 'id: is missing'],
    ['two columns of one name', 'id,email,E-Mail\n1,,', 'email: is the name of two columns'],
    ['a column without a name', 'id,,email\n1,2,3', 'column 2: is not a known column'],
    ['a header with broken quotes', 'id,"na"me\n1,2', 'line 1: has a quotation mark that does not fit'],
    ['nothing', '', 'body: is empty'],
    ['only empty lines', '\n \n', 'body: is empty'],
    ['another encoding', Buffer.from('id,name\n1,J\xf6rg', 'latin1'), 'body: must be UTF-8'],
  ])('of %s is refused and stores nothing', async (_, file, words) => {
    const { status, json } = await importing(file)
    expect([status, json.code]).toEqual([400, 1000])
    expect(json.message).toContain(words)
    expect((await house.call('GET', BASE)).json.contacts).toEqual([])
  })

  test('of another type is refused with 415, and without a body with 400', async () => {
    const json = await importing('{"id":"ann"}', '', 'application/json')
    expect([json.status, json.json.message]).toEqual([415, 'Content-Type: must be text/csv'])
    expect((await importing('id\nann', '', 'text/csv; charset=utf-8')).status).toBe(200)
    expect((await house.call('POST', `${BASE}/import`)).status).toBe(400)
  })

  test('of many lines lets others be served meanwhile, and one of more than 20 MB is refused', async () => {
    const lines = Array.from({ length: 30_000 }, (_, n) => `p${n},p${n}@example.org`)
    let done = false
    const running = importing(['id,email', ...lines].join('\n')).then((answer) => {
      done = true
      return answer
    })
    let served = 0
    while (!done) {
      if ((await get('nobody')).status === 404) served += 1
      await setImmediate() // requests come by themselves, and not one in the breath of the other
    }
    expect((await running).json).toMatchObject({ created: 30_000, refused: 0 })
    expect(served).toBeGreaterThan(10)
    const large = await importing(`id,name\n${'x'.repeat(21 * 1024 * 1024)}`)
    expect([large.status, large.json.code]).toEqual([413, 7001])
  })
})

test('the routes are in the document, and the import takes text/csv', async () => {
  const { paths } = JSON.parse(await openApiText())
  const one = paths['/api/v1/subaccounts/{subAccountId}/contacts/{contactId}']
  expect(Object.keys(one).sort()).toEqual(['delete', 'get', 'patch', 'put'])
  expect(Object.keys(one.delete.responses).sort()).toEqual(['204', '400', '401', '403', '404'])
  const importing = paths['/api/v1/subaccounts/{subAccountId}/contacts/import'].post
  expect(Object.keys(importing.requestBody.content)).toEqual(['text/csv'])
})

test('the moment of a change is the clock of the service', async () => {
  await put('ann', ANN)
  expect((await house.store.contacts.find('default', 'ann'))?.updatedAt).toBeGreaterThanOrEqual(T0)
})
