import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import smpp, { type SmppPdu, type SmppSession } from 'smpp'
import { LOCALHOST_CERTIFICATE } from './smtp-server.ts'

const LOCALHOST_KEY = readFileSync(new URL('localhost-key.pem', import.meta.url), 'utf8')

export const LOGIN = { systemId: 'untilread', password: 'the-password' } as const

/** What the SMSC does with the next `submit_sm`, until it is told otherwise. */
export type SmscBehaviour =
  | { do: 'accept' }
  /** Answers with this `command_status`, to all or to those that `to` picks. */
  | { do: 'refuse'; status: number; to?: (message: SmscMessage) => boolean }
  /** Ends the connection, before it has taken the message or after it. */
  | { do: 'cut'; when: 'before' | 'after' }
  /** Takes it and does not answer until `release`. */
  | { do: 'hold' }
  /** Writes these bytes in place of an answer. */
  | { do: 'write'; bytes: Buffer }
  /** Sends the receipt, and waits until it is confirmed, before it answers. */
  | { do: 'receipt-first' }

export type SmscMessage = {
  id: string
  pdu: SmppPdu
  /** As the package decodes it. */
  text: string
  header: Buffer | undefined
  isDelivered?: true
}

export type SmscFake = {
  port: number
  /** What stands with the people or on its way to them; `cancel_sm` takes away. */
  messages: SmscMessage[]
  /** Every PDU that came, by its command. */
  received(command: string): SmppPdu[]
  /** Resolves with the next PDU of a command that comes from now on. */
  next(command: string): Promise<SmppPdu>
  /** Resolves when so many PDUs of a command have come. */
  seen(command: string, count: number): Promise<SmppPdu>
  behave(behaviour: SmscBehaviour): void
  /** Answers binds with this `command_status`. */
  refuseBinds(status: number | undefined): void
  /** Whether questions after the link are answered. */
  isSilentOnLink: boolean
  /** How many `submit_sm` have no answer, at most, ever. */
  mostUnanswered(): number
  /** Resolves when the next message has been taken, or at once when there has been one since `behave`. */
  arrived(): Promise<SmscMessage>
  /** Answers what is held: all, or so many. */
  release(count?: number): void
  /** Sends a PDU over the bound session; resolves with the response. */
  ask(command: string, fields?: Record<string, unknown>): Promise<SmppPdu>
  /** A receipt in the form of the specification's appendix. */
  receipt(id: string, stat: string, more?: Record<string, unknown>): Promise<SmppPdu>
  /** The bound session's connection, for bytes that are no PDU. */
  write(bytes: Buffer): void
  /** Ends all connections, without a word. */
  cut(): void
  /** Resolves when both sides know that they are bound: by the present session, or the next. */
  bound(): Promise<void>
  binds(): number
  /** Resolves when nobody is connected. */
  left(): Promise<void>
  close(): Promise<void>
}

/**
 * A message centre on a free port of this machine. The package `smpp` reads our bytes and writes its own, so that both ends
 * of the wire are not of one hand.
 */
export async function startSmsc(
  options: { tls?: boolean; port?: number; ids?: (count: number) => string } = {},
): Promise<SmscFake> {
  const { ids = (count) => `id-${count}` } = options
  const messages: SmscMessage[] = []
  const log: SmppPdu[] = []
  const expected: { command: string; count: number; resolve(pdu: SmppPdu): void }[] = []
  const held: (() => void)[] = []
  let behaviour: SmscBehaviour = { do: 'accept' }
  let bindStatus: number | undefined
  let arrival = Promise.withResolvers<SmscMessage>()
  let binding = Promise.withResolvers<void>()
  let bound: SmppSession | undefined
  let [taken, unanswered, mostUnanswered, binds] = [0, 0, 0, 0]

  const current = (): SmppSession => {
    if (bound === undefined) throw new Error('nobody is bound')
    return bound
  }
  const ask = (session: SmppSession, command: string, fields: Record<string, unknown> = {}) =>
    new Promise<SmppPdu>((resolve) => session.send(new smpp.PDU(command, fields), resolve))

  const receipt: SmscFake['receipt'] = (id, stat, more = {}) => {
    const message = messages.find((each) => each.id === id)
    const text = `id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:${stat} err:${stat === 'DELIVRD' ? '000' : '027'} text:Your table is read`
    return ask(current(), 'deliver_sm', {
      esm_class: 0x04,
      source_addr_ton: 1,
      source_addr_npi: 1,
      source_addr: message?.pdu.destination_addr ?? '',
      destination_addr: message?.pdu.source_addr ?? '',
      short_message: Buffer.from(text),
      ...more,
    })
  }

  const submit = async (session: SmppSession, pdu: SmppPdu) => {
    const todo = behaviour
    const problem = faultOf(pdu)
    const { message: text = '', udh } = (pdu.short_message ?? {}) as { message?: string | Buffer; udh?: Buffer[] }
    const payload = (pdu.message_payload as { message?: string } | undefined)?.message
    const message: SmscMessage = { id: ids(taken + 1), pdu, text: String(payload ?? text), header: udh?.[0] }
    unanswered++
    mostUnanswered = Math.max(mostUnanswered, unanswered)
    const answer = (fields: Record<string, unknown>) => {
      unanswered--
      session.send(pdu.response(fields))
    }
    const take = () => {
      taken++
      messages.push(message)
      arrival.resolve(message)
    }
    const accept = () => answer({ message_id: message.id })
    if (problem !== undefined) return answer({ command_status: smpp.errors[problem] })
    switch (todo.do) {
      case 'refuse':
        if (todo.to?.(message) ?? true) return answer({ command_status: todo.status })
        take()
        return accept()
      case 'cut':
        if (todo.when === 'after') take()
        return session.destroy()
      case 'write':
        return void session.socket.write(todo.bytes)
      case 'hold':
        held.push(accept)
        return take()
      case 'receipt-first':
        take()
        await receipt(message.id, 'DELIVRD')
        return accept()
      case 'accept':
        take()
        return accept()
    }
  }

  const cancel = (session: SmppSession, pdu: SmppPdu) => {
    const same = [
      'source_addr',
      'source_addr_ton',
      'source_addr_npi',
      'destination_addr',
      'dest_addr_ton',
      'service_type',
    ]
    const index = messages.findIndex(({ id }) => id === pdu.message_id)
    const message = messages[index]
    const matches = message !== undefined && same.every((field) => message.pdu[field] === pdu[field])
    if (!matches || message.isDelivered) {
      return session.send(pdu.response({ command_status: smpp.errors.ESME_RCANCELFAIL }))
    }
    messages.splice(index, 1)
    return session.send(pdu.response())
  }

  const bindSession = (session: SmppSession, pdu: SmppPdu) => {
    const right = pdu.system_id === LOGIN.systemId && pdu.password === LOGIN.password && pdu.interface_version === 0x34
    const status = bindStatus ?? (right ? undefined : smpp.errors.ESME_RINVPASWD)
    if (status !== undefined) return void session.send(pdu.response({ command_status: status }))
    session.send(pdu.response({ system_id: 'FAKE-SMSC' }))
    binds++
    bound = session
    binding.resolve()
  }

  const unbound = (session: SmppSession) => {
    if (bound !== session) return
    bound = undefined
    binding = Promise.withResolvers()
  }

  const onSession = (session: SmppSession) => {
    session.on('error', () => {}) // a client that leaves in the middle is what some tests are about
    session.on('close', () => unbound(session))
    session.on('pdu', (pdu: SmppPdu) => {
      log.push(pdu)
      const isBinding = pdu.command === 'bind_transceiver'
      if (isBinding) bindSession(session, pdu)
      else if (pdu.command === 'submit_sm' && bound !== session)
        session.send(pdu.response({ command_status: smpp.errors.ESME_RINVBNDSTS }))
      else if (pdu.command === 'submit_sm') void submit(session, pdu)
      else if (pdu.command === 'cancel_sm') cancel(session, pdu)
      else if (pdu.command === 'enquire_link' && !fake.isSilentOnLink) session.send(pdu.response())
      else if (pdu.command === 'unbind') {
        unbound(session)
        session.send(pdu.response())
      }
      for (const each of [...expected]) {
        if (each.command !== pdu.command || fake.received(each.command).length < each.count) continue
        expected.splice(expected.indexOf(each), 1)
        each.resolve(pdu)
      }
    })
  }

  const server = smpp.createServer(options.tls ? { key: LOCALHOST_KEY, cert: LOCALHOST_CERTIFICATE } : {}, onSession)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))

  const cut = () => {
    for (const session of [...server.sessions]) session.destroy()
  }
  const fake: SmscFake = {
    port: (server.address() as AddressInfo).port,
    messages,
    received: (command) => log.filter((pdu) => pdu.command === command),
    next: (command) => fake.seen(command, fake.received(command).length + 1),
    seen: (command, count) => {
      const pdu = fake.received(command)[count - 1]
      return pdu === undefined
        ? new Promise((resolve) => void expected.push({ command, count, resolve }))
        : Promise.resolve(pdu)
    },
    behave: (next) => {
      behaviour = next
      arrival = Promise.withResolvers()
    },
    refuseBinds: (status) => {
      bindStatus = status
    },
    isSilentOnLink: false,
    mostUnanswered: () => mostUnanswered,
    arrived: () => arrival.promise,
    release: (count = held.length) => {
      for (const answer of held.splice(0, count)) answer()
    },
    ask: (command, fields) => ask(current(), command, fields),
    receipt,
    write: (bytes) => void current().socket.write(bytes),
    cut,
    bound: async () => {
      await binding.promise
      await ask(current(), 'enquire_link') // answered by who has read our answer to the bind
    },
    binds: () => binds,
    left: async () => {
      await Promise.all(server.sessions.map(({ socket }) => once(socket, 'close')))
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      cut()
      await closed
    },
  }
  return fake
}

/** What a strict SMSC would find wrong with a message. */
function faultOf(pdu: SmppPdu): string | undefined {
  const { destination_addr: to, dest_addr_ton: ton, dest_addr_npi: npi, data_coding: coding } = pdu
  if (!/^[1-9]\d{6,14}$/.test(String(to))) return 'ESME_RINVDSTADR'
  if (ton !== 1) return 'ESME_RINVDSTTON'
  if (npi !== 1) return 'ESME_RINVDSTNPI'
  if (coding !== 0 && coding !== 8) return 'ESME_RINVDCS'
  if (pdu.replace_if_present_flag !== 0 || pdu.protocol_id !== 0 || pdu.sm_default_msg_id !== 0)
    return 'ESME_RUNKNOWNERR'
  return undefined
}
