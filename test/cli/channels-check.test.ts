import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ChannelDefinition, defineChannel } from '../../src/channels/define-channel.ts'
import { checkChannels } from '../../src/cli/channels-check.ts'
import { CliFailure } from '../../src/cli/exit.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { CheckOutcome } from '../../src/engine/ports/channel.ts'
import { checkConnections } from '../../src/main.ts'
import { recordingTerminal } from './recording-terminal.ts'
import { runCli } from './run-cli.ts'

type Check = (signal: AbortSignal) => Promise<CheckOutcome>

/** What was done to the channels of a test. */
let happened: string[]
beforeEach(() => {
  happened = []
})

/** A provider whose login is as `check` says; without one it cannot be asked. */
function provider(id: string, check?: Check): ChannelDefinition {
  return defineChannel({
    id,
    serves: ['SMS'],
    summary: 'For a test.',
    config: Type.Object({}),
    abilities: () => ({ reports: ['accepted'], address: 'phone', carries: ['text'], takesIdempotencyKey: false }),
    create: (_, { connectionId }) => ({
      send: async () => {
        happened.push(`${connectionId} sent`)
        return { kind: 'accepted' }
      },
      start: () => void happened.push(`${connectionId} started`),
      close: async () => void happened.push(`${connectionId} closed`),
      ...(check && { check }),
    }),
  })
}
const good: Check = async () => ({ kind: 'good', detail: 'Acme Ltd' })
const refused: Check = async () => ({ kind: 'refused', detail: 'the login\n is wrong' })
const unknown: Check = async () => ({ kind: 'unknown', detail: 'the provider answered 503' })

/** A configuration with a connection for each, by its name. */
function configured(checks: Record<string, Check | undefined>): Config {
  const connections = Object.keys(checks).map((id) => `  ${id}: { provider: ${id}-provider }\n`)
  const yaml = connections.length === 0 ? '' : `connections:\n${connections.join('')}`
  const outside = { environment: {}, readFile: () => yaml }
  const channels = Object.entries(checks).map(([id, check]) => provider(`${id}-provider`, check))
  return loadConfig({ ...outside, flags: { config: 'untilread.yaml' } }, { channels }).config
}

async function check(config: Config, ids: string[] = [], json = false) {
  const { terminal, out, err } = recordingTerminal({ interactive: false })
  const code = await checkChannels(ids, config, terminal, json)
  return { code, out: out(), err: err() }
}

describe('channels check', () => {
  test('prints a line for each connection in the order of the file, and fails when one is refused', async () => {
    const config = configured({ sms: good, 'whatsapp-of-the-shop': refused, mail: undefined })
    expect(await check(config)).toEqual({
      code: 1,
      out:
        'sms                   sms-provider                   good: Acme Ltd\n' +
        'whatsapp-of-the-shop  whatsapp-of-the-shop-provider  refused: the login  is wrong\n' +
        'mail                  mail-provider                  cannot be asked\n',
      err: '',
    })
  })

  test.each<[string, number, Record<string, Check | undefined>]>([
    ['all are good', 0, { a: good, b: async () => ({ kind: 'good' }) }],
    ['some cannot be asked', 0, { a: good, b: undefined }],
    ['one is unknown', 1, { a: good, b: unknown }],
    ['one fails on our side', 1, { a: async () => Promise.reject(new Error('oh no')), b: good }],
  ])('when %s it ends with %i', async (_, code, checks) => {
    expect((await check(configured(checks))).code).toBe(code)
  })

  test('checks only those that are named, and says when one is no connection', async () => {
    const config = configured({ sms: good, backup: refused })
    expect(await check(config, ['sms', 'sms'])).toEqual({
      code: 0,
      out: 'sms  sms-provider  good: Acme Ltd\n',
      err: '',
    })
    const refusal = (ids: string[], of = config) => check(of, ids).catch((error: CliFailure) => error)
    const unknownName = await refusal(['sms', 'bakcup'])
    expect(unknownName).toBeInstanceOf(CliFailure)
    expect(unknownName).toMatchObject({
      exitCode: 2,
      message: 'There is no connection "bakcup". Did you mean backup?',
    })
    expect(await refusal(['x'])).toMatchObject({ message: 'There is no connection "x": there are sms, backup' })
    expect(await refusal(['x'], configured({}))).toMatchObject({
      message: 'There is no connection "x": none is configured',
    })
  })

  test('--json prints a line of JSON for each', async () => {
    const { out } = await check(configured({ sms: good, mail: undefined }), [], true)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { connection: 'sms', provider: 'sms-provider', result: 'good', detail: 'Acme Ltd' },
      { connection: 'mail', provider: 'mail-provider', result: 'cannot be asked' },
    ])
  })

  test('without connections there is nothing to check', async () => {
    expect(await check(configured({}))).toEqual({
      code: 0,
      out: '',
      err: 'No connection is configured: there is nothing to check.\n',
    })
  })

  test('on a terminal it says whom it waits for meanwhile', async () => {
    const { terminal, out } = recordingTerminal()
    await checkChannels([], configured({ sms: good, mail: good }), terminal, false)
    expect(out()).toContain('Asking about sms, mail …')
  })
})

describe('checking connections', () => {
  test('asks all at once, sends and starts nothing, and closes every channel', async () => {
    const together = Promise.withResolvers<void>()
    let asked = 0
    const waits: Check = async () => {
      asked += 1
      if (asked === 2) together.resolve()
      await together.promise
      return { kind: 'good' }
    }
    const config = configured({ a: waits, b: waits, c: undefined })
    const checked = await checkConnections(config, ['a', 'b'], new AbortController().signal)
    expect(checked.map(({ id, outcome }) => [id, outcome?.kind])).toEqual([
      ['a', 'good'],
      ['b', 'good'],
    ])
    expect(happened.toSorted()).toEqual(['a closed', 'b closed', 'c closed'])
  })

  test('one that hangs is unknown once the time is over, and the others are told all the same', async () => {
    const hangs: Check = () => new Promise(() => {})
    const over = new AbortController()
    const checks = { hangs, sms: good, quick: async () => Promise.reject(new Error('no such file')) }
    const checking = checkConnections(configured(checks), Object.keys(checks), over.signal)
    await setImmediate()
    over.abort()
    expect((await checking).map(({ outcome }) => outcome)).toEqual([
      { kind: 'unknown', detail: 'there was no answer in time' },
      { kind: 'good', detail: 'Acme Ltd' },
      { kind: 'unknown', detail: 'the check failed (no such file)' },
    ])
    expect(happened).toContain('hangs closed')
  })

  test('a channel is told when its time is over', async () => {
    const hears: Check = (signal) => new Promise(() => signal.addEventListener('abort', () => happened.push('told')))
    const over = new AbortController()
    const checking = checkConnections(configured({ hears }), ['hears'], over.signal)
    over.abort()
    await checking
    expect(happened).toEqual(['told', 'hears closed'])
  })
})

describe('as a process', () => {
  let cwd: string
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'untilread-check-'))
  })
  afterEach(() => rmSync(cwd, { recursive: true }))

  test('reads the configuration, and ends by itself', async () => {
    const url = 'http://127.0.0.1:9/messages'
    const secret = `whsec_${Buffer.alloc(24).toString('base64')}`
    const own = { provider: 'webhook', channels: ['Pager'], url, secret }
    writeFileSync(join(cwd, 'untilread.yaml'), JSON.stringify({ connections: { own } }))
    expect(await runCli(['channels', 'check'], { cwd })).toEqual({
      code: 0,
      out: 'own  webhook  cannot be asked\n',
      err: '',
    })
    const { code, out, err } = await runCli(['channels', 'check', 'onw'], { cwd })
    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: 'There is no connection "onw". Did you mean own?\n',
    })
  })
})
