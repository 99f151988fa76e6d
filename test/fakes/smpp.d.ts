/** What the fake SMSC uses of the package `smpp`, which comes without types. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Server as NetServer, Socket } from 'node:net'

  /** A PDU as the package has read it: fields by the specification's names. */
  export type SmppPdu = {
    command: string
    command_status: number
    sequence_number: number
    response(options?: Record<string, unknown>): SmppPdu
    toBuffer(): Buffer
    [field: string]: unknown
  }
  export type SmppSession = EventEmitter & {
    socket: Socket
    send(pdu: SmppPdu, onResponse?: (pdu: SmppPdu) => void): boolean
    destroy(): void
  }
  export type SmppServer = NetServer & { sessions: SmppSession[] }

  const smpp: {
    createServer(options: { key?: string; cert?: string }, listener: (session: SmppSession) => void): SmppServer
    PDU: { new (command: string, options?: Record<string, unknown>): SmppPdu; new (bytes: Buffer): SmppPdu }
    errors: Record<string, number>
    gsmCoder: { GSM: { chars: string; extChars: string; escChars: string } }
  }
  export default smpp
}
