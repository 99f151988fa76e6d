import { describe, expect, test } from 'vitest'
import { NotCsv, readCsv } from './csv-records.ts'

async function read(text: string | Buffer, cutEvery = Number.POSITIVE_INFINITY) {
  const bytes = Buffer.from(text as string)
  const pieces: Buffer[] = []
  for (let from = 0; from < bytes.length; from += cutEvery) pieces.push(bytes.subarray(from, from + cutEvery))
  const records = []
  for await (const batch of readCsv(pieces)) records.push(...batch)
  return records.map(({ line, raw, cells }) => ({ line, raw, cells: cells ?? 'broken' }))
}
const cellsOf = async (text: string) => (await read(text)).map(({ cells }) => cells)

const FILE = '\ufeffid,name\r\n1,"Öz, ""A"""\r\n\r\n2,"two\r\nlines"\r\n , \r\n3, 🙂 \r\n'
const RECORDS = [
  { line: 1, raw: 'id,name', cells: ['id', 'name'] },
  { line: 2, raw: '1,"Öz, ""A"""', cells: ['1', 'Öz, "A"'] },
  { line: 4, raw: '2,"two\nlines"', cells: ['2', 'two\nlines'] },
  { line: 7, raw: '3, 🙂 ', cells: ['3', '🙂'] },
]

describe('a CSV file', () => {
  test('is read with its quotes, its lines counted, and without empty lines', async () => {
    expect(await read(FILE)).toEqual(RECORDS)
  })

  test.each([1, 2, 3, 5, 7])('reads the same when it comes %i bytes at a time', async (size) => {
    expect(await read(FILE, size)).toEqual(RECORDS)
  })

  test.each(['\n', '\r'])('reads the same with other line breaks, also without one at the end', async (lineBreak) => {
    expect(await read(FILE.replaceAll('\r\n', lineBreak).trimEnd())).toEqual([
      ...RECORDS.slice(0, -1),
      { line: 7, raw: '3, 🙂', cells: ['3', '🙂'] },
    ])
  })

  test.each([
    ['id;name\n1;a, b\n', ['1', 'a, b']],
    ['id\tname\tx\n1\t\t3\n', ['1', '', '3']],
    ['"a;b;c;d",name\n1;2,3\n', ['1;2', '3']],
    ['id\n1\n', ['1']],
  ])('%j is parted by what stands between the names of the columns', async (text, second) => {
    expect((await cellsOf(text))[1]).toEqual(second)
  })

  test.each([
    ['text behind a closed quote', '3,"x"y'],
    ['a quote that is opened and never closed', '3,"x'],
    ['a quote in the middle', '3,x"y'],
    ['two of them', '3,x"y"z'],
  ])('%s breaks its own line and no other', async (_, wrong) => {
    const text = `id,name\n1,a\n${wrong}\n4,"d"\n5,"e\nf"\n${wrong}\n7,g\n`
    const [one, four, five, seven] = [
      ['1', 'a'],
      ['4', 'd'],
      ['5', 'e\nf'],
      ['7', 'g'],
    ]
    expect(await cellsOf(text)).toEqual([['id', 'name'], one, 'broken', four, five, 'broken', seven])
    expect((await read(text)).map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 7, 8])
  })

  test('a quote that is never closed is given up after a hundred lines, however long the file', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => `${n},x`)
    const records = await cellsOf(['id,name', '0,"never', ...many].join('\n'))
    expect(records[1]).toBe('broken')
    expect(records.slice(2)).toEqual(many.map((line) => line.split(',')))
  })

  test('with ten thousand lines comes in batches, whole and in order', async () => {
    const ids = Array.from({ length: 10_000 }, (_, n) => [`id${n}`])
    expect(await cellsOf(ids.join('\n'))).toEqual(ids)
  })

  test('of nothing has no records', async () => {
    expect(await read('')).toEqual([])
    expect(await read('\ufeff\n \n,;\n')).toEqual([{ line: 3, raw: ',;', cells: ['', ';'] }])
  })
})

describe('what is no CSV', () => {
  test.each([
    ['Latin letters of an old encoding', Buffer.from('id,name\n1,J\xf6rg\n', 'latin1'), 'must be UTF-8'],
    ['two bytes for each character', Buffer.from('\ufeffid,name\n', 'utf16le'), 'must be UTF-8'],
    ['a line without end', Buffer.from(`id\n${'x'.repeat(300_000)}`), 'line 2 is too long'],
    ['a character that is cut off', Buffer.from('id\nJ\xc3', 'latin1'), 'must be UTF-8'],
  ])('%s is told', async (_, bytes, words) => {
    const error = await read(bytes).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(NotCsv)
    expect(String(error)).toContain(words)
  })
})
