import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ground } from './ground.ts'
import { load } from './peers/package-of.ts'

type Redis = {
  info(section: string): Promise<string>
  bgrewriteaof(): Promise<string>
  zcard(key: string): Promise<number>
  zrange(key: string, from: number, to: number): Promise<string[]>
  quit(): Promise<string>
}
type IoRedis = { Redis: new (url: string) => Redis }
export type Appendfsync = 'everysec' | 'always'

const DELAYED = 'bull:messages:delayed'
const PAGE = 100_000

/** A Redis of its own. In a session of its own, so that a Ctrl-C in the terminal does not take it away from under its users. */
export async function redisGround(appendfsync: Appendfsync): Promise<Ground> {
  const file = fileURLToPath(import.meta.resolve('./redis-process.ts'))
  const holder = fork(file, [appendfsync], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(holder, 'exit')
  const first = await Promise.race([once(holder, 'message'), gone.then(() => undefined)])
  if (first === undefined) throw new Error('Redis could not be started')
  const { url, folder } = first[0] as { url: string; folder: string }
  const redis = new (await load<IoRedis>('ioredis')).Redis(url)
  const fact = async (name: string) => Number(factsOf(await redis.info('all'))[name])
  return {
    location: url,
    // It writes as it goes; a rewrite of the log that has begun is waited for.
    async rest() {
      while ((await fact('aof_rewrite_in_progress')) !== 0);
    },
    pending: () => redis.zcard(DELAYED),
    async everyPending(step) {
      const found: string[] = []
      for (let from = 0, some: string[]; ; from += PAGE) {
        some = await redis.zrange(DELAYED, from, from + PAGE - 1)
        found.push(...some.filter((_, index) => (from + index + 1) % step === 0))
        if (some.length < PAGE) return found
      }
    },
    async diskBytes() {
      await redis.bgrewriteaof()
      while ((await fact('aof_rewrite_in_progress')) !== 0 || (await fact('aof_rewrite_scheduled')) !== 0);
      const logs = join(folder, 'appendonlydir')
      const sizes = await Promise.all((await readdir(logs)).map(async (name) => (await stat(join(logs, name))).size))
      return sizes.reduce((sum, size) => sum + size, 0)
    },
    async loggedBy(work) {
      const before = await fact('aof_current_size')
      await work()
      return (await fact('aof_current_size')) - before
    },
    serverMemory: () => fact('used_memory_rss'),
    async remove() {
      await redis.quit().catch(() => {})
      if (holder.connected) holder.disconnect()
      await gone
    },
  }
}

/** The version and the settings that decide what "durable" costs. */
export async function redisFacts(ground: Ground): Promise<Record<string, string>> {
  const redis = new (await load<IoRedis>('ioredis')).Redis(ground.location)
  const { redis_version: version = 'unknown' } = factsOf(await redis.info('server'))
  await redis.quit()
  return { version, appendonly: 'yes', appendfsync: 'everysec and always', save: 'none', hz: '100' }
}

function factsOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split('\r\n').flatMap((line) => (line.includes(':') ? [splitAt(line, ':')] : [])))
}

function splitAt(line: string, mark: string): [string, string] {
  const place = line.indexOf(mark)
  return [line.slice(0, place), line.slice(place + 1)]
}
