import type { Clock } from '../../engine/ports/clock.ts'
import { codeOf, isRefusedLogin, STATUS, wordsFor } from './command-status.ts'
import { type BIND, type FieldsOf, textUpToZero } from './pdu.ts'
import { Session, type SessionOptions } from './session.ts'
import { connect, type Peer } from './socket.ts'

export type Binding = { peer: Peer; login: Partial<FieldsOf<typeof BIND>>; session: SessionOptions }

/** Why there is no session. `refused`: only the operator can mend it; `code` is the SMSC's number for it. */
export type NotBound =
  | { kind: 'refused'; detail: string; code: string }
  | { kind: 'away'; detail: string; code?: string }
export type Bound = { kind: 'bound'; session: Session; smsc: string }

const CONNECT_MS = 10_000

/** Connects and binds as a transceiver: one session that sends and receives. */
export async function bind({ peer, login, session: options }: Binding, signal: AbortSignal): Promise<Bound | NotBound> {
  const socket = await withinTime(options.clock, CONNECT_MS, signal, (limited) => connect(peer, limited))
  if ('failed' in socket) return { kind: 'away', detail: `the SMSC could not be reached (${socket.failed})` }
  const session = new Session(socket, options)
  const answer = await session.bind(login, signal)
  if (answer.kind !== 'answered') {
    session.end('it was not bound')
    return { kind: 'away', detail: `the bind was not answered: ${answer.detail}` }
  }
  const { status, body } = answer.pdu
  if (status === STATUS.ok) return { kind: 'bound', session, smsc: textUpToZero(body) }
  session.end('the bind was refused')
  return { kind: isRefusedLogin(status) ? 'refused' : 'away', detail: wordsFor(status), code: codeOf(status) }
}

async function withinTime<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const done = new AbortController()
  void clock.sleepUntil(clock.now() + ms, done.signal).then(() => late.abort())
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    done.abort()
  }
}
