import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { FOLDER, isInstalled } from './peers/package-of.ts'

/** Each makes sure that something is there, and answers with the reason where it cannot be had. */
export async function providePackages(signal: AbortSignal): Promise<string | undefined> {
  if (await isInstalled()) return undefined
  const done = await run('npm', ['ci', '--prefix', FOLDER, '--no-audit', '--no-fund'], signal)
  return done ? undefined : 'the packages of the peers could not be installed: no BullMQ, pg-boss and graphile-worker'
}

export async function provideRedis(signal: AbortSignal): Promise<string | undefined> {
  if (await isOnPath('redis-server')) return undefined
  if (userInfo().uid === 0 && (await isOnPath('apt-get'))) {
    const install = ['install', '--yes', '--no-install-recommends', 'redis-server']
    if (
      (await run('apt-get', install, signal)) ||
      ((await run('apt-get', ['update'], signal)) && (await run('apt-get', install, signal)))
    ) {
      if (await isOnPath('redis-server')) return undefined
    }
  }
  return 'there is no redis-server on the PATH, and it could not be installed: no BullMQ'
}

async function isOnPath(command: string): Promise<boolean> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command))
  const found = await Promise.all(places.map((place) => access(place, constants.X_OK).then(yes, no)))
  return found.includes(true)
}
const yes = () => true
const no = () => false

/** Whether it ended well. What it says goes nowhere: the reason given in the end is enough, and npm can be asked again. */
async function run(command: string, words: readonly string[], signal: AbortSignal): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = spawn(command, words, { stdio: 'ignore', env, signal })
  try {
    const [code] = await once(child, 'exit')
    return code === 0
  } catch {
    signal.throwIfAborted()
    return false
  }
}
