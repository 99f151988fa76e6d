import type { Delivery, Endpoint } from '../engine/ports/outbox.ts'
import { sign } from '../signing/standard-webhooks.ts'
import { deliveryReceipt, inboundMessage } from './receipt-shape.ts'

/**
 * Brings one receipt, or one reply, to its endpoint. `webhook-id` is the same for each repeat, so that the receiver can tell. Answers
 * undefined when it was taken (any 2xx), else what was wrong.
 */
export async function postReceipt(
  delivery: Delivery,
  endpoint: Endpoint,
  signal: AbortSignal,
  now: number,
): Promise<string | undefined> {
  const body = JSON.stringify(delivery.kind === 'receipt' ? deliveryReceipt(delivery) : inboundMessage(delivery))
  try {
    const answer = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Untilread',
        ...sign(endpoint.signingSecret, delivery.id, now / 1000, body),
        ...(endpoint.httpAuthorization && { authorization: endpoint.httpAuthorization }),
      },
      body,
      redirect: 'manual', // a credential must not travel to another host
      signal,
    })
    await answer.body?.cancel()
    return answer.ok ? undefined : `HTTP ${answer.status}`
  } catch (error) {
    if (signal.aborted) return 'no answer in time'
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined
    return `not reached (${cause && 'code' in cause ? cause.code : 'connection failed'})`
  }
}
