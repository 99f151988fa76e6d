import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIRST_MESSAGE } from '../../src/cli/start-page.ts'
import { type Running, runCli, startCli } from './run-cli.ts'

let cwd: string
const running: Running[] = []
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'untilread-'))
})
afterEach(async () => {
  for (const { child, finished } of running.splice(0)) {
    child.kill('SIGKILL')
    await finished
  }
  rmSync(cwd, { recursive: true })
})

async function start(words: readonly string[] = [], environment: Record<string, string> = {}) {
  const server = startCli(['serve', '--port', '0', '--log-level', 'warn', ...words], { cwd, environment })
  running.push(server)
  const page = await server.printed(/(watch UMID|keys create)\n/)
  const url = /Listens on +(\S+)/.exec(page)?.[1] ?? ''
  const key = /API key +(\S+)/.exec(page)?.[1] ?? ''
  return { ...server, page, url, key }
}

async function stop({ child, finished }: Running) {
  child.kill('SIGTERM')
  return await finished
}

describe('serve', () => {
  test('tells where it listens and a key, and the message it shows can be sent as it stands, watched and told', async () => {
    const server = await start()
    const [, body] = /-d '(.*)'/.exec(server.page) ?? []
    expect(body).toBe(FIRST_MESSAGE)
    const answer = await fetch(`${server.url}/api/v1/subaccounts/default/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: body ?? '',
    })
    expect(answer.status).toBe(200)
    const { umid } = (await answer.json()) as { umid: string }

    const status = await runCli(['status', umid], { cwd })
    expect(status.out).toContain('1 WhatsApp')
    const watcher = startCli(['watch', umid, '--json'], { cwd })
    running.push(watcher)
    await watcher.printed(/step-opened/)
    const advanced = await fetch(`${server.url}/sandbox/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"advance":61}',
    })
    expect(advanced.status).toBe(200)
    const { code, out } = await watcher.finished
    expect(code).toBe(0)
    expect(JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      umid,
      outcome: { state: 'succeeded', channel: 'Viber' },
    })
    expect(await stop(server)).toMatchObject({ code: 0, err: '' })
  })

  test('the next start shows the same key, and the file that holds it is for its owner only', async () => {
    const first = await start()
    expect(statSync(join(cwd, 'data/local.json')).mode & 0o777).toBe(0o600)
    await stop(first)
    const second = await start()
    expect(second.key).toBe(first.key)
    await stop(second)
  })

  test('a preset key is the key', async () => {
    const server = await start([], { UNTILREAD_API_KEY: 'my-preset-key' })
    expect(server.key).toBe('my-preset-key')
    expect(await stop(server)).toMatchObject({ code: 0 })
  })

  test('without the simulated phones no key goes into a pipe, and none into the data folder', async () => {
    const server = await start(['--no-sandbox'], { UNTILREAD_API_KEY: 'my-preset-key' })
    const { out, err } = await stop(server)
    expect(out).toContain('keys create')
    expect(out + err).not.toContain('my-preset-key')
    expect(existsSync(join(cwd, 'data/local.json'))).toBe(false)
  })

  test('a Ctrl-C that arrives twice, as under npm, is one', async () => {
    const server = await start()
    server.child.kill('SIGINT')
    server.child.kill('SIGINT')
    expect(await server.finished).toMatchObject({ code: 0 })
  })

  test('a port that is taken is told in a sentence', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { code, out, err } = await runCli(['serve', '--port', String(port), '--log-level', 'silent'], { cwd })
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: `Port ${port} is taken. Choose another with --port or PORT.\n`,
    })
    await new Promise((resolve) => other.close(resolve))
  })
})

describe('keys', () => {
  test('are made before the first start, listed without what is secret, and revoked by what they begin with', async () => {
    const made = await runCli(['keys', 'create', '--subaccount', 'shop'], { cwd })
    const key = made.out.trim()
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('the subaccount shop') })
    expect(key).toMatch(/^utr_[\w-]{32}$/)
    const listed = await runCli(['keys', 'list', '--json'], { cwd })
    expect(JSON.parse(listed.out)).toMatchObject([{ subAccountId: 'shop', prefix: key.slice(0, 8) }])
    expect(listed.out).not.toContain(key)
    expect(await runCli(['keys', 'revoke', key], { cwd })).toMatchObject({ code: 0 })
    expect((await runCli(['keys', 'list'], { cwd })).out).toMatch(/ revoked 20/)
    expect(await runCli(['keys', 'revoke', key], { cwd })).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such key'),
    })
    expect(await runCli(['keys', 'create', '--subaccount', 'a b'], { cwd })).toMatchObject({ code: 2 })
  })

  test('migrate tells what it applied, and the second time that there is nothing to do', async () => {
    expect((await runCli(['migrate'], { cwd })).out).toMatch(/^Applied /)
    expect((await runCli(['migrate'], { cwd })).out).toBe('The database is up to date.\n')
  })
})

const launcher = fileURLToPath(new URL('../../bin/untilread.js', import.meta.url))
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((node) => existsSync(node) && Number(execFileSync(node, ['-p', 'parseInt(process.versions.node)'])) < 24)

describe('the launcher', () => {
  test('under the Node that it needs it runs the program itself', async () => {
    const { code, out } = await runCli(['--version'], { cwd, program: launcher })
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  test.skipIf(oldNode === undefined)('under an older Node it takes the pinned one, with its exit code', async () => {
    const node = oldNode ?? ''
    expect(await runCli(['--version'], { cwd, program: launcher, node })).toMatchObject({ code: 0 })
    expect(await runCli(['nonsense'], { cwd, program: launcher, node })).toMatchObject({ code: 2 })
  })

  test.skipIf(oldNode === undefined)('where there is no Node that will do, it says so in a sentence', async () => {
    mkdirSync(join(cwd, 'bin'))
    copyFileSync(launcher, join(cwd, 'bin/untilread.js'))
    writeFileSync(join(cwd, 'package.json'), '{"type":"module"}')
    const where = { cwd, program: join(cwd, 'bin/untilread.js'), node: oldNode ?? '' }
    const { code, out, err } = await runCli(['serve'], where)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^Untilread needs Node 24 or newer; this is v\d+\..*\n$/)
  })

  test.skipIf(oldNode === undefined)('a signal to the launcher stops the service in good order', async () => {
    const where = { cwd, program: launcher, node: oldNode ?? '' }
    const server = startCli(['serve', '--port', '0', '--log-level', 'warn'], where)
    running.push(server)
    await server.printed(/watch UMID/)
    expect(await stop(server)).toMatchObject({ code: 0 })
  })
})
