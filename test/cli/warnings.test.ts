import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli, startCli } from './run-cli.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'untilread-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

/** It runs, by e-mail alone: Twilio has no sender. */
const environment = {
  LE_ACCOUNT: '12345678',
  LE_CONSUMER_KEY: 'key',
  LE_CONSUMER_SECRET: 'the-first-secret',
  LE_TOKEN: 'token',
  LE_TOKEN_SECRET: 'the-second-secret',
  LE_DOMAIN_URL: 'http://127.0.0.1:1',
  TWILIO_ACCOUNT_SID: `AC${'0123456789abcdef'.repeat(2)}`,
  TWILIO_AUTH_TOKEN: 'fedcba9876543210fedcba9876543210',
  SMTP_USER: 'shop@example.test',
  SMTP_PASS: 'the-third-secret',
}
const NOTE =
  'Note: TWILIO_FROM  connections.twilio.from  missing, so no SMS are sent: set it to your Twilio number, or set ' +
  'TWILIO_MESSAGING_SERVICE_SID\n'

describe('what runs, but perhaps not as it was meant', () => {
  test('config check tells it beside the values, and it is no failure', async () => {
    const { code, out, err } = await runCli(['config', 'check'], { cwd, environment })
    expect({ code, err }).toEqual({ code: 0, err: `${NOTE}The configuration is good; no file was read.\n` })
    expect(out).not.toContain('Note')
    expect(out).not.toMatch(/the-\w+-secret|fedcba/)
  })

  test('config check --json has it in a list, which is empty where all is well', async () => {
    const { out, err } = await runCli(['config', 'check', '--json'], { cwd, environment })
    const [warning] = JSON.parse(out).warnings
    expect(warning).toMatchObject({ name: 'connections.twilio.from', origin: 'TWILIO_FROM' })
    expect(NOTE).toContain(warning.message)
    expect(err).toBe('')
    const good = { ...environment, TWILIO_FROM: '+15005550006' }
    expect(JSON.parse((await runCli(['config', 'check', '--json'], { cwd, environment: good })).out).warnings).toEqual(
      [],
    )
  })

  test('serve tells it at the start, and runs', async () => {
    const words = ['serve', '--port', '0', '--log-level', 'silent']
    const { child, finished, printed } = startCli(words, { cwd, environment })
    try {
      expect(await printed(/keys create\n/)).toContain('is ready')
    } finally {
      child.kill('SIGTERM')
    }
    expect(await finished).toMatchObject({ code: 0, err: NOTE })
  })
})
