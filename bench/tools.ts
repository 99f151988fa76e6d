import { type SpawnOptions, spawn } from 'node:child_process'
import { access, constants, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { FOLDER, isInstalled } from './peers/package-of.ts'

/** So long each tool is waited for: without a network some would try for many minutes. */
const PATIENCE_MS = 60_000

// npm as it is tries three times, and pauses for up to a minute in between.
const NPM = ['ci', '--prefix', FOLDER, '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-retry-mintimeout=1000']

/** Each makes sure that something is there, and answers with the reason where it cannot be had. */
export async function providePackages(signal: AbortSignal, patienceMs = PATIENCE_MS): Promise<string | undefined> {
  if (await isInstalled()) return undefined
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  if (await run('npm', NPM, { signal: limit })) return undefined
  await rm(join(FOLDER, 'node_modules'), { recursive: true, force: true }) // half of it would be taken for all of it
  signal.throwIfAborted()
  return `${PEERS} are not measured: their packages could not be installed${within(limit, patienceMs)}; \`npm ci --prefix bench/peers\` tells why`
}
const PEERS = 'BullMQ, pg-boss and graphile-worker'

export async function provideRedis(signal: AbortSignal, patienceMs = PATIENCE_MS): Promise<string | undefined> {
  if (await isOnPath('redis-server')) return undefined
  const without = 'BullMQ is not measured: there is no redis-server on the PATH'
  if (userInfo().uid !== 0 || !(await isOnPath('apt-get')))
    return `${without}, and it can be installed only by root with apt-get`
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  await installRedis(limit)
  signal.throwIfAborted()
  if (await isOnPath('redis-server')) return undefined
  return `${without}, and it could not be installed${within(limit, patienceMs)}; \`apt-get install redis-server\` tells why`
}

/** Fetching is cut off when it takes too long; what has begun to unpack is not, or the system would be left half done. */
async function installRedis(limit: AbortSignal): Promise<void> {
  const install = ['install', '--yes', '--no-install-recommends', 'redis-server']
  const fetch = () => run('apt-get', [...install, '--download-only'], { signal: limit })
  const isFetched = (await fetch()) || ((await run('apt-get', ['update'], { signal: limit })) && (await fetch()))
  if (!isFetched || limit.aborted) return
  await run('apt-get', [...install, '--no-download'], { detached: true })
}

function within(limit: AbortSignal, patienceMs: number): string {
  return limit.aborted ? ` within ${patienceMs / 1000} seconds` : ''
}

async function isOnPath(command: string): Promise<boolean> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command))
  const found = await Promise.all(places.map((place) => access(place, constants.X_OK).then(yes, no)))
  return found.includes(true)
}
const yes = () => true
const no = () => false

/** Whether it ended well. What it says goes nowhere: the reason given in the end is enough, and it can be asked again. */
async function run(command: string, words: readonly string[], options: SpawnOptions): Promise<boolean> {
  if (options.signal?.aborted) return false
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // npm takes no notice of a milder signal while it waits for an answer.
  const child = spawn(command, words, { ...options, stdio: 'ignore', killSignal: 'SIGKILL', env })
  child.on('error', () => {}) // it is not there, or it was aborted and is gone a little later
  return new Promise((resolve) => child.once('close', (code) => resolve(code === 0)))
}
