import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { putUnderLoad } from './http-load.ts'

const post = (body: string) =>
  `POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

test('each request is sent once, from no more connections at a time than were asked for', async () => {
  const bodies: string[] = []
  let open = 0
  let most = 0
  const { port } = await serve(async (request, response) => {
    most = Math.max(most, ++open)
    bodies.push(String(await request.setEncoding('utf8').reduce((text, some) => text + some, '')))
    open--
    response.end('{"ok":"ä"}')
  })
  const wanted = Array.from({ length: 50 }, (_, index) => `Nr. ${index} ü`)
  const { seconds, latencies } = await putUnderLoad({ port, requests: wanted.map(post), connections: 4 })
  expect(bodies.toSorted()).toEqual(wanted.toSorted())
  expect(most).toBeLessThanOrEqual(4)
  expect(latencies).toHaveLength(50)
  expect(Math.max(...latencies)).toBeLessThanOrEqual(seconds * 1000)
})

test('an answer that is not 200 ends the load with its status', async () => {
  const { port } = await serve((_request, response) => response.writeHead(429, { 'content-length': '0' }).end())
  await expect(putUnderLoad({ port, requests: [post('a'), post('b')], connections: 1 })).rejects.toThrow('answered 429')
})

test('a connection that is cut ends the load', async () => {
  const { port } = await serve((request) => request.socket.destroy())
  await expect(putUnderLoad({ port, requests: [post('a')], connections: 1 })).rejects.toThrow(/closed|reset/i)
})

test('an answer that arrives in pieces is read to its end', async () => {
  const server = createTcpServer((socket) => {
    const pieces = ['HTTP/1.1 2', '00 OK\r\nContent-Le', 'ngth: 4\r\n', '\r\n', 'ab', 'cd']
    socket.setNoDelay(true)
    socket.on('data', () => {
      const next = (index: number) => {
        const piece = pieces[index]
        if (piece !== undefined) socket.write(piece, () => setImmediate(next, index + 1))
      }
      next(0)
    })
  })
  const port = await listen(server as unknown as Server)
  const { latencies } = await putUnderLoad({ port, requests: [post('a'), post('b'), post('c')], connections: 1 })
  expect(latencies).toHaveLength(3)
})

async function serve(listener: RequestListener): Promise<{ port: number }> {
  return { port: await listen(createServer(listener)) }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections?.()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}
