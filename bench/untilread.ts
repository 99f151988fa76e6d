import type { SendOutcome } from '../src/domain/message.ts'
import { Connections } from '../src/engine/connections.ts'
import { Engine } from '../src/engine/engine.ts'
import type { Connection, RawRequest, Receipt } from '../src/engine/ports/channel.ts'
import type { Clock } from '../src/engine/ports/clock.ts'
import type { Log } from '../src/engine/ports/log.ts'
import { attemptRef } from '../src/engine/receipts.ts'
import { openStore } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { watching } from '../test/support/watching.ts'
import { type Contender, SendCount } from './contender.ts'
import { CONCURRENCY, CONNECTION, NAMING_CONNECTION, providerRefOf } from './workload.ts'

/** The engine on its store, as the service composes them, with a channel in this process that does nothing. */
export async function untilread(location: string, clock: Clock): Promise<Contender> {
  const store = openStore(location, { newId })
  await store.migrate()
  let sends = new SendCount()
  let onSend = (_umid: string) => {}

  const connection = (id: string, serves: string[], outcomeOf: (umid: string) => SendOutcome): Connection => ({
    id,
    provider: id,
    serves,
    limits: { concurrency: CONCURRENCY },
    abilities: () => ({
      reports: ['accepted', 'sent', 'delivered', 'read'],
      address: 'phone',
      carries: ['text'],
      takesIdempotencyKey: false,
    }),
    channel: {
      async send({ umid }) {
        onSend(umid)
        sends.add()
        return outcomeOf(umid)
      },
      receive: ({ body }) => ({ kind: 'receipts', receipts: JSON.parse(body.toString()) as Receipt[], ignored: 0 }),
    },
  })
  const connections = new Connections([
    connection(CONNECTION, ['WhatsApp', 'SMS'], () => ({ kind: 'accepted' })),
    connection(NAMING_CONNECTION, ['Viber'], (umid) => ({ kind: 'accepted', providerRef: providerRefOf(umid) })),
  ])
  const newEngine = () =>
    new Engine({
      store: store.messages,
      suppressions: store.suppressions,
      replies: store.replies,
      connections,
      clock,
      log: failing((failure) => sends.fail(failure)),
      newId,
      postReceipt: async () => undefined,
      watching: watching(store),
    })
  // Before it is started an engine takes in messages and leaves them alone.
  let engine = newEngine()
  let stopListening = async () => {}

  return {
    name: 'Untilread',
    sharesCommits: true,
    callsOff: 'sent',
    async arm(messages) {
      await engine.accept({ subAccountId: 'default', messages })
    },
    async callOff(umids) {
      await engine.receive(
        CONNECTION,
        callback(umids.map((umid) => ({ attemptRef: attemptRef(umid, 0), report: READ }))),
      )
    },
    async callOffNamed(umids) {
      const receipts = umids.map((umid) => ({ providerRef: providerRefOf(umid), report: READ }))
      await engine.receive(NAMING_CONNECTION, callback(receipts))
    },
    async start(tell) {
      sends = new SendCount()
      onSend = tell
      stopListening = await store.listen(({ wakeAt }) => wakeAt !== undefined && engine.poke(wakeAt))
      engine.start()
    },
    async sent(count) {
      await sends.reaches(count)
      await engine.idle()
    },
    async stop() {
      await engine.stop()
      await stopListening()
      engine = newEngine()
    },
    close: () => store.close(),
  }
}

const READ = { status: 'read' } as const

function callback(receipts: readonly Receipt[]): RawRequest {
  return { method: 'POST', url: '/', headers: {}, body: Buffer.from(JSON.stringify(receipts)) }
}

/** What the engine would log as trouble makes a measurement worthless. */
function failing(fail: (failure: Error) => void): Log {
  const trouble = ({ error }: Record<string, unknown>, sentence: string) => fail(new Error(sentence, { cause: error }))
  return { info: () => {}, warn: trouble, error: trouble }
}
