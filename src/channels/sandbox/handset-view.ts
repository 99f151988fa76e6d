import { type Handset, type PhoneMessage, statusOf } from './phones.ts'

/** Handsets as JSON: all times in ISO 8601, and null for what has not happened. */
export function handsetView(handset: Handset) {
  return {
    address: handset.address,
    channels: handset.settings.asWritten,
    messages: handset.messages.map(messageView),
  }
}

export function messageView(message: PhoneMessage) {
  const { failed } = message
  return {
    umid: message.umid,
    step: message.step,
    channel: message.channel,
    from: message.from ?? null,
    type: message.type,
    text: message.text ?? null,
    content: message.content ?? null,
    status: statusOf(message),
    duplicate: message.duplicate,
    receivedAt: iso(message.receivedAt),
    deliveredAt: iso(message.deliveredAt),
    readAt: iso(message.readAt),
    failedAt: iso(failed?.at),
    failure: failed === undefined ? null : { code: failed.code ?? null, message: failed.message },
    providerId: message.id,
    receipts: message.receipts.map(({ status, at, state, tries }) => ({ status, at: iso(at), state, tries })),
  }
}

/** All handsets in one look: how much arrived, and how much of that arrived twice. */
export function summary(handsets: readonly Handset[]) {
  const rows = handsets.map(({ address, messages }) => ({
    address,
    messages: messages.length,
    duplicates: messages.filter(({ duplicate }) => duplicate).length,
    lastReceivedAt: iso(messages.at(-1)?.receivedAt),
  }))
  const messages = rows.reduce((sum, row) => sum + row.messages, 0)
  const duplicates = rows.reduce((sum, row) => sum + row.duplicates, 0)
  return { totals: { handsets: rows.length, messages, duplicates }, handsets: rows }
}

function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
