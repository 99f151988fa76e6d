import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/untilread.js', import.meta.url))

/** The built service as a process of its own, on a free port and in a folder of its own. */
export type Service = {
  url: string
  apiKey: string
  dataDir: string
  /** A request to the service; `/sandbox` and `/api` alike. Answers the JSON and the status. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<CallAnswer>
  /** A message of the subaccount `default`: its umid. */
  send(message: object): Promise<string>
  timeline(umid: string): Promise<TimelineAnswer>
  /** Moves the service's clock; everything that was due until then has happened when it answers. */
  advance(seconds: number): Promise<void>
  handset(address: string): Promise<HandsetMessage[]>
  /** Everything that the process wrote. */
  output(): string
  /** Ends it as an operator would; answers its exit code. Its data stay until `cleanUp`. */
  stop(): Promise<number | null>
  /** Ends it in the middle of whatever it does, as a power cut would. */
  kill(): Promise<void>
  cleanUp(): Promise<void>
}
export type CallAnswer = { status: number; headers: Headers; json: Record<string, unknown> }
export type HandsetMessage = {
  umid: string
  step: number
  channel: string
  text: string
  status: string
  from: string | null
}
export type TimelineAnswer = {
  state: string
  outcome: null | { state: string; step?: number; channel?: string; status?: string; doubleExposure: boolean }
  timeline: { code: string; step?: number; text: string; at: string }[]
  steps: { step: number; channel: string; status: string | null }[]
  next: null | { at: string; what: string; step: number; channel: string }
}

export async function startService(
  options: { config?: string; environment?: Record<string, string>; dataDir?: string } = {},
): Promise<Service> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'untilread-service-')))
  const port = options.environment?.PORT === undefined ? ['--port', '0'] : [] // a flag would outdo the variable
  const flags = [...port, '--data-dir', dataDir]
  if (options.config !== undefined) {
    const file = join(dataDir, 'untilread.yaml')
    await writeFile(file, options.config)
    flags.push('--config', file)
  }
  const apiKey = 'utr_key_for_the_end_to_end_tests'
  const child = spawn(process.execPath, [BIN, 'serve', ...flags], {
    env: { PATH: process.env.PATH, UNTILREAD_API_KEY: apiKey, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const url = await listeningAt(child, lines)
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }

  const call = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, ...more },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, json: text === '' ? {} : JSON.parse(text) }
  }
  const ok = async (...parameters: Parameters<typeof call>) => {
    const { status, json } = await call(...parameters)
    if (status >= 300) throw new Error(`${parameters[0]} ${parameters[1]}: ${status} ${JSON.stringify(json)}`)
    return json
  }
  return {
    url,
    apiKey,
    dataDir,
    call,
    send: async (message) => String((await ok('POST', '/api/v1/subaccounts/default/messages', message)).umid),
    timeline: async (umid) =>
      (await ok('GET', `/api/v1/subaccounts/default/messages/${umid}/timeline`)) as unknown as TimelineAnswer,
    advance: async (seconds) => void (await ok('POST', '/sandbox/clock', { advance: seconds })),
    handset: async (address) =>
      (await ok('GET', `/sandbox/handsets/${encodeURIComponent(address)}`)).messages as HandsetMessage[],
    output: () => lines.join('\n'),
    stop: () => endOf(child),
    kill: async () => void (await endOf(child, 'SIGKILL')),
    async cleanUp() {
      await endOf(child)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function listeningAt(child: ChildProcess, lines: string[]): Promise<string> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('the service has no output')
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}:\n${lines.join('\n')}`)))
    for (const stream of [stdout, stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        const [, url] = /^\s*Listens on\s+(\S+)/.exec(line) ?? []
        if (url !== undefined) resolve(url)
      })
    }
  })
}

function endOf(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill(signal)
  })
}
