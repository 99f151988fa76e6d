import type { Report } from '../../src/domain/advance.ts'
import type { MessageState } from '../../src/domain/message.ts'
import { Connections } from '../../src/engine/connections.ts'
import { Engine, type EngineSettings } from '../../src/engine/engine.ts'
import type { PostReceipt } from '../../src/engine/outbox-sender.ts'
import type { Connection } from '../../src/engine/ports/channel.ts'
import type { NewMessage } from '../../src/engine/ports/message-store.ts'
import type { Store } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { intake, T0 } from './messages.ts'
import type { Place } from './stores.ts'
import { watching } from './watching.ts'

/** A running engine on a real database, with the time in the test's hands. */
export type House = {
  engine: Engine
  store: Store
  clock: MovableClock
  log: LogLine[]
  send(message: NewMessage): Promise<string>
  /** Moves the time, stopping at each moment that somebody waits for, until nothing is left to do. */
  advance(ms: number): Promise<void>
  receipt(umid: string, step: number, report: Report['status'] | Report): Promise<void>
  stateOf(umid: string): Promise<MessageState | undefined>
  codesOf(umid: string): Promise<string[]>
  stop(): Promise<void>
  /** As if the process had been killed: nothing is handed back, nothing more is written. */
  kill(): void
}
export type LogLine = { level: string; fields: Record<string, unknown>; sentence: string }

export async function openHouse(
  place: Place,
  connections: readonly Connection[],
  options: {
    clock?: MovableClock
    settings?: Partial<EngineSettings>
    postReceipt?: PostReceipt
    watch?: Parameters<typeof watching>[1]
  } = {},
): Promise<House> {
  const { clock = new MovableClock(T0), settings, postReceipt = async () => undefined, watch } = options
  const store = await place.open()
  const log: LogLine[] = []
  const level = (name: string) => (fields: Record<string, unknown>, sentence: string) =>
    void log.push({ level: name, fields, sentence })
  const gate = killable(store.messages)
  const engine = new Engine({
    store: gate.store,
    suppressions: store.suppressions,
    replies: store.replies,
    connections: new Connections(connections),
    clock,
    log: { info: level('info'), warn: level('warn'), error: level('error') },
    newId,
    postReceipt,
    watching: watching(store, watch),
    ...(settings && { settings }),
  })
  engine.start()
  await engine.idle()
  return {
    engine,
    store,
    clock,
    log,
    async send(message) {
      await engine.accept(intake(message))
      return message.envelope.umid
    },
    advance: (ms) => clock.advance(ms, () => engine.idle()),
    async receipt(umid, step, report) {
      const body = [{ attemptRef: `${umid}.${step}`, report: typeof report === 'string' ? { status: report } : report }]
      const request = { method: 'POST', url: '/', headers: {}, body: Buffer.from(JSON.stringify(body)) }
      await engine.receive(connections[0]?.id ?? '', request)
      await engine.idle()
    },
    stateOf: async (umid) => (await store.messages.find(umid))?.message.progress.state,
    codesOf: async (umid) =>
      (await store.messages.timeline(umid)).flatMap(({ entries }) => entries.map(({ code }) => code)),
    stop: () => engine.stop(),
    kill: gate.kill,
  }
}

/** A store that a killed process can no longer reach. */
function killable(store: Store['messages']): { store: Store['messages']; kill(): void } {
  let killed = false
  const guarded = new Proxy(store, {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...parameters: unknown[]) => (killed ? new Promise(() => {}) : Reflect.apply(member, target, parameters))
    },
  })
  return {
    store: guarded,
    kill: () => {
      killed = true
    },
  }
}
