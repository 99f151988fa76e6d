import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readLocalAccess, writeLocalAccess } from './local-file.ts'
import { findTarget } from './target.ts'

const access = { url: 'http://localhost:3000', apiKey: 'utr_local', subAccountId: 'default' }
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'untilread-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the file that lets the commands in', () => {
  test('is for its owner only, also where an older one was open to all', () => {
    const path = join(folder, 'local.json')
    writeFileSync(path, '{}')
    chmodSync(path, 0o666)
    writeLocalAccess(folder, access)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readLocalAccess(folder)).toEqual(access)
    expect(readdirSync(folder)).toEqual(['local.json'])
  })

  test('makes its folder', () => {
    writeLocalAccess(join(folder, 'a/b'), access)
    expect(readLocalAccess(join(folder, 'a/b'))).toEqual(access)
  })

  test.each(['', 'null', '{"url":1}', '{"url":"x","apiKey":"k","subAccountId":"s"}'])(
    'with %j in it counts as none',
    (text) => {
      writeFileSync(join(folder, 'local.json'), text)
      expect(readLocalAccess(folder)).toBeUndefined()
    },
  )
})

describe('where a command goes', () => {
  const find = (options: Parameters<typeof findTarget>[0], environment = {}) =>
    findTarget({ dataDir: folder, ...options }, environment)

  test('flags win over the environment, the environment over the server of this machine', () => {
    writeLocalAccess(folder, access)
    const environment = { UNTILREAD_URL: 'https://env.example', UNTILREAD_API_KEY: 'env' }
    expect(find({})).toEqual(access)
    expect(find({}, environment)).toMatchObject({ url: 'https://env.example', apiKey: 'env' })
    expect(find({ url: 'https://flag.example', apiKey: 'flag', subaccount: 'shop' }, environment)).toEqual({
      url: 'https://flag.example',
      apiKey: 'flag',
      subAccountId: 'shop',
    })
  })

  test('the data folder may come from the environment', () => {
    writeLocalAccess(folder, access)
    expect(findTarget({}, { UNTILREAD_DATA_DIR: folder })).toEqual(access)
  })

  test('the key of the server of this machine goes to no other', () => {
    writeLocalAccess(folder, access)
    expect(() => find({ url: 'https://other.example' })).toThrow('There is no API key for https://other.example')
    expect(find({ url: 'http://localhost:3000/' }).apiKey).toBe('utr_local')
  })

  test('without a server here and without a key it says how to give one', () => {
    expect(() => find({})).toThrow(/--api-key or UNTILREAD_API_KEY/)
  })

  test('a URL that is none is refused', () => {
    expect(() => find({}, { UNTILREAD_URL: 'localhost:3000', UNTILREAD_API_KEY: 'k' })).toThrow(/must start with https/)
  })
})
