import type { RejectReason, SendOutcome } from '../../domain/message.ts'

/**
 * What a `command_status` means (SMPP 3.4, 5.1.3). One that is not zero always says that the message was not taken.
 * `later` passes by itself, `busy` when less is sent. SMSCs have numbers of their own besides, from 0x400 to 0x4FF.
 */
type Fault = RejectReason | 'later' | 'busy'
type Meaning = readonly [name: string, fault: Fault, words: string]

const SETUP = 'the SMSC does not take what the connection is set up to send'

const MEANINGS: Readonly<Record<number, Meaning>> = {
  1: ['ESME_RINVMSGLEN', 'content', 'the text is longer than the SMSC takes'],
  2: ['ESME_RINVCMDLEN', 'content', 'the message is longer than the SMSC takes'],
  3: ['ESME_RINVCMDID', 'credentials', 'the SMSC does not know the command'],
  4: ['ESME_RINVBNDSTS', 'later', 'the SMSC holds the session for unbound'],
  // After a lost connection an SMSC may hold on to the session that it knew, for a while.
  5: ['ESME_RALYBND', 'later', 'the SMSC has as many sessions of this system id as it allows'],
  6: ['ESME_RINVPRTFLG', 'credentials', SETUP],
  7: ['ESME_RINVREGDLVFLG', 'credentials', 'the SMSC gives no receipts: set `receipts: false`'],
  8: ['ESME_RSYSERR', 'later', 'the SMSC failed'],
  10: ['ESME_RINVSRCADR', 'credentials', 'the SMSC does not take the sender'],
  11: ['ESME_RINVDSTADR', 'recipient', 'the number is not one that the SMSC sends to'],
  12: ['ESME_RINVMSGID', 'content', 'the SMSC does not know the message'],
  13: ['ESME_RBINDFAIL', 'credentials', 'the SMSC refused the bind'],
  14: ['ESME_RINVPASWD', 'credentials', 'the password is wrong'],
  15: ['ESME_RINVSYSID', 'credentials', 'the system id is wrong'],
  17: ['ESME_RCANCELFAIL', 'content', 'the message can no longer be taken back'],
  20: ['ESME_RMSGQFUL', 'later', 'the queue of the SMSC is full'],
  21: ['ESME_RINVSERTYP', 'credentials', 'the SMSC does not know the service type'],
  67: ['ESME_RINVESMCLASS', 'credentials', 'the SMSC takes no parts: set `longTexts: payload`'],
  69: ['ESME_RSUBMITFAIL', 'content', 'the SMSC refused the message'],
  72: ['ESME_RINVSRCTON', 'credentials', 'the SMSC does not take the sender’s type of number'],
  73: ['ESME_RINVSRCNPI', 'credentials', 'the SMSC does not take the sender’s numbering plan'],
  80: ['ESME_RINVDSTTON', 'credentials', SETUP],
  81: ['ESME_RINVDSTNPI', 'credentials', SETUP],
  83: ['ESME_RINVSYSTYP', 'credentials', 'the system type is wrong'],
  88: ['ESME_RTHROTTLED', 'busy', 'more is sent than the SMSC allows'],
  97: ['ESME_RINVSCHED', 'credentials', SETUP],
  98: ['ESME_RINVEXPIRY', 'credentials', 'the SMSC does not take the validity period: set `validity: false`'],
  100: ['ESME_RX_T_APPN', 'later', 'the receiving side failed for the moment'],
  101: ['ESME_RX_P_APPN', 'content', 'the receiving side refused the message'],
  102: ['ESME_RX_R_APPN', 'content', 'the receiving side rejected the message'],
  192: ['ESME_RINVOPTPARSTREAM', 'credentials', SETUP],
  193: ['ESME_ROPTPARNOTALLWD', 'credentials', SETUP],
  194: ['ESME_RINVPARLEN', 'credentials', SETUP],
  195: ['ESME_RMISSINGOPTPARAM', 'credentials', SETUP],
  196: ['ESME_RINVOPTPARAMVAL', 'credentials', SETUP],
  254: ['ESME_RDELIVERYFAILURE', 'recipient', 'the message could not be delivered'],
  255: ['ESME_RUNKNOWNERR', 'later', 'the SMSC failed, and does not say how'],
  // The rest is of SMPP 5.0, and used by SMSCs that speak 3.4.
  256: ['ESME_RSERTYPUNAUTH', 'credentials', 'the account may not use this service'],
  257: ['ESME_RPROHIBITED', 'credentials', 'the account may not do this'],
  258: ['ESME_RSERTYPUNAVAIL', 'later', 'the service is away'],
  259: ['ESME_RSERTYPDENIED', 'credentials', 'the account may not use this service'],
  260: ['ESME_RINVDCS', 'content', 'the SMSC does not take the alphabet of the text'],
}

export const STATUS = {
  ok: 0,
  invalidCommandLength: 2,
  invalidCommand: 3,
  notBound: 4,
  alreadyBound: 5,
  /** For what we could not store: the SMSC is to try again. */
  tryAgain: 100,
  /** For what we shall never understand. */
  refused: 101,
} as const

const LATER_MS = 15_000
const BUSY_MS = 5_000
const REBIND_MS = 1_000

export type NotTaken = SendOutcome & { kind: 'rejected' | 'retry' }

export function outcomeOfStatus(status: number): NotTaken {
  const [, fault] = MEANINGS[status] ?? UNKNOWN
  const detail = wordsFor(status)
  if (fault === 'later') return { kind: 'retry', afterMs: status === STATUS.notBound ? REBIND_MS : LATER_MS, detail }
  if (fault === 'busy') return { kind: 'retry', afterMs: BUSY_MS, detail }
  return { kind: 'rejected', reason: fault, detail, code: codeOf(status) }
}

/** Whether a refused bind has to be mended by the operator, as far as its number tells. */
export function isRefusedLogin(status: number): boolean {
  return MEANINGS[status]?.[1] === 'credentials'
}

const UNKNOWN: Meaning = ['its own status', 'content', 'see the operator’s list']

export function wordsFor(status: number): string {
  const [name, , words] = MEANINGS[status] ?? UNKNOWN
  return `the SMSC answered ${name} (${codeOf(status)}): ${words}`
}

/** As SMSCs write it in their manuals. */
export function codeOf(status: number): string {
  return `0x${status.toString(16).toUpperCase().padStart(2, '0')}`
}
