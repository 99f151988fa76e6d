import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { importFile } from '../../src/cli/import-contacts.ts'
import { UntilreadClient } from '../../src/client/client.ts'
import { type ApiHouse, KEY, openApiHouse } from '../support/api-house.ts'
import { recordingTerminal } from './recording-terminal.ts'
import { runCli } from './run-cli.ts'

let house: ApiHouse
let url: string
let cwd: string
beforeAll(async () => {
  house = await openApiHouse()
  url = await house.listen()
  cwd = mkdtempSync(join(tmpdir(), 'untilread-contacts-'))
})
afterAll(async () => {
  await house.close()
  rmSync(cwd, { recursive: true })
})
beforeEach(async () => {
  for (;;) {
    const page = await house.store.contacts.list('default', { limit: 1000 })
    for (const { id } of page) await house.store.contacts.delete('default', id)
    if (page.length === 0) return
  }
})

const environment = () => ({ UNTILREAD_URL: url, UNTILREAD_API_KEY: KEY })
const run = (words: string[], input?: string) =>
  runCli(['contacts', ...words], { cwd, environment: environment(), ...(input !== undefined && { input }) })
const write = (name: string, lines: readonly string[]) => writeFileSync(join(cwd, name), lines.join('\r\n'))
const stored = async () => (await house.store.contacts.list('default', { limit: 1000 })).map(({ id }) => id)

describe('contacts import', () => {
  test('stores all lines of a good file, and says so', async () => {
    write('people.csv', ['id;name;msisdn', 'ann;Ann;0170 1234567', 'bob;Bob;+6590000001', ''])
    const finished = await run(['import', 'people.csv', '--default-country', 'DE'])
    expect(finished).toEqual({ code: 0, out: '2 created, 0 replaced.\n', err: '' })
    expect(await house.store.contacts.find('default', 'ann')).toMatchObject({ name: 'Ann', msisdn: '+491701234567' })
    expect((await run(['import', 'people.csv', '--default-country', 'DE'])).out).toBe('0 created, 2 replaced.\n')
  })

  test('tells the refused lines where they stand in the file, and writes them down to be mended', async () => {
    write('people.csv', [
      'id,name,email',
      '',
      'ann,Ann,ann at home',
      'bob,Bob,bob@example.org',
      'cy,"Cy" the first,cy@example.org',
      '',
      'bob,Robert,robert@example.org',
      ',"two, lines",',
    ])
    const { code, out, err } = await run(['import', 'people.csv', '--report', 'refused.csv'])
    expect([code, out]).toEqual([1, '1 created, 0 replaced, 4 lines refused.\n'])
    expect(err.split('\n').map((line) => line.slice(0, 60))).toEqual([
      '4 lines were refused:',
      '  line 3: email must be an e-mail address such as ann@exampl',
      '  line 5: has a quotation mark that does not fit; put a cell',
      '  line 7: id came before on line 4; give each person one lin',
      '  line 8: id must not be empty',
      'They are in refused.csv, to be mended and imported.',
      '',
    ])
    const report = join(cwd, 'refused.csv')
    expect(statSync(report).mode & 0o777).toBe(0o600)
    const lines = readFileSync(report, 'utf8').trimEnd().split('\n')
    expect(lines[0]).toBe('line,"problem",id,name,email')
    expect(lines.find((line) => line.startsWith('3,'))).toMatch(/^3,"email must be .*",ann,Ann,ann at home$/)
    // Mended, it is imported as it is.
    const mended = [lines[0] ?? '', ...lines.filter((line) => line.startsWith('3,'))].map((line) =>
      line.replace('ann at home', 'ann@example.org'),
    )
    write('refused.csv', mended)
    expect(await run(['import', 'refused.csv'])).toMatchObject({ code: 0, out: '1 created, 0 replaced.\n' })
    expect(await stored()).toEqual(['ann', 'bob'])
  })

  test('of more lines than fit into one call goes in pieces, with line numbers and repeats across them', async () => {
    const people = Array.from({ length: 12_500 }, (_, n) =>
      `p${String(n).padStart(5, '0')},"N\n${n}"`.replace('\n', ' '),
    )
    write('many.csv', ['id,name', ...people, 'p00003,again', 'last,x', ',nobody'])
    const { code, out, err } = await run(['import', 'many.csv'])
    expect([code, out]).toEqual([1, '12,501 created, 0 replaced, 2 lines refused.\n'])
    expect(err).toMatch(/^ \d\d % {2}10,000 lines\n2 lines were refused:\n/)
    expect(err).toContain('  line 12502: id came before on line 5; give each person one line\n')
    expect(err).toContain('  line 12504: id must not be empty\n')
    expect((await house.store.contacts.find('default', 'p00003'))?.name).toBe('N 3')
  })

  test('reads the standard input, and prints JSON for programs', async () => {
    const { code, out, err } = await run(['import', '-', '--json'], 'id,msisdn\nann,+4900000000\nbob,x\n')
    expect([code, err]).toEqual([1, ''])
    expect(JSON.parse(out)).toEqual({
      created: 1,
      replaced: 0,
      refused: 1,
      problems: [{ line: 3, message: expect.stringMatching(/^msisdn is not a phone number/) }],
      warnings: [{ line: 2, message: expect.stringMatching(/^msisdn no such number/) }],
    })
  })

  test.each([
    ['a wrong column', 'id,emial\nann,x\n', 1, 'emial: is not a known column; did you mean email? (code 1000'],
    ['a header alone that is wrong', 'id,emial\n', 1, 'emial: is not a known column'],
    ['no header', '', 1, 'the standard input is empty'],
  ])('of %s', async (_, input, expected, words) => {
    const { code, err } = await run(['import', '-'], input)
    expect(code).toBe(expected)
    expect(err).toContain(words)
  })

  test('of a file that is not there, or with a report that cannot be written, does nothing', async () => {
    expect(await run(['import', 'nowhere.csv'])).toMatchObject({
      code: 2,
      err: 'nowhere.csv cannot be read (ENOENT)\n',
    })
    expect(await run(['import', cwd])).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be read (EISDIR)'),
    })
    writeFileSync(join(cwd, 'latin.csv'), Buffer.from('id,name\nann,J\xf6rg\n', 'latin1'))
    expect(await run(['import', 'latin.csv'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^latin\.csv must be/),
    })
    write('people.csv', ['id', 'ann'])
    const wrong = await run(['import', 'people.csv', '--report', 'no/such/folder.csv'])
    expect(wrong).toMatchObject({ code: 2, err: '--report: no/such/folder.csv cannot be written (ENOENT)\n' })
    expect(await run(['import', 'people.csv', '--default-country', 'XX'])).toMatchObject({ code: 1 })
    expect(await stored()).toEqual([])
  })

  test('that is cut off in the middle says what is stored', async () => {
    write('cut.csv', ['id', ...Array.from({ length: 1_500 }, (_, n) => `p${n}`)])
    const client = new UntilreadClient({ url, apiKey: KEY })
    let calls = 0
    client.importContacts = (...parameters) => {
      if (++calls === 2) return Promise.reject(new Error('gone'))
      return UntilreadClient.prototype.importContacts.apply(client, parameters)
    }
    const { terminal, err } = recordingTerminal()
    await expect(importFile(join(cwd, 'cut.csv'), client, terminal, {})).rejects.toThrow('gone')
    expect(err()).toBe('Stopped: 1,000 contacts are stored. The same file may be imported again from its beginning.\n')
  })

  test('shows a bar on a terminal, which is gone at the end', async () => {
    write('bar.csv', ['id', ...Array.from({ length: 2_500 }, (_, n) => `p${n}`), 'p1'])
    const { terminal, out } = recordingTerminal()
    const client = new UntilreadClient({ url, apiKey: KEY })
    expect(await importFile(join(cwd, 'bar.csv'), client, terminal, {})).toBe(1)
    expect(out()).toMatch(/\[#+\.*\]\s+\d+ % {2}1,000 lines/)
    expect(out()).toContain('2,500 created, 0 replaced, 1 line refused.')
    expect(out().split('\r').at(-1)).not.toContain('[#')
  })
})

describe('contacts', () => {
  test('are listed, shown and removed', async () => {
    await run(['import', '-'], 'id,name,email\nann/1,Ann,ann@example.org\nbob,,\n')
    expect((await run(['list'])).out).toBe('ann/1  Ann  ann@example.org\nbob\n')
    const lines = (await run(['list', '--json'])).out.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['ann/1', 'bob'])
    expect((await run(['get', 'ann/1'])).out).toMatch(
      /^id {9}ann\/1\nname {7}Ann\nemail {6}ann@example\.org\ncreatedAt {2}2/,
    )
    expect(JSON.parse((await run(['get', 'ann/1', '--json'])).out)).toMatchObject({ id: 'ann/1', name: 'Ann' })
    expect(await run(['delete', 'ann/1'])).toEqual({ code: 0, out: 'Removed ann/1.\n', err: '' })
    expect(await run(['delete', 'ann/1'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('code 1300'),
    })
    expect((await run(['delete', 'bob', '--json'])).out).toBe('{"id":"bob","deleted":true}\n')
    expect(await run(['list'])).toMatchObject({ code: 0, out: '', err: expect.stringContaining('no contacts') })
  })

  test('are listed all, page by page', async () => {
    const ids = Array.from({ length: 2_100 }, (_, n) => `p${String(n).padStart(4, '0')}`)
    await run(['import', '-'], ['id', ...ids].join('\n'))
    expect((await run(['list'])).out).toBe(`${ids.join('\n')}\n`)
  })
})

test('the client sets and changes contacts', async () => {
  const client = new UntilreadClient({ url, apiKey: KEY })
  const put = await client.putContact('a b/ö', { name: 'A', msisdn: '0170 1234567' }, { defaultCountry: 'DE' })
  expect(put).toMatchObject({ id: 'a b/ö', msisdn: '+491701234567' })
  const changed = await client.changeContact('a b/ö', { name: null, email: 'a@example.org' })
  expect(changed).toMatchObject({ email: 'a@example.org', msisdn: '+491701234567' })
  expect(changed).not.toHaveProperty('name')
  expect(await client.contact('a b/ö')).toEqual(changed)
  expect(await client.contacts()).toEqual({ contacts: [changed], next: null })
  expect(await client.deleteContact('a b/ö')).toBeUndefined()
  await expect(client.contact('a b/ö')).rejects.toMatchObject({ status: 404, code: 1300 })
})
