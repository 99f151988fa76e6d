import type { Clock } from '../../src/engine/ports/clock.ts'
import type { NewMessage } from '../../src/engine/ports/message-store.ts'
import { type Contender, SendCount } from '../contender.ts'
import { load } from './package-of.ts'

const QUEUE = 'messages'
export const WORKER_CONCURRENCY = 64
export const SETTINGS = {
  arm: 'add / addBulk with delay, jobId',
  'call off': 'queue.remove (there is no call for many)',
  worker: `concurrency ${WORKER_CONCURRENCY}`,
  jobs: 'removeOnComplete, removeOnFail',
}

type JobOptions = { jobId: string; delay: number; timestamp: number; removeOnComplete: boolean; removeOnFail: boolean }
type NewJob = { name: string; data: unknown; opts: JobOptions }
type Connection = { host: string; port: number; maxRetriesPerRequest: null }
type Queue = {
  add(name: string, data: unknown, options: JobOptions): Promise<unknown>
  addBulk(jobs: readonly NewJob[]): Promise<unknown>
  remove(jobId: string): Promise<number>
  waitUntilReady(): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): void
  close(): Promise<void>
}
type Worker = {
  on(event: 'completed', listener: () => void): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'failed', listener: (job: unknown, error: Error) => void): void
  run(): Promise<void>
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}
type BullMq = {
  Queue: new (name: string, options: { connection: Connection }) => Queue
  Worker: new (
    name: string,
    work: (job: { id: string }) => Promise<void>,
    options: { connection: Connection; concurrency: number; autorun: boolean },
  ) => Worker
}

/** Delayed jobs: one for each message, removed when it was read. */
export async function bullmq(url: string, clock: Clock): Promise<Contender> {
  const { Queue, Worker } = await load<BullMq>('bullmq')
  const { hostname: host, port } = new URL(url)
  const connection: Connection = { host, port: Number(port), maxRetriesPerRequest: null }
  const queue = new Queue(QUEUE, { connection })
  await queue.waitUntilReady()
  let sends = new SendCount()
  let onSend = (_umid: string) => {}
  const fail = (error: Error) => sends.fail(new Error('BullMQ failed', { cause: error }))
  queue.on('error', fail)

  /** Connected and idle, so that a start is nothing but a start. */
  const newWorker = async () => {
    const work = async ({ id }: { id: string }) => onSend(id)
    const fresh = new Worker(QUEUE, work, { connection, concurrency: WORKER_CONCURRENCY, autorun: false })
    fresh.on('completed', () => sends.add())
    fresh.on('failed', (_job, error) => fail(error))
    fresh.on('error', fail)
    await fresh.waitUntilReady()
    return fresh
  }
  let worker = await newWorker()
  let running: Promise<void> | undefined
  const toJob = ({ envelope }: NewMessage): NewJob => {
    const timestamp = clock.now()
    const delay = Math.max(0, (envelope.scheduledAt ?? timestamp) - timestamp)
    const opts = { jobId: envelope.umid, delay, timestamp, removeOnComplete: true, removeOnFail: true }
    return { name: 'send', data: envelope, opts }
  }

  return {
    name: 'BullMQ',
    sharesCommits: true,
    callsOff: 'armed',
    async arm(messages) {
      const [first, ...more] = messages.map(toJob)
      if (first === undefined) return
      if (more.length === 0) await queue.add(first.name, first.data, first.opts)
      else await queue.addBulk([first, ...more])
    },
    async callOff(umids) {
      const removed = await Promise.all(umids.map((umid) => queue.remove(umid)))
      if (removed.some((count) => count !== 1)) throw new Error('BullMQ did not remove a job')
    },
    async start(tell) {
      sends = new SendCount()
      onSend = tell
      running = worker.run().catch(fail)
    },
    sent: (count) => sends.reaches(count),
    async stop() {
      if (running === undefined) return
      await worker.close()
      await running
      running = undefined
      worker = await newWorker()
    },
    async close() {
      await worker.close()
      await queue.close()
    },
  }
}
