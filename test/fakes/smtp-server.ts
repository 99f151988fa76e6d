import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'

/** Good for `localhost` and `127.0.0.1`, and trusted by nobody who is not told to. For tests only. */
export const LOCALHOST_CERTIFICATE = readFileSync(new URL('localhost-cert.pem', import.meta.url), 'utf8')
const LOCALHOST_KEY = readFileSync(new URL('localhost-key.pem', import.meta.url), 'utf8')

/** What the server does with the next mails, until it is told otherwise. */
export type SmtpBehaviour =
  | { do: 'accept' }
  | { do: 'refuse'; at: 'connect' | 'login' | 'sender' | 'recipient' | 'data'; code: number; text: string }
  /** Ends the connection: before the mail, when a part of it is here, or when all is here and taken. */
  | { do: 'cut'; when: 'at-recipient' | 'inside-data' | 'after-data' }
  /** Takes the mail and says nothing until `release`. */
  | { do: 'hold' }
  /** Says something that is not SMTP, in place of an answer to the recipient. */
  | { do: 'garbage' }

export type ReceivedMail = {
  from: string
  to: string[]
  raw: string
  mail: Email
  secure: boolean
  user: string | undefined
  envid: string | null | undefined
  notify: string[] | undefined
}

export type SmtpFake = {
  port: number
  /** Each mail that was taken, repeats included. */
  mails: ReceivedMail[]
  /** What a mailbox shows: one for each Message-ID. */
  messageIds(): string[]
  /** Connections made so far. */
  connections(): number
  behave(behaviour: SmtpBehaviour): void
  /** Resolves when the next mail has been taken, or at once when there has been one since `behave`. */
  arrived(): Promise<ReceivedMail>
  release(): void
  close(): Promise<void>
}

export type SmtpFakeOptions = {
  tls?: 'none' | 'starttls' | 'implicit'
  login?: { user: string; password: string }
}

/** A real SMTP server on a free port of this machine, which misbehaves on request. */
export async function startSmtpServer(options: SmtpFakeOptions = {}): Promise<SmtpFake> {
  const { tls = 'none', login } = options
  const mails: ReceivedMail[] = []
  const held: (() => void)[] = []
  let behaviour: SmtpBehaviour = { do: 'accept' }
  let arrival = Promise.withResolvers<ReceivedMail>()
  let connections = 0

  type Refuse = SmtpBehaviour & { do: 'refuse' }
  const refusal = (at: Refuse['at']) => {
    if (behaviour.do !== 'refuse' || behaviour.at !== at) return undefined
    return Object.assign(new Error(behaviour.text), { responseCode: behaviour.code })
  }
  const connectionOf = (session: SMTPServerSession) => [...server.connections].find(({ id }) => id === session.id)

  const takeMail = async (
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
  ): Promise<ReceivedMail | undefined> => {
    const todo = behaviour
    const chunks: Buffer[] = []
    for await (const chunk of stream) {
      chunks.push(chunk)
      if (todo.do === 'cut' && todo.when === 'inside-data') {
        connectionOf(session)?._socket.destroy()
        return undefined
      }
    }
    const raw = Buffer.concat(chunks).toString()
    const { mailFrom, rcptTo, dsn } = session.envelope
    return {
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      raw,
      mail: await PostalMime.parse(raw),
      secure: session.secure,
      user: session.user,
      envid: dsn?.envid,
      notify: rcptTo[0]?.dsn?.notify,
    }
  }

  const server = new SMTPServer({
    secure: tls === 'implicit',
    key: LOCALHOST_KEY,
    cert: LOCALHOST_CERTIFICATE,
    disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(login === undefined ? ['AUTH'] : [])],
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    hideDSN: false,
    closeTimeout: 10,
    logger: false,
    onConnect: (_session, done) => {
      connections++
      done(refusal('connect'))
    },
    onAuth: ({ username, password }, _session, done) => {
      const error = refusal('login')
      if (error !== undefined) return done(error)
      if (username === login?.user && password === login?.password) return done(null, { user: username })
      done(Object.assign(new Error('5.7.8 wrong user or password'), { responseCode: 535 }))
    },
    onMailFrom: (_address, _session, done) => done(refusal('sender')),
    onRcptTo: (_address, session, done) => {
      const socket = connectionOf(session)?._socket
      if (behaviour.do === 'garbage') socket?.end('<html>It works!</html>\r\n')
      else if (behaviour.do === 'cut' && behaviour.when === 'at-recipient') socket?.destroy()
      else done(refusal('recipient'))
    },
    onData: (stream, session, done) => {
      const todo = behaviour
      const answered = async () => {
        const mail = await takeMail(stream, session)
        if (mail === undefined) return
        const error = refusal('data')
        if (error !== undefined) return done(error)
        mails.push(mail)
        if (todo.do === 'cut') connectionOf(session)?._socket.destroy()
        else if (todo.do === 'hold') held.push(() => done(null, '2.0.0 taken'))
        else done(null, '2.0.0 taken')
        arrival.resolve(mail)
      }
      answered().catch(done)
    },
  })
  server.on('error', () => {}) // a client that leaves in the middle is what some tests are about
  const listener = server.listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))

  return {
    port: (listener.address() as AddressInfo).port,
    mails,
    messageIds: () => [...new Set(mails.map(({ mail }) => mail.messageId ?? ''))],
    connections: () => connections,
    behave: (next) => {
      behaviour = next
      arrival = Promise.withResolvers()
    },
    arrived: () => arrival.promise,
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    close: () => {
      for (const connection of server.connections) connection._socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
