import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { entry, event, FakeService, sendJson, startEvents, succeeded, timeline } from './fake-service.ts'
import { runCli, startCli } from './run-cli.ts'

let service: FakeService
let cwd: string
beforeEach(async () => {
  service = await FakeService.start()
  cwd = mkdtempSync(join(tmpdir(), 'untilread-'))
})
afterEach(async () => {
  await service.stop()
  rmSync(cwd, { recursive: true })
})

const environment = () => ({ UNTILREAD_URL: service.url, UNTILREAD_API_KEY: 'key-1-of-the-test', TZ: 'UTC' })
const run = (words: string[], more: { input?: string; environment?: Record<string, string> } = {}) =>
  runCli(words, { cwd, input: more.input, environment: { ...environment(), ...more.environment } })

const EVENTS = '/messages/u1/events'
const TIMELINE = '/messages/u1/timeline'
const page = (version: number, ...entries: object[]) =>
  event('timeline', { umid: 'u1', version, state: 'live', entries }, version)

function tellStory(outcome: object = succeeded): void {
  service.on('GET', TIMELINE, timeline)
  service.on('GET', EVENTS, (_, response) => {
    startEvents(response)
    response.write(page(1, entry(1, 'step-opened', 'The message goes to WhatsApp.', 0)))
    response.write(page(2, entry(2, 'receipt', 'WhatsApp reports read.', 4)))
    response.write(event('ended', { umid: 'u1', outcome }))
  })
}

describe('watch', () => {
  test('into a pipe: plain lines with time, elapsed time, step, channel and sentence, and 0 for success', async () => {
    tellStory()
    const { code, out, err } = await run(['watch', 'u1'])
    expect(out).toBe(
      [
        'u1  WhatsApp → SMS',
        '09:00:00        +0.0 s  1 WhatsApp  The message goes to WhatsApp.',
        '09:00:04        +4.0 s  1 WhatsApp  WhatsApp reports read.',
        'Succeeded: read on WhatsApp, 4.0 s after it was accepted.',
        '',
      ].join('\n'),
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  test('FORCE_COLOR paints also into a pipe, and NO_COLOR does not', async () => {
    tellStory()
    expect((await run(['watch', 'u1'], { environment: { FORCE_COLOR: '1' } })).out).toContain('\u001b[')
    expect((await run(['watch', 'u1'], { environment: { NO_COLOR: '1' } })).out).not.toContain('\u001b[')
  })

  test('--json prints a line for each entry and one for the outcome', async () => {
    tellStory()
    const { out } = await run(['watch', 'u1', '--json'])
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ umid, version, code, outcome }) => [umid, version ?? outcome.state, code])).toEqual([
      ['u1', 1, 'step-opened'],
      ['u1', 2, 'receipt'],
      ['u1', 'succeeded', undefined],
    ])
  })

  test('3 when the message ended otherwise', async () => {
    tellStory({ state: 'exhausted', at: succeeded.at, doubleExposure: true })
    const { code, out } = await run(['watch', 'u1'])
    expect(code).toBe(3)
    expect(out).toMatch(/Exhausted: .*\nMore than one channel reached the person\.\n$/)
  })

  test('a cut connection is told on the side and taken up where it broke off', async () => {
    service.on('GET', TIMELINE, timeline)
    service.on('GET', EVENTS, ({ headers }, response) => {
      startEvents(response)
      if (headers['last-event-id'] === undefined) response.end(page(1, entry(1, 'step-opened', 'one', 0)))
      else response.write(page(2, entry(2, 'receipt', 'two', 4)) + event('ended', { umid: 'u1', outcome: succeeded }))
    })
    const { code, out, err } = await run(['watch', 'u1'])
    expect(code).toBe(0)
    expect(out.match(/one|two/g)).toEqual(['one', 'two'])
    expect(err).toMatch(/trying again in 0\.5 s/)
  })

  test('Ctrl-C ends it cleanly', async () => {
    service.on('GET', TIMELINE, timeline)
    service.on('GET', EVENTS, (_, response) => {
      startEvents(response)
      response.write(page(1, entry(1, 'step-opened', 'one', 0)))
    })
    const { child, finished, printed } = startCli(['watch', 'u1'], { cwd, environment: environment() })
    await printed(/one/)
    child.kill('SIGINT')
    expect(await finished).toMatchObject({ code: 130, err: '' })
  })

  test('an unknown umid is told with code and errorId', async () => {
    const { code, out, err } = await run(['watch', 'nope'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toBe('umid: no such message (code 1300, errorId e-1)\n')
  })

  test('a closed pipe ends it without a word', async () => {
    service.on('GET', TIMELINE, timeline)
    service.on('GET', EVENTS, (_, response) => {
      startEvents(response)
      response.write(page(1, entry(1, 'step-opened', 'one', 0)))
      response.on('close', () => undefined)
    })
    const { child, finished, printed } = startCli(['watch', 'u1', '--json'], { cwd, environment: environment() })
    await printed(/one/)
    child.stdout?.destroy()
    service.on('GET', EVENTS, (_, response) => {
      startEvents(response)
      response.write(page(2, entry(2, 'receipt', 'two', 1)))
    })
    service.cutConnections() // the next version is printed after the reconnect
    expect((await finished).code).toBe(0)
  })
})

describe('status', () => {
  test('tells steps, timeline and what comes next', async () => {
    service.on('GET', TIMELINE, timeline)
    const { code, out } = await run(['status', 'u1'])
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      'u1  WhatsApp → SMS',
      '  1 WhatsApp  delivered (wants Read within 60 s)',
      '  2 SMS       not tried so far (wants Delivered)',
      '',
      '09:00:00        +0.0 s  1 WhatsApp  The message goes to WhatsApp.',
      'Next, in 50 s: Unless read, SMS is next.',
      '',
    ])
  })

  test('--json prints the timeline as it came', async () => {
    service.on('GET', TIMELINE, timeline)
    expect(JSON.parse((await run(['status', 'u1', '--json'])).out)).toEqual(timeline)
  })
})

describe('send', () => {
  const accepted = { umid: 'u1', user: {}, status: { state: 'queued', timestamp: 't' }, warnings: ['no such number'] }
  const sent = () => JSON.parse(service.heard.find(({ method }) => method === 'POST')?.body ?? 'null')

  test('makes the message of its words; into a pipe goes the umid alone', async () => {
    service.on('POST', '/messages', accepted)
    const words = ['send', '--to', '+6590000001', '--via', 'WhatsApp 60 Read, SMS', '--idempotency-key', 'i-1', 'Hello']
    const { code, out, err } = await run(words)
    expect({ code, out, err }).toEqual({ code: 0, out: 'u1\n', err: 'Note: no such number\n' })
    expect(sent()).toEqual({
      user: { msisdn: '+6590000001' },
      type: 'text',
      content: { text: 'Hello' },
      channels: [{ channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' }, { channel: 'SMS' }],
    })
    expect(service.heard[0]?.headers['idempotency-key']).toBe('i-1')
  })

  test('an SMS of several parts is told on the side, one of a single part is not', async () => {
    const sms = { encoding: 'UCS2', parts: 2 }
    service.on('POST', '/messages', { ...accepted, warnings: undefined, sms })
    const words = ['send', '--to', '+6590000001', '“Hello”']
    expect(await run(words)).toEqual({ code: 0, out: 'u1\n', err: 'An SMS of it has 2 parts (UCS2).\n' })
    service.on('POST', '/messages', { ...accepted, warnings: undefined, sms: { ...sms, parts: 1 } })
    expect((await run(words)).err).toBe('')
  })

  test('--watch goes on until the outcome', async () => {
    service.on('POST', '/messages', accepted)
    tellStory({ state: 'expired', at: succeeded.at, doubleExposure: false })
    const { code, out } = await run(['send', '--email', 'ann@example.com', 'Hello', '--watch'])
    expect(sent().user).toEqual({ email: 'ann@example.com' })
    expect(code).toBe(3)
    expect(out).toMatch(/^u1\nu1 {2}WhatsApp → SMS\n/)
    expect(out).toMatch(/\nExpired, .*\n$/)
  })

  test('--body sends a file, or the standard input, as it is', async () => {
    service.on('POST', '/messages', accepted)
    const body = { user: { msisdn: '+65' }, type: 'text', content: { text: 'x' } }
    writeFileSync(join(cwd, 'm.json'), JSON.stringify(body))
    await run(['send', '--body', 'm.json'])
    await run(['send', '--body', '-'], { input: JSON.stringify({ ...body, clientMessageId: 'c' }) })
    expect(service.heard.map((heard) => JSON.parse(heard.body))).toEqual([body, { ...body, clientMessageId: 'c' }])
  })

  test.each([
    [['send'], 'Give the text'],
    [['send', 'Hello'], 'Give --to or --email'],
    [['send', '--to', '+65', '--body', 'x.json'], '--body holds the whole message'],
    [['send', '--body', 'nix.json'], 'nix.json cannot be read (ENOENT)'],
    [['send', '--to', '+65', '--via', 'SMS,', 'Hello'], '--via, step 2'],
    [['send', '--too', '+65', 'Hello'], "unknown option '--too'"],
    [['send', '--url', 'localhost', 'Hello'], 'must start with https://'],
  ])('%j is refused before anything is sent', async (words, message) => {
    const { code, out, err } = await run(words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(service.heard).toEqual([])
  })

  test('a refusal of the service is told in its words', async () => {
    service.on('POST', '/messages', (_, response) =>
      sendJson(response, 400, { code: 3022, message: 'channels[0].channel: no such channel', errorId: 'e-2' }),
    )
    const { code, err } = await run(['send', '--to', '+65', '--via', 'Pigeon', 'Hello'])
    expect({ code, err }).toEqual({ code: 1, err: 'channels[0].channel: no such channel (code 3022, errorId e-2)\n' })
  })
})

describe('the rest', () => {
  test('--help tells of every command and is no failure', async () => {
    const { code, out, err } = await run(['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const command of ['serve', 'send', 'watch', 'status', 'channels', 'keys', 'migrate', 'config'])
      expect(out).toContain(`\n  ${command} `)
    expect((await run(['keys', 'create', '--help'])).code).toBe(0)
  })

  test('a command that does not exist is a mistake, and the nearest one is named', async () => {
    const { code, err } = await run(['wacth', 'u1'])
    expect(code).toBe(2)
    expect(err).toContain('Did you mean watch?')
  })

  test('config check prints each value with where it came from', async () => {
    writeFileSync(join(cwd, 'untilread.yaml'), 'logLevel: debug\n')
    const { code, out, err } = await run(['config', 'check', '--data-dir', 'd'], { environment: { PORT: '4000' } })
    expect(code).toBe(0)
    expect(out).toMatch(/^port +4000 +PORT$/m)
    expect(out).toMatch(/^logLevel +"debug" +untilread\.yaml:1:11$/m)
    expect(out).toMatch(/^dataDir +"d" +--data-dir$/m)
    expect(out).toMatch(/^engine\.leaseFor +"60s" +default$/m)
    expect(out + err).not.toContain('key-1-of-the-test')
    expect(err).toContain('The configuration is good (untilread.yaml)')
    const { settings } = JSON.parse((await run(['config', 'check', '--json'])).out)
    expect(settings).toContainEqual({ name: 'port', value: '3000', origin: 'default' })
  })

  test.each(['serve', 'migrate', 'keys list', 'channels check', 'config check'])(
    '%s tells every problem of the configuration, starts nothing, and ends with 2',
    async (words) => {
      writeFileSync(join(cwd, 'broken.yaml'), 'prot: 1\nlogLevel: loud\n')
      const { code, out, err } = await run([...words.split(' '), '--config', 'broken.yaml'])
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(
        /^Configuration has 2 problems; nothing was started\.\n {2}broken\.yaml:1:1 .*\n {2}broken\.yaml:2:11 .*\n$/,
      )
    },
  )
})
