import { connect, type Socket } from 'node:net'

/**
 * Loads a server on this machine as cheaply as can be: requests are ready bytes, and of an answer no more is read than
 * where it ends and how it begins. On two cores a full HTTP client would itself be what is measured.
 */
export type Load = {
  port: number
  /** Whole requests, each sent once, in this order. */
  requests: readonly string[]
  connections: number
}
export type LoadResult = { seconds: number; latencies: number[] }

export async function putUnderLoad({ port, requests, connections }: Load): Promise<LoadResult> {
  const ready = requests.map((text) => Buffer.from(text))
  const latencies: number[] = []
  const sockets = await Promise.all(Array.from({ length: Math.min(connections, ready.length) }, () => open(port)))
  let next = 0
  const startedAt = performance.now()
  const caller = async (socket: Socket) => {
    const answers = new Answers(socket)
    for (let request = ready[next++]; request !== undefined; request = ready[next++]) {
      const sentAt = performance.now()
      socket.write(request)
      const status = await answers.next()
      if (status !== '200') throw new Error(`the server answered ${status}`)
      latencies.push(performance.now() - sentAt)
    }
  }
  try {
    await Promise.all(sockets.map(caller))
    return { seconds: (performance.now() - startedAt) / 1000, latencies }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Tells the status of one answer after the other; each says its length, as Fastify's do. */
class Answers {
  #rest = ''
  #onAnswer: ((status: string) => void) | undefined
  #onFailure: ((error: Error) => void) | undefined

  constructor(socket: Socket) {
    socket.setEncoding('latin1') // one character a byte
    socket.on('data', (text: string) => {
      this.#rest = this.#rest === '' ? text : this.#rest + text
      this.#read()
    })
    socket.on('error', (error) => this.#onFailure?.(error))
    socket.on('close', () => this.#onFailure?.(new Error('the server closed a connection')))
  }

  next(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#onAnswer = resolve
      this.#onFailure = reject
      this.#read()
    })
  }

  #read(): void {
    const headEnd = this.#rest.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#rest.slice(0, headEnd)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (length === undefined) return this.#onFailure?.(new Error('an answer does not say its length'))
    const end = headEnd + 4 + Number(length)
    if (this.#rest.length < end) return
    this.#rest = this.#rest.slice(end)
    this.#onAnswer?.(head.slice(9, 12))
  }
}

if (import.meta.main) {
  process.once('disconnect', () => process.exit())
  process.on('message', async (load: Load) => process.send?.(await putUnderLoad(load)))
}
