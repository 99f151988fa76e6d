/**
 * What happened to a message and why, as it is kept. A code says which rule spoke; the facts are what the rule saw, so
 * that "why did she get an SMS?" is read off and not reconstructed. Codes are part of the API.
 */
export const TIMELINE_CODES = [
  'watch-opened',
  'items-joined',
  'items-left',
  'inquired',
  'inquiry-failed',
  'step-opened',
  'step-skipped',
  'send-accepted',
  'send-rejected',
  'send-retry',
  'send-uncertain',
  'send-repeated',
  'send-withdrawn',
  'recall-asked',
  'recalled',
  'recall-too-late',
  'recall-unclear',
  'receipt',
  'receipt-unmatched',
  'fell-back',
  'succeeded',
  'late-success',
  'exhausted',
  'unknown',
  'cancelled',
  'expired',
  'held',
  'released',
] as const

export type TimelineCode = (typeof TIMELINE_CODES)[number]
export type Fact = string | number | boolean | null

export type TimelineEntry = {
  /** Epoch milliseconds on the service's clock. */
  at: number
  code: TimelineCode
  /** Index of the step that it is about. */
  step?: number
  facts?: Record<string, Fact | undefined>
}

/** What a receipt did to its attempt. */
export type ReceiptEffect =
  | 'raised'
  | 'revived' // up from a dead end
  | 'failed'
  | 'repeated' // known before: nothing moves
  | 'out-of-order' // a lower rung after a higher one: nothing moves
  | 'failed-after-delivered' // the person has it: flagged, nothing moves
  | 'after-recall' // the provider has said that it took it back: nothing moves
  | 'failed-elsewhere' // of a try on a connection that the step has left: nothing moves
