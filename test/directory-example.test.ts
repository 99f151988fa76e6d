import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpDirectory } from '../src/directory/http-directory.ts'
import { systemClock } from '../src/system/clock.ts'
import { newId } from '../src/system/ids.ts'
import { MovableClock } from '../src/system/movable-clock.ts'

const SECRET = `whsec_${Buffer.from('a secret for the example, 32 bytes').toString('base64')}`
const OTHER = `whsec_${Buffer.from('another secret, which it cannot know').toString('base64')}`
const closers: (() => Promise<unknown>)[] = []
let url: string

/** The example as it stands in the guide, started as its readers start it. */
beforeAll(async () => {
  const guide = await readFile(new URL('../docs/guides/directory.md', import.meta.url), 'utf8')
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(guide) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'untilread-example-'))
  closers.push(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'users.mjs'), code)
  const example = spawn(process.execPath, ['users.mjs'], {
    cwd: folder,
    env: { PATH: process.env.PATH, DIRECTORY_SECRET: SECRET, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closers.push(async () => {
    const ended = once(example, 'exit')
    if (example.exitCode === null && example.kill()) await ended
  })
  const { value: line } = await createInterface(example.stdout)[Symbol.asyncIterator]().next()
  url = `http://127.0.0.1:${/port: (\d+)/.exec(String(line))?.[1]}/`
})
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function find(contactId: string, { secrets = [SECRET], subAccountId = 'default', clock = systemClock } = {}) {
  const config = { url, secrets, timeoutMs: 10_000, cacheForMs: 0 }
  const directory = httpDirectory(config, { clock, newId, log: { warn: () => {} } })
  try {
    return await directory.find(subAccountId, contactId, new AbortController().signal)
  } finally {
    await directory.close()
  }
}

test('the example of a user database tells whom it knows, and that it does not know others', async () => {
  const ann = { name: 'Ann', email: 'ann@example.com', msisdn: '+6590000001', language: 'en' }
  expect(await find('ann-17')).toEqual(ann)
  expect(await find('bob')).toBeUndefined()
  expect(await find('ann-17', { subAccountId: 'other' })).toBeUndefined()
  expect(await find('ann-17', { secrets: [OTHER, SECRET] })).toEqual(ann)
})

test('the example believes nobody with another secret, and nothing that is old', async () => {
  await expect(find('ann-17', { secrets: [OTHER] })).rejects.toThrow('does it have the same secret?')
  const late = new MovableClock(systemClock.now() - 6 * 60_000)
  await expect(find('ann-17', { clock: late })).rejects.toThrow('answered 401')
})

test('the example outlives what is no signature at all', async () => {
  const wrong = [{}, { 'webhook-signature': `v1,${'\u00ff'.repeat(44)}` }, { 'webhook-signature': 'v1, v1' }]
  for (const more of wrong) {
    const headers = { 'webhook-id': '1', 'webhook-timestamp': String(Math.floor(systemClock.now() / 1000)), ...more }
    const answer = await fetch(url, { method: 'POST', headers, body: '{"contactId":"ann-17"}' })
    expect(answer.status).toBe(401)
  }
  expect(await find('bob')).toBeUndefined()
})
