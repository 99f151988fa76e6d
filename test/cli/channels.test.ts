import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printChannels } from '../../src/cli/channels-table.ts'
import type { ChannelConnection, ChannelView } from '../../src/client/client.ts'
import { CONTENT_TYPES } from '../../src/domain/content.ts'
import { type ApiHouse, KEY, openApiHouse } from '../support/api-house.ts'
import { recordingTerminal } from './recording-terminal.ts'
import { runCli } from './run-cli.ts'

describe('channels, asked of a running service', () => {
  let house: ApiHouse
  let url: string
  let cwd: string
  beforeAll(async () => {
    house = await openApiHouse()
    url = await house.listen()
    cwd = mkdtempSync(join(tmpdir(), 'untilread-channels-'))
  })
  afterAll(async () => {
    await house.close()
    rmSync(cwd, { recursive: true })
  })
  const run = (...words: string[]) =>
    runCli(['channels', ...words], { cwd, environment: { UNTILREAD_URL: url, UNTILREAD_API_KEY: KEY } })

  test('prints a table of those that are connected, and names the others', async () => {
    const { code, out, err } = await run()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')).toEqual([
      '  Connection  Provider  Address  Reports    Lifetime  Recall  Key  Hears  Carries',
      'SMS',
      '  sms         scripted  phone    Delivered  –         –       –    –      text',
      'WhatsApp  at most 4096 characters',
      '  fake        scripted  phone    Read       –         –       –    –      text',
      'Viber  at most 1000 characters',
      '  fake        scripted  phone    Read       –         –       –    –      text',
      '',
      'Without a connection here: RCS, ZaloNotification, LineNotification, Line, Facebook, Instagram,',
      'WeChat, Zalo, Kakao, Telegram, Push, Email',
      '',
    ])
  })

  test('prints those that are named, in any spelling, with "list" or without', async () => {
    const { out } = await run('list', 'ZNS', 'sms')
    expect(out.split('\n').slice(1)).toEqual([
      'SMS',
      '  sms         scripted  phone    Delivered  –         –       –    –      text',
      '',
      'Without a connection here: ZaloNotification',
      '',
    ])
    expect((await run('sms', 'zns')).out).toBe(out)
    expect((await run('googlercs')).out).toBe('Without a connection here: RCS\n')
  })

  test('--json prints what the service answered', async () => {
    const { channels } = (await house.call('GET', '/api/v1/channels')).json
    expect(JSON.parse((await run('--json')).out)).toEqual({ channels })
    const { out } = await run('whatsapp', '--json')
    expect(JSON.parse(out).channels).toEqual([expect.objectContaining({ channel: 'WhatsApp' })])
  })

  test.each([
    ['whatsap', 'There is no channel "whatsap". Did you mean WhatsApp?\n'],
    ['chekc', 'There is no channel "chekc". Did you mean check?\n'],
    ['pigeon', 'There is no channel "pigeon"\n'],
  ])('%s is no channel', async (name, message) => {
    expect(await run(name)).toEqual({ code: 2, out: '', err: message })
  })

  test('is refused for a subaccount that the key is not for', async () => {
    const { code, err } = await run('--subaccount', 'other')
    expect(code).toBe(1)
    expect(err).toContain('this API key belongs to another subaccount')
  })
})

describe('the table', () => {
  const connection = (id: string, more: Partial<ChannelConnection> = {}): ChannelConnection => ({
    id,
    provider: 'twilio',
    reports: ['Accepted', 'Sent', 'Delivered'],
    address: 'phone',
    carries: ['text'],
    revokes: false,
    takesIdempotencyKey: false,
    health: 'up',
    hearsReplies: false,
    ...more,
  })
  const channel = (name: string, ...connections: ChannelConnection[]): ChannelView => ({
    channel: name,
    connected: connections.length > 0,
    successStatuses: ['Accepted'],
    address: 'phone',
    otherSpellings: [],
    connections,
  })
  const lines = (...channels: ChannelView[]) => {
    const { terminal, out } = recordingTerminal({ interactive: false })
    printChannels(channels, terminal)
    return out().split('\n')
  }

  test('says what is down, since when and why', () => {
    const down = { health: 'down', because: 'the connection was refused', since: '2026-03-01T12:00:00.000Z' } as const
    expect(lines(channel('SMS', connection('a'), connection('b', down))).at(-2)).toBe(
      '    down since 2026-03-01T12:00:00.000Z: the connection was refused',
    )
  })

  test('tells lifetimes in their largest whole unit, and what a connection can do as marks', () => {
    const everything = {
      validity: { min: 30, max: 1_209_600 },
      revokes: true,
      takesIdempotencyKey: true,
      hearsReplies: true,
      carries: [...CONTENT_TYPES],
    }
    expect(
      lines(
        channel('SMS', connection('a', { validity: { min: 1, max: 36_000 } }), connection('b', everything)),
        channel('RCS', connection('c', { validity: { min: 60, max: 90_000 }, reports: [] })),
      ),
    ).toEqual([
      '  Connection  Provider  Address  Reports    Lifetime      Recall  Key  Hears  Carries',
      'SMS',
      '  a           twilio    phone    Delivered  1 s – 10 h    –       –    –      text',
      '  b           twilio    phone    Delivered  30 s – 14 d   ✓       ✓    ✓      everything',
      'RCS',
      '  c           twilio    phone    –          1 min – 25 h  –       –    –      text',
      '',
    ])
  })

  test('fits 100 columns, however long the names and however many content types', () => {
    const carries = CONTENT_TYPES.filter((type) => type !== 'buttons')
    const wide = {
      provider: 'whatsapp-cloud',
      validity: { min: 60, max: 1_209_600 },
      carries,
      takesIdempotencyKey: true,
    }
    const printed = lines(
      { ...channel('WhatsApp', connection('x'.repeat(64), wide)), maxTextLength: 4096, otherSpellings: ['WA', 'WAB'] },
      ...Array.from({ length: 20 }, (_, n) => channel(`Operator’s own channel ${n}`)),
    )
    expect(printed.filter((line) => line.length > 100)).toEqual([])
    expect(printed.slice(1, 4)).toEqual([
      'WhatsApp  at most 4096 characters; also WA, WAB',
      `  ${'x'.repeat(15)}…  whatsapp-cloud  phone    Delivered  1 min – 14 d  –       ✓    –      text, …`,
      `    carries ${carries.join(', ')}`,
    ])
  })

  test('without any connection only names the channels', () => {
    expect(lines(channel('SMS'), channel('RCS'))).toEqual(['Without a connection here: SMS, RCS', ''])
  })

  test('names of others do not steer the terminal', () => {
    expect(lines(channel('Pa\u001b[2Jger', connection('x'))).join('')).not.toContain('\u001b')
  })
})
