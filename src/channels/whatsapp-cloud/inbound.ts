import type { Heard, Receipt, Told } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, textIn, timeIn } from '../../json/loose-json.ts'
import { heardText } from '../replies.ts'
import { addressesOf } from './addresses.ts'
import { IGNORED } from './told.ts'
import { LONGEST_WAMID } from './whatsapp-outcome.ts'

const CHANNEL = 'WhatsApp'

/** What stands among messages and was not written: a changed number, a chat that was opened, a message changed or taken back. */
const NOT_WRITTEN = ['system', 'request_welcome', 'edit', 'revoke']

/** A message from a person, or a tap on a button or on a reaction. */
export function readInbound(message: Fields): Partial<Told> {
  const id = idIn(message.id, LONGEST_WAMID)
  const type = textIn(message.type) ?? ''
  const addresses = addressesOf(message.from, message.from_user_id)
  // A group is not a person: what is said there stops nothing, and we write to none.
  const isOurs = !NOT_WRITTEN.includes(type) && message.group_id === undefined
  if (id === undefined || addresses.length === 0 || !isOurs) return IGNORED
  const at = timeIn(message.timestamp)
  if (type === 'reaction') {
    const read = readReceipt(fieldsOf(message.reaction)?.message_id, 'reaction', at)
    return read.length > 0 ? { receipts: read } : IGNORED
  }
  return {
    receipts: readReceipt(quotedIn(message), 'reply', at),
    heard: heardFrom(addresses, { id, ...(at !== undefined && { at }), ...saidIn(type, message) }),
  }
}

type Said = { text?: string | undefined; payload?: string | undefined }

/** The words of a message; of a button its label, and the payload that the operator gave it. */
function saidIn(type: string, message: Fields): Said {
  const content = fieldsOf(message[type])
  switch (type) {
    case 'text':
      return { text: textIn(content?.body) }
    case 'button':
      return { text: textIn(content?.text), payload: textIn(content?.payload) }
    case 'interactive': {
      const tapped = fieldsOf(content?.button_reply) ?? fieldsOf(content?.list_reply)
      return { text: textIn(tapped?.title), payload: textIn(tapped?.id) }
    }
    default:
      return { text: textIn(content?.caption) }
  }
}

/**
 * The reply goes under the likeliest address; a stop is heard under every one, for any of them may stand in a message. A
 * button stops by its label or by its payload: "No more of these" may have the payload STOP.
 */
function heardFrom(
  addresses: readonly string[],
  { id, text, payload, at }: Said & { id: string; at?: number },
): Heard[] {
  const [address] = addresses
  if (address === undefined) return []
  const reply = { channel: CHANNEL, address, id, ...(text !== undefined && { text }), ...(at !== undefined && { at }) }
  const [wish] = [text, payload].flatMap((words = '') => heardText({ ...reply, text: words }).slice(1))
  const said: Heard = { kind: 'reply', ...reply }
  return wish === undefined ? [said] : [said, ...addresses.map((each) => ({ ...wish, address: each }))]
}

/** The message of ours that this one answers; people quote themselves as well. */
function quotedIn(message: Fields): unknown {
  const context = fieldsOf(message.context)
  const isOwn = context?.from !== undefined && context.from === message.from
  return isOwn ? undefined : context?.id
}

/** Who answers a message has read it, whether or not WhatsApp may say so. */
function readReceipt(id: unknown, native: string, at: number | undefined): Receipt[] {
  const providerRef = idIn(id, LONGEST_WAMID)
  if (providerRef === undefined) return []
  return [{ providerRef, report: { status: 'read', native, ...(at !== undefined && { providerAt: at }) } }]
}

/** "Stop promotions" and its contrary in the app: about marketing of this business, whatever message it was set at. */
export function readPreference(preference: Fields): Partial<Told> {
  const { category, value } = preference
  if (category !== 'marketing_messages' || (value !== 'stop' && value !== 'resume')) return IGNORED
  const addresses = addressesOf(preference.wa_id, preference.user_id)
  if (addresses.length === 0) return IGNORED
  return {
    heard: addresses.map((address) =>
      value === 'stop'
        ? { kind: 'suppress', channel: CHANNEL, address, reason: 'opted-out' }
        : { kind: 'lift', channel: CHANNEL, address },
    ),
  }
}
