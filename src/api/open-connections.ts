import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Lets the server close at once where Node would wait. Browsers open connections ahead of need, and one on which nothing came
 * yet is not idle to Node but about to send: a minute. One whose request is answered while the server closes is kept for the
 * next request: more than a minute.
 */
export function endOpenConnections(app: FastifyInstance): void {
  const { server } = app
  const open = new Set<Socket>()
  let closing = false
  server.on('connection', (socket: Socket) => {
    if (closing) return socket.destroy()
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  app.addHook('preClose', async () => {
    closing = true
    server.keepAliveTimeout = 1 // ms; 0 would mean for ever
    server.keepAliveTimeoutBuffer = 0
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
  })
}
