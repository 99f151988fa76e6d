import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ground } from './ground.ts'
import { Helper } from './helper.ts'
import { load } from './peers/package-of.ts'

type Redis = {
  info(section: string): Promise<string>
  bgrewriteaof(): Promise<string>
  config(action: 'SET', name: string, value: string): Promise<string>
  zcard(key: string): Promise<number>
  zrange(key: string, from: number, to: number): Promise<string[]>
  quit(): Promise<string>
  disconnect(): void
}
type IoRedis = { Redis: new (url: string) => Redis }
export type Appendfsync = 'everysec' | 'always'

const DELAYED = 'bull:messages:delayed'
const PAGE = 100_000
const REWRITE_WHEN = 'auto-aof-rewrite-percentage' // 100 by default: when the log is twice as long as after the last

/** A Redis of its own, for as long as the ground is there. */
export async function redisGround(appendfsync: Appendfsync): Promise<Ground> {
  const holder = new Helper('./redis-process.ts', { words: [appendfsync], detached: true })
  const { url, folder } = await holder.hear<{ url: string; folder: string }>()
  const redis = new (await load<IoRedis>('ioredis')).Redis(url)
  const fact = async (name: string) => Number(factsOf(await redis.info('all'))[name])
  // It writes as it goes; a rewrite of the log that has begun is waited for.
  const rest = async () => {
    while ((await fact('aof_rewrite_in_progress')) !== 0);
  }
  return {
    location: url,
    rest,
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
      // A rewrite in between would make the log shorter than it was.
      await redis.config('SET', REWRITE_WHEN, '0')
      await rest()
      const before = await fact('aof_current_size')
      await work()
      const bytes = (await fact('aof_current_size')) - before
      await redis.config('SET', REWRITE_WHEN, '100')
      return bytes
    },
    serverMemory: () => fact('used_memory_rss'),
    async remove() {
      redis.disconnect()
      await holder.end()
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
