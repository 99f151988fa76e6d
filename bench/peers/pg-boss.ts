import type { Clock } from '../../src/engine/ports/clock.ts'
import type { NewMessage } from '../../src/engine/ports/message-store.ts'
import { type Contender, SendCount } from '../contender.ts'
import { load } from './package-of.ts'

const QUEUE = 'messages'
// Tried on two cores: fewer or smaller batches fire more slowly, more workers or connections win nothing.
const POOL = 25
const WORK = { batchSize: 2000, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true, localConcurrency: 2 }
export const SETTINGS = {
  arm: 'send / insert with id, startAfter',
  'call off': 'deleteJob with one id / with a list',
  worker: `batchSize ${WORK.batchSize}, pollingIntervalSeconds ${WORK.pollingIntervalSeconds}, burstWhenBatchFull, localConcurrency ${WORK.localConcurrency}`,
  pool: `max ${POOL}`,
}

type NewJob = { id: string; data: unknown; startAfter: Date }
type Boss = {
  on(event: 'error', listener: (error: Error) => void): void
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
  createQueue(name: string): Promise<void>
  send(name: string, data: unknown, options: Omit<NewJob, 'data'>): Promise<string | null>
  insert(name: string, jobs: readonly NewJob[]): Promise<unknown>
  deleteJob(name: string, ids: readonly string[]): Promise<{ affected: number }>
  work(name: string, options: typeof WORK, handler: (jobs: readonly { id: string }[]) => Promise<void>): Promise<string>
  offWork(name: string): Promise<void>
  getDb(): { executeSql(text: string, values: unknown[]): Promise<{ rows: unknown[] }> }
}
type PgBoss = { PgBoss: new (options: { connectionString: string; max: number; schedule: boolean }) => Boss }

/** Jobs that start after a moment: one for each message, deleted when it was read. */
export async function pgBoss(connectionString: string, clock: Clock): Promise<Contender> {
  const { PgBoss } = await load<PgBoss>('pg-boss')
  const boss = new PgBoss({ connectionString, max: POOL, schedule: false })
  let sends = new SendCount()
  boss.on('error', (error) => sends.fail(new Error('pg-boss failed', { cause: error })))
  await boss.start()
  await boss.createQueue(QUEUE)
  const toJob = ({ envelope }: NewMessage): NewJob => {
    return { id: envelope.umid, data: envelope, startAfter: new Date(envelope.scheduledAt ?? clock.now()) }
  }

  return {
    name: 'pg-boss',
    sharesCommits: true,
    callsOff: 'armed',
    async arm(messages) {
      const [first, ...more] = messages.map(toJob)
      if (first === undefined) return
      const { data, ...options } = first
      if (more.length === 0) await boss.send(QUEUE, data, options)
      else await boss.insert(QUEUE, [first, ...more])
    },
    async callOff(umids) {
      const { affected } = await boss.deleteJob(QUEUE, umids)
      if (affected !== umids.length) throw new Error('pg-boss did not delete a job')
    },
    async start(onSend) {
      sends = new SendCount()
      await boss.work(QUEUE, WORK, async (jobs) => {
        for (const { id } of jobs) onSend(id)
        sends.add(jobs.length)
      })
    },
    async sent(count) {
      await sends.reaches(count)
      // The outcome of a batch is stored after its handler has answered; until then its jobs are active.
      const active = "select 1 from pgboss.job where name = $1 and state = 'active' limit 1"
      while ((await boss.getDb().executeSql(active, [QUEUE])).rows.length > 0);
    },
    stop: () => boss.offWork(QUEUE),
    close: () => boss.stop({ graceful: false }),
  }
}
