import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../test/fakes/http-provider.ts'
import { createHttpClient, type HttpClientOptions, retryAfterMs } from './http-client.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const never = () => new AbortController().signal
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function client(options?: HttpClientOptions) {
  const opened = createHttpClient(options)
  closers.push(opened.close)
  return opened
}

async function listen(server: Server, scheme = 'http'): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(() => resolve()))
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A server that does this with each connection as soon as its first bytes are here. */
function tcp(onData: (socket: Socket, text: string) => void): Promise<string> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => onData(socket, chunk.toString()))
    }),
  )
}

describe('one call over HTTP', () => {
  it('sends method, headers and body, and gives the answer as text and as JSON', async () => {
    const seen: unknown[] = []
    const url = await listen(
      createHttpServer(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        seen.push([request.method, request.headers['x-key'], request.headers['content-length'], body])
        response.writeHead(201, { 'content-type': 'text/plain', 'x-two': ['a', 'b'] }).end('{"id":"é"}')
      }),
    )
    const result = await client().call({ url, headers: { 'x-key': 'k' }, body: 'Grüße' }, never())
    expect(seen).toEqual([['POST', 'k', '7', 'Grüße']])
    expect(result).toMatchObject({
      kind: 'answered',
      status: 201,
      text: '{"id":"é"}',
      json: { id: 'é' },
      complete: true,
    })
    expect(result.kind === 'answered' && result.headers['x-two']).toBe('a, b')
  })

  it('a redirect is an answer and is not followed', async () => {
    let calls = 0
    const url = await listen(
      createHttpServer((_request, response) => {
        calls++
        response.writeHead(307, { location: '/elsewhere' }).end()
      }),
    )
    const result = await client().call({ url, body: '{}' }, never())
    expect(result).toMatchObject({ kind: 'answered', status: 307 })
    expect(calls).toBe(1)
  })

  it('a refused connection was not sent', async () => {
    const result = await client().call({ url: `http://127.0.0.1:${await freePort()}/secret-path` }, never())
    expect(result).toEqual({
      kind: 'not-sent',
      detail: 'the connection was refused (ECONNREFUSED) before anything was sent',
    })
  })

  it('a name that cannot be looked up was not sent', async () => {
    const tooLong = 'x'.repeat(64) // for one part of a name, so that no resolver needs to be asked
    const result = await client().call({ url: `http://${tooLong}.invalid/` }, never())
    expect(result).toMatchObject({ kind: 'not-sent', detail: expect.stringContaining('the host name') })
  })

  it('a certificate that is not trusted was not sent', async () => {
    let requests = 0
    const pem = (name: string) => readFileSync(new URL(`../../test/fakes/localhost-${name}.pem`, import.meta.url))
    const server = createHttpsServer({ key: pem('key'), cert: pem('cert') }, () => requests++)
    server.on('tlsClientError', () => {})
    const result = await client().call({ url: await listen(server, 'https'), body: '{}' }, never())
    expect(result).toMatchObject({ kind: 'not-sent', detail: expect.stringContaining('certificate is not trusted') })
    expect(requests).toBe(0)
  })

  it('a connection that ends in the middle of the TLS handshake was not sent', async () => {
    const url = await tcp((socket) => socket.destroy())
    expect((await client().call({ url: url.replace('http:', 'https:') }, never())).kind).toBe('not-sent')
  })

  it('a connection that is cut after the request is ambiguous', async () => {
    const url = await tcp((socket) => socket.destroy())
    const result = await client().call({ url, body: '{}' }, never())
    expect(result).toEqual({
      kind: 'ambiguous',
      detail: 'the connection was cut (ECONNRESET) after the request was written',
    })
  })

  it('an answer that is not HTTP is ambiguous', async () => {
    const url = await tcp((socket) => socket.end('220 mail.example ESMTP\r\n'))
    expect((await client().call({ url }, never())).kind).toBe('ambiguous')
  })

  it('a time-out without an answer is ambiguous', async () => {
    const url = await tcp(() => {})
    const result = await client({ timeoutMs: 50 }).call({ url, body: '{}' }, never())
    expect(result).toEqual({ kind: 'ambiguous', detail: 'timed out after the request was written' })
  })

  it('a call that is called off is ambiguous once it was written', async () => {
    const controller = new AbortController()
    const url = await tcp(() => controller.abort())
    const result = await client().call({ url, body: '{}' }, controller.signal)
    expect(result).toEqual({ kind: 'ambiguous', detail: 'called off after the request was written' })
  })

  it('a call that is called off in the TLS handshake was not sent', async () => {
    const controller = new AbortController()
    const url = await tcp(() => controller.abort())
    const result = await client().call({ url: url.replace('http:', 'https:'), body: '{}' }, controller.signal)
    expect(result).toEqual({ kind: 'not-sent', detail: 'called off before anything was sent' })
  })

  it('a call that is called off beforehand does not connect', async () => {
    let connections = 0
    const url = await listen(createTcpServer(() => connections++))
    expect((await client().call({ url }, AbortSignal.abort())).kind).toBe('not-sent')
    expect(connections).toBe(0)
  })

  it('an answer that breaks off keeps its status', async () => {
    const url = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":'))
    expect(await client().call({ url }, never())).toMatchObject({
      kind: 'answered',
      status: 200,
      text: '{"id":',
      json: undefined,
      complete: false,
    })
  })

  it('an answer that never ends is cut at its limit', async () => {
    const url = await tcp((socket) => {
      socket.write('HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`));
      }
      socket.on('drain', more)
      more()
    })
    const result = await client({ maxAnswerBytes: 10_000 }).call({ url }, never())
    expect(result).toMatchObject({ kind: 'answered', status: 502, complete: false })
    expect(result.kind === 'answered' && result.text).toHaveLength(10_000)
  })

  it('an answer that stalls is cut by the time-out and keeps its status', async () => {
    const url = await tcp((socket) => socket.write('HTTP/1.1 429 Slow\r\nContent-Length: 100\r\n\r\nwait'))
    expect(await client({ timeoutMs: 50 }).call({ url }, never())).toMatchObject({ status: 429, complete: false })
  })

  it('calls in a row share a connection, and closing waits for the one that runs', async () => {
    let connections = 0
    let answer = () => {}
    const begun = Promise.withResolvers<void>()
    const server = createHttpServer((request, response) => {
      if (request.url !== '/slow') return response.end('{}')
      answer = () => response.end('{"late":true}')
      begun.resolve()
    })
    server.on('connection', () => connections++)
    const url = await listen(server)
    const opened = client()
    await opened.call({ url }, never())
    await opened.call({ url }, never())
    expect(connections).toBe(1)
    const slow = opened.call({ url: `${url}slow` }, never())
    await begun.promise
    const closing = opened.close()
    answer()
    await closing
    expect(await slow).toMatchObject({ json: { late: true } })
  })

  it('an address or a header that cannot be is our own mistake and throws', async () => {
    await expect(client().call({ url: 'nowhere' }, never())).rejects.toThrow()
    await expect(client().call({ url: 'ftp://127.0.0.1/' }, never())).rejects.toThrow()
    await expect(client().call({ url: 'http://127.0.0.1/', headers: { a: 'b\r\nc: d' } }, never())).rejects.toThrow()
  })
})

describe('how long an answer asks to wait', () => {
  const inTenSeconds = 'Sun, 01 Mar 2026 12:00:10 GMT'
  it.each([
    ['7', {}, 7000],
    ['0', {}, 0],
    [inTenSeconds, {}, 10_000],
    [inTenSeconds, { date: 'Sun, 01 Mar 2026 11:59:10 GMT' }, 60_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', {}, 0],
    ['99999999999', {}, 24 * 3_600_000],
    ['soon', {}, undefined],
    ['', {}, undefined],
  ])('Retry-After %j beside %j', (value, others: Record<string, string>, expected) => {
    expect(retryAfterMs({ headers: { 'retry-after': value, ...others } }, NOW)).toBe(expected)
  })
})
