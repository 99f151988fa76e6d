import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'

export type Peer = {
  host: string
  port: number
  tls: boolean
  /** A certificate (PEM) to trust, in place of the public ones. */
  certificateAuthority?: string | undefined
}

/** A line to the SMSC, or what hindered it: a word of Node's, such as ECONNREFUSED, and never an address. */
export function connect(peer: Peer, signal: AbortSignal): Promise<Socket | { failed: string }> {
  const { host, port, tls, certificateAuthority: ca } = peer
  const { promise, resolve } = Promise.withResolvers<Socket | { failed: string }>()
  const socket = tls ? connectSecure({ host, port, ...(ca !== undefined && { ca }) }) : connectPlain({ host, port })
  const fail = (failed: string) => {
    socket.destroy()
    resolve({ failed })
  }
  const giveUp = () => fail('it took too long, or was called off')
  // This one stays, for an error without a listener would end the process; by then the promise has been kept.
  socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'the connection failed'))
  socket.once(tls ? 'secureConnect' : 'connect', () => resolve(socket))
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  socket.setNoDelay(true)
  return promise.finally(() => signal.removeEventListener('abort', giveUp))
}
