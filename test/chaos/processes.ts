import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemClock } from '../../src/system/clock.ts'
import { newSigningSecret } from '../../src/system/ids.ts'
import { until } from './waiting.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Whatever happens to this process, nothing that it started lives on. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

function start(args: readonly string[], options: Parameters<typeof spawn>[2]): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: ROOT, ...options })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const patience = new AbortController()
  void systemClock.sleepUntil(systemClock.now() + PATIENCE_MS, patience.signal).then(() => {
    if (!patience.signal.aborted) child.kill('SIGKILL')
  })
  await ended
  patience.abort()
}
const PATIENCE_MS = 20_000

/** The handsets, in a process that no kill hits. */
export type PhonesProcess = { url: string; secret: string; stop(): Promise<void> }

export async function startPhones(): Promise<PhonesProcess> {
  const secret = newSigningSecret()
  const args = ['test/support/phones-process.ts', '0', secret]
  const child = start(args, { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('the handsets have no output')
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('the handsets ended before they began')))
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed])
  return { url: JSON.parse(String(line)).url, secret, stop: () => end(child, 'SIGTERM') }
}

export type ServiceOptions = {
  folder: string
  phones: Pick<PhonesProcess, 'url' | 'secret'>
  /** Absent: SQLite in the folder. */
  databaseUrl?: string
  apiKey: string
}

/** Short patience, so that a send which a kill interrupted is decided within seconds. */
export const LEASE_MS = 5_000
export const CALL_TIMEOUT_MS = 2_000

/** The real service as an operator runs it: the command line, a configuration file, a port that stays the same. */
export class ServiceProcess {
  readonly url: string
  /** From its start until it took requests, for each start that came so far, in milliseconds. */
  readonly startsMs: number[] = []
  readonly #options: ServiceOptions
  readonly #configFile: string
  readonly #logFile: string
  #child: ChildProcess | undefined
  #startedAt: number | undefined

  private constructor(options: ServiceOptions, port: number) {
    this.#options = options
    this.url = `http://127.0.0.1:${port}`
    this.#configFile = join(options.folder, 'untilread.yaml')
    this.#logFile = join(options.folder, 'service.log')
  }

  static async prepare(options: ServiceOptions): Promise<ServiceProcess> {
    const port = await freePort()
    const service = new ServiceProcess(options, port)
    const { url, secret } = options.phones
    const config = {
      port,
      host: '127.0.0.1',
      publicUrl: service.url,
      dataDir: join(options.folder, 'data'),
      logLevel: 'warn',
      engine: { leaseFor: `${LEASE_MS}ms`, callTimeout: `${CALL_TIMEOUT_MS}ms` },
      connections: { phones: { provider: 'sandbox', url, secret } },
    }
    await writeFile(service.#configFile, JSON.stringify(config, null, 2)) // JSON is YAML
    return service
  }

  start(): void {
    const { databaseUrl, apiKey } = this.#options
    const log = openSync(this.#logFile, 'a')
    const env = {
      PATH: process.env.PATH,
      UNTILREAD_API_KEY: apiKey,
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    }
    const args = ['src/cli/untilread.ts', 'serve', '--config', this.#configFile]
    this.#child = start(args, { env, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#startedAt = systemClock.now()
  }

  /** Resolves when it takes requests. A service that ends by itself is a failure of the whole run. */
  async ready(signal: AbortSignal): Promise<void> {
    await until('the service is ready', 60_000, signal, async () => {
      await this.expectAlive()
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
      await answer?.body?.cancel()
      return answer?.status === 200
    })
    if (this.#startedAt !== undefined) this.startsMs.push(systemClock.now() - this.#startedAt)
    this.#startedAt = undefined
  }

  async expectAlive(): Promise<void> {
    if (this.#child === undefined || !hasEnded(this.#child)) return
    const last = (await this.log()).trim().split('\n').slice(-20).join('\n')
    throw new Error(`the service ended by itself, with ${this.#child.exitCode ?? this.#child.signalCode}:\n${last}`)
  }

  /** `kill -9`, and nothing of it is left when this resolves. */
  async kill(): Promise<void> {
    await this.expectAlive()
    if (this.#child !== undefined) await end(this.#child, 'SIGKILL')
  }

  /** As an operator stops it; answers with its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child !== undefined) await end(this.#child, 'SIGTERM')
    return this.#child?.exitCode ?? null
  }

  log(): Promise<string> {
    return readFile(this.#logFile, 'utf8')
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
