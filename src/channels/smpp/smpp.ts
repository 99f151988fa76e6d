import { type Static, Type } from 'typebox'
import { defineChannel, Secret, type World } from '../define-channel.ts'
import type { Binding } from './bind.ts'
import { STATUS } from './command-status.ts'
import { readIncoming } from './incoming.ts'
import { MESSAGE_ID_FORMATS, type MessageIdFormat } from './message-id.ts'
import type { Pdu } from './pdu.ts'
import { Smsc } from './smsc.ts'
import { type Sender, VALIDITY_MS } from './submit.ts'

/**
 * SMS over SMPP 3.4, the protocol of carriers' message centres (SMSC). One connection stays open and bound as a transceiver:
 * messages go out over it, receipts and what people write come in. There is no idempotency key, so a message that was
 * handed over and not answered is not sent again by itself.
 */
const PORTS = { plain: 2775, tls: 3550 } as const
const WINDOW = 10
const ENQUIRE_SECONDS = 30
const RESPONSE_SECONDS = 20
const INTERFACE_VERSION = 0x34

const octet = (description: string, unset: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 255, unset, description }))

const config = Type.Object({
  host: Type.String({ minLength: 1, example: 'smsc.example.com', description: 'The SMSC.' }),
  port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      unset: `${PORTS.plain}, with \`tls\` ${PORTS.tls}`,
      description: 'The port of the SMSC.',
    }),
  ),
  tls: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Encrypted from the first byte. Without it the password is not either.',
    }),
  ),
  certificateAuthority: Type.Optional(
    Type.String({ description: 'A certificate (PEM) to trust, for an SMSC whose own is not signed by a public one.' }),
  ),
  systemId: Type.String({
    pattern: '^[!-~]{1,64}$',
    expected: 'letters, digits and punctuation, without spaces',
    example: 'shop',
    description: 'Who binds.',
  }),
  password: Secret({ description: 'Goes with `systemId`.' }),
  systemType: Type.Optional(
    Type.String({
      pattern: '^[ -~]{0,12}$',
      expected: 'at most 12 characters of ASCII',
      unset: 'empty, as most SMSCs want it',
      description: 'The kind of system that binds, where the SMSC asks for it.',
    }),
  ),
  addressRange: Type.Optional(
    Type.String({
      pattern: '^[ -~]{0,40}$',
      expected: 'at most 40 characters of ASCII',
      unset: 'empty: all that the account has',
      description: 'The numbers whose messages come in on this session.',
    }),
  ),
  addressTon: octet('The type of number of `addressRange`.', '0'),
  addressNpi: octet('The numbering plan of `addressRange`.', '0'),
  from: Type.Optional(
    Type.String({
      pattern: '^(\\+[1-9]\\d{6,14}|\\d{3,15}|(?=.*[A-Za-z])[ -~]{1,11})$',
      expected: 'a number in quotes such as "+15551234567", a short code in quotes, or a name of at most 11 letters',
      example: '+15551234567',
      unset: 'the SMSC fills it in',
      description: 'The sender: a number (E.164), a short code, or a name where the carrier allows names.',
    }),
  ),
  sourceTon: octet('The type of number of `from`.', '1 for a number, 3 for a short code, 5 for a name'),
  sourceNpi: octet('The numbering plan of `from`.', '1 for a number, otherwise 0'),
  serviceType: Type.Optional(
    Type.String({
      pattern: '^[ -~]{0,5}$',
      expected: 'at most 5 characters of ASCII',
      unset: 'empty, the usual service',
      description: 'The service of the SMSC that carries our messages.',
    }),
  ),
  window: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: WINDOW,
      description: 'Most messages that may wait for the SMSC’s answer at one time.',
    }),
  ),
  longTexts: Type.Optional(
    Type.Enum(['parts', 'payload'], {
      default: 'parts',
      description:
        'What does not fit into one SMS. `parts`: several, which the handset puts together. `payload`: one `message_payload`, ' +
        'which the SMSC takes apart.',
    }),
  ),
  receipts: Type.Optional(
    Type.Boolean({ default: true, description: 'Ask for receipts. Off for an SMSC that gives none.' }),
  ),
  messageIdFormat: Type.Optional(
    Type.Enum([...MESSAGE_ID_FORMATS], {
      default: 'as-is',
      description:
        'How the SMSC writes the id of a message, in its answer and in receipts. `as-is`: the same in both. `decimal`, `hex`: ' +
        'the same number, perhaps with other zeros in front or other capitals. `hex-then-decimal`, `decimal-then-hex`: first ' +
        'in the answer, then in receipts.',
    }),
  ),
  validity: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Give a step’s time to the SMSC as validity period. Off for an SMSC that refuses it.',
    }),
  ),
  enquireLinkSeconds: Type.Optional(
    Type.Number({
      minimum: 1,
      maximum: 3600,
      default: ENQUIRE_SECONDS,
      description: 'How long the SMSC may be silent before it is asked whether it is there.',
    }),
  ),
  responseTimeoutSeconds: Type.Optional(
    Type.Number({
      minimum: 1,
      maximum: 600,
      default: RESPONSE_SECONDS,
      description: 'How long an answer of the SMSC is waited for.',
    }),
  ),
})
type Config = Static<typeof config>

export const smpp = defineChannel({
  id: 'smpp',
  serves: ['SMS'],
  summary: 'SMS through a carrier’s SMSC, over SMPP 3.4.',
  config,
  check: ({ password, tls, certificateAuthority, from, sourceTon, sourceNpi }) => [
    ...(/^[ -~]*$/.test(password)
      ? []
      : [{ field: 'password', message: 'has characters that SMPP cannot write: ASCII alone' }]),
    ...(certificateAuthority !== undefined && tls !== true
      ? [{ field: 'certificateAuthority', message: 'goes with tls: true' }]
      : []),
    ...(from === undefined && sourceTon !== undefined ? [{ field: 'sourceTon', message: 'goes with from' }] : []),
    ...(from === undefined && sourceNpi !== undefined ? [{ field: 'sourceNpi', message: 'goes with from' }] : []),
  ],
  abilities: (_channel, { receipts = true, validity = true, from = '' }) => ({
    reports: receipts ? ['accepted', 'sent', 'delivered'] : ['accepted'],
    address: 'phone',
    carries: ['text'],
    takesIdempotencyKey: false,
    ...(validity && { validity: { minMs: VALIDITY_MS.min, maxMs: VALIDITY_MS.max } }),
    revokes: true,
    // Nobody can answer a name.
    ...(!/[A-Za-z]/.test(from) && { hearsReplies: true }),
  }),
  create: (config, world) => {
    const format = config.messageIdFormat ?? 'as-is'
    const smsc = new Smsc(bindingOf(config, world, format), senderOf(config), format)
    return {
      send: (outgoing, signal) => smsc.send(outgoing, signal),
      revoke: (sent, signal) => smsc.revoke(sent, signal),
      check: (signal) => smsc.check(signal),
      start: () => smsc.start(),
      close: () => smsc.close(),
    }
  },
})

function bindingOf(config: Config, world: World, format: MessageIdFormat): Binding {
  const { host, tls = false, certificateAuthority, systemId, password, systemType, addressRange } = config
  return {
    peer: { host, port: config.port ?? (tls ? PORTS.tls : PORTS.plain), tls, certificateAuthority },
    login: {
      systemId,
      password,
      systemType: systemType ?? '',
      interfaceVersion: INTERFACE_VERSION,
      addressTon: config.addressTon ?? 0,
      addressNpi: config.addressNpi ?? 0,
      addressRange: addressRange ?? '',
    },
    session: {
      clock: world.clock,
      window: config.window ?? WINDOW,
      enquireAfterMs: (config.enquireLinkSeconds ?? ENQUIRE_SECONDS) * 1000,
      responseTimeoutMs: (config.responseTimeoutSeconds ?? RESPONSE_SECONDS) * 1000,
      onMessage: (pdu) => takeIn(pdu, world, format),
    },
  }
}

/** The SMSC forgets what we confirm, so it is confirmed once it is stored. */
async function takeIn(pdu: Pdu, world: World, format: MessageIdFormat): Promise<number> {
  const told = readIncoming(pdu, format, world.clock.now())
  if (told === undefined) return STATUS.refused
  try {
    await world.tell(told)
    return STATUS.ok
  } catch {
    return STATUS.tryAgain
  }
}

function senderOf(config: Config): Sender {
  const { from, sourceTon, sourceNpi, serviceType, longTexts = 'parts', receipts = true, validity = true } = config
  return { from, sourceTon, sourceNpi, serviceType, longTexts, asksForReceipts: receipts, givesValidity: validity }
}
