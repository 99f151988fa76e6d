import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { CallbackResult, Heard, Receipt } from '../../engine/ports/channel.ts'
import { textIn } from '../../json/loose-json.ts'
import { heardText } from '../replies.ts'
import { readAddress } from './address.ts'

/** https://www.twilio.com/docs/messaging/guides/webhook-request */
const MESSAGE_SID = /^(SM|MM)[0-9a-fA-F]{32}$/

/** What people write to us has `SmsStatus=received` and no `MessageStatus`. */
export function isInbound(form: URLSearchParams): boolean {
  return form.get('SmsStatus') === 'received' && !form.has('MessageStatus')
}

/** What somebody has written to us. Twilio does not say when. */
export function readInbound(form: URLSearchParams, id: string): CallbackResult {
  const from = readAddress(form.get('From') ?? '')
  // Short codes and channels that we do not serve write too.
  if (from === undefined) return { kind: 'receipts', receipts: [], ignored: 1 }
  const text = textIn(form.get('Body'))
  const reply = { ...from, id, ...(text !== undefined && { text }) }
  const choice = choiceOf(form, from)
  const heard: Heard[] = choice === undefined ? heardText(reply) : [{ kind: 'reply', ...reply }, choice]
  return { kind: 'receipts', receipts: quotedIn(form, from.channel), heard, ignored: 0 }
}

/** With Advanced Opt-Out a messaging service knows STOP and START in the operator's own words, and tells which it was. */
function choiceOf(form: URLSearchParams, from: { channel: string; address: string }): Heard | undefined {
  switch (form.get('OptOutType')) {
    case 'STOP':
      return { kind: 'suppress', ...from, reason: 'opted-out' }
    case 'START':
      return { kind: 'lift', ...from }
    default:
      return undefined
  }
}

/** Who quotes a message of ours has read it. People quote what they have written themselves, too. */
function quotedIn(form: URLSearchParams, channel: string): Receipt[] {
  const providerRef = form.get('OriginalRepliedMessageSid') ?? ''
  const isOurs = MESSAGE_SID.test(providerRef) && form.get('OriginalRepliedMessageSender') !== form.get('From')
  if (!isOurs || !lookUpChannel(channel)?.reports.includes('read')) return []
  return [{ providerRef, report: { status: 'read', native: 'reply' } }]
}
