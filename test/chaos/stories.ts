import type { SequenceStep } from '../../src/client/shapes.ts'
import type { Outcome } from '../../src/domain/message.ts'

/** One kind of message in the load: what is asked for, how the handset behaves, and what its sender does afterwards. */
export type Story = {
  name: string
  weight: number
  channels: readonly SequenceStep[]
  /** Settings of the handset, per channel. What is left out behaves by the defaults. */
  handset: Readonly<Record<string, object>>
  /** How it ends when no kill got in its way. */
  ends: Outcome
  /** The provider answers each send, so one without an answer was cut short by a kill. */
  answersPlainly: boolean
  /** Seconds between acceptance and the send. */
  scheduledIn?: readonly [least: number, most: number]
  /** Seconds between acceptance and the cancel. */
  cancelledAfter?: readonly [least: number, most: number]
  /** Sent without an `Idempotency-Key`, and so never again when the answer is lost. */
  withoutKey?: true
  /** `onUncertain: resend` on a provider that never answers: each try makes a copy, and the handsets have to show it. */
  copiesByChoice?: true
}

const read = { channel: 'WhatsApp', fallbackAfter: 10, successStatus: 'Read' } as const
const delivered = { channel: 'Viber', fallbackAfter: 10, successStatus: 'Delivered' } as const
const sms = { channel: 'SMS' } as const
const usual = { ends: 'succeeded', answersPlainly: true, handset: {} } as const
const quick = { deliverAfter: 0.2, readAfter: 1 }

export const STORIES: readonly [Story, ...Story[]] = [
  { ...usual, name: 'read in time', weight: 5, channels: [read, sms], handset: { WhatsApp: quick } },
  { ...usual, name: 'delivered, never read', weight: 4, channels: [read, sms] },
  {
    ...usual,
    name: 'never delivered',
    weight: 1,
    channels: [read, sms],
    handset: { WhatsApp: { deliverAfter: null } },
  },
  {
    ...usual,
    name: 'refused, no timer',
    weight: 3,
    channels: [{ channel: 'WhatsApp', successStatus: 'Accepted' }, sms],
    handset: { WhatsApp: { reject: 'not on WhatsApp' } },
  },
  {
    ...usual,
    name: 'fails later',
    weight: 3,
    channels: [delivered, sms],
    handset: { Viber: { fail: 'blocked', failAfter: 0.5 } },
  },
  { ...usual, name: 'SMS alone', weight: 3, channels: [sms] },
  {
    ...usual,
    name: 'nobody there',
    weight: 1,
    channels: [{ ...sms, fallbackAfter: 10 }],
    handset: { SMS: { deliverAfter: null } },
    ends: 'exhausted',
  },
  {
    ...usual,
    name: 'receipts reversed, three times each',
    weight: 2,
    channels: [read, sms],
    handset: { WhatsApp: { deliverAfter: 0.3, readAfter: 0.8, callbacks: { order: 'reversed', repeat: 3 } } },
  },
  {
    ...usual,
    name: 'receipts before the answer',
    weight: 2,
    channels: [{ ...sms, fallbackAfter: 10 }],
    handset: { SMS: { deliverAfter: 0, callbacks: { early: true } } },
  },
  {
    ...usual,
    name: 'answer lost, receipts come',
    weight: 2,
    channels: [read, sms],
    handset: { WhatsApp: { ...quick, answer: 'cut' } },
    answersPlainly: false,
  },
  {
    ...usual,
    name: 'answer lost, no receipts',
    weight: 1,
    channels: [read, sms],
    handset: { WhatsApp: { answer: 'error', callbacks: { drop: true } } },
    answersPlainly: false,
  },
  {
    ...usual,
    name: 'no receipts', // only the time of the step can tell what became of a send that was cut short
    weight: 6,
    channels: [read, sms],
    handset: { WhatsApp: { callbacks: { drop: true } } },
  },
  { ...usual, name: 'busy', weight: 1, channels: [delivered, sms], handset: { Viber: { answer: 'busy' } } },
  { ...usual, name: 'scheduled', weight: 2, channels: [sms], scheduledIn: [2, 5] },
  {
    ...usual,
    name: 'scheduled, cancelled before',
    weight: 1,
    channels: [sms],
    scheduledIn: [5, 8],
    cancelledAfter: [0, 2],
    ends: 'cancelled',
  },
  {
    ...usual,
    name: 'cancelled while it is sent',
    weight: 2,
    channels: [read, sms],
    cancelledAfter: [0, 0.02],
    ends: 'cancelled',
  },
  {
    ...usual,
    name: 'cancelled on the way',
    weight: 1,
    channels: [read, sms],
    cancelledAfter: [0, 4],
    ends: 'cancelled',
  },
  { ...usual, name: 'without a key', weight: 2, channels: [read, sms], handset: { WhatsApp: quick }, withoutKey: true },
  {
    ...usual,
    name: 'resend by choice',
    weight: 1,
    channels: [{ ...read, onUncertain: 'resend' }, sms],
    handset: { WhatsApp: { answer: 'cut', callbacks: { drop: true } } },
    answersPlainly: false,
    copiesByChoice: true,
  },
]
