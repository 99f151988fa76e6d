import type pg from 'pg'
import type { Clock } from '../../src/engine/ports/clock.ts'
import type { NewMessage } from '../../src/engine/ports/message-store.ts'
import { type Contender, SendCount } from '../contender.ts'
import { load } from './package-of.ts'

const TASK = 'send'
const POOL = 25
// As its own page on performance advises.
const WORKER = { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
export const SETTINGS = {
  arm: 'addJob / addJobs with runAt, jobKey',
  'call off': 'remove_job by key / the same for a list of keys in one statement',
  worker: 'concurrentJobs 24, localQueue 500, completeJobBatchDelay 0, failJobBatchDelay 0',
  pool: `max ${POOL}`,
}
type TaskSpec = { runAt: Date; jobKey: string }
type Utils = {
  migrate(): Promise<void>
  addJob(task: string, payload: unknown, spec: TaskSpec): Promise<unknown>
  addJobs(jobs: readonly ({ identifier: string; payload: unknown } & TaskSpec)[]): Promise<unknown>
  release(): Promise<void>
}
type Options = {
  pgPool: pg.Pool
  logger: object
  noHandleSignals?: boolean
  preset?: { worker: typeof WORKER & { pollInterval: number } }
}
type GraphileWorker = {
  Logger: new (factory: () => () => void) => object
  makeWorkerUtils(options: Options): Promise<Utils>
  runTaskList(
    options: Options,
    tasks: Record<string, (payload: { umid: string }) => void>,
    pool: pg.Pool,
  ): { gracefulShutdown(): Promise<void>; promise: Promise<void> }
}

/** Jobs that run at a moment: one for each message, removed by its key when the message was read. */
export async function graphileWorker(connectionString: string, clock: Clock, pollInterval: number): Promise<Contender> {
  process.env.NO_LOG_SUCCESS = '1' // its own switch: no line is made for each job
  const { Logger, makeWorkerUtils, runTaskList } = await load<GraphileWorker>('graphile-worker')
  const logger = new Logger(() => () => {})
  // Loaded with the rest: this file must be readable where npm was cut off and left half of a package.
  const { default: postgres } = await load<{ default: typeof pg }>('pg')
  const pgPool = new postgres.Pool({ connectionString, max: POOL })
  let sends = new SendCount()
  const fail = (error: unknown) => sends.fail(new Error('graphile-worker failed', { cause: error }))
  pgPool.on('error', fail)
  pgPool.on('connect', (client) => void client.on('error', fail))
  const utils = await makeWorkerUtils({ pgPool, logger })
  await utils.migrate()
  const toSpec = ({ envelope }: NewMessage): TaskSpec => {
    return { runAt: new Date(envelope.scheduledAt ?? clock.now()), jobKey: envelope.umid }
  }
  let workers: ReturnType<GraphileWorker['runTaskList']> | undefined

  return {
    name: 'graphile-worker',
    sharesCommits: true,
    callsOff: 'armed',
    async arm(messages) {
      const [first, ...more] = messages
      if (first === undefined) return
      if (more.length === 0) await utils.addJob(TASK, first.envelope, toSpec(first))
      else await utils.addJobs(messages.map((each) => ({ identifier: TASK, payload: each.envelope, ...toSpec(each) })))
    },
    async callOff(umids) {
      const text =
        'select count(removed.id)::int as removed from unnest($1::text[]) key, graphile_worker.remove_job(key) removed'
      const { rows } = await pgPool.query<{ removed: number }>({ name: 'remove', text, values: [umids] })
      if (rows[0]?.removed !== umids.length) throw new Error('graphile-worker did not remove a job')
    },
    async start(onSend) {
      sends = new SendCount()
      const send = ({ umid }: { umid: string }) => {
        onSend(umid)
        sends.add()
      }
      const options = { pgPool, logger, noHandleSignals: true, preset: { worker: { ...WORKER, pollInterval } } }
      workers = runTaskList(options, { [TASK]: send }, pgPool)
      workers.promise.catch(fail)
    },
    async sent(count) {
      await sends.reaches(count)
      // A job that was done is deleted, in batches of its own; until then it is locked.
      const locked = {
        name: 'locked',
        text: 'select 1 from graphile_worker._private_jobs where locked_at is not null limit 1',
      }
      while ((await pgPool.query(locked)).rows.length > 0);
    },
    async stop() {
      await workers?.gracefulShutdown()
      await workers?.promise.catch(() => {})
      workers = undefined
    },
    async close() {
      await utils.release()
      await pgPool.end()
    },
  }
}
