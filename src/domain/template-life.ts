import { FALLBACK_AFTER_SECONDS, type Sequence } from './sequence.ts'

/**
 * WhatsApp goes on trying to deliver a template for as long as the template's own time to live says, and takes nothing
 * back. A step that falls back before that may reach the person twice: by the next channel, and by WhatsApp when the phone
 * is on again. So `fallbackAfter` should be longer than the template lives.
 * https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/customize-time-to-live
 */
export const SHORT_FALLBACK_POLICIES = ['warn', 'refuse', 'raise'] as const
export type ShortFallbackPolicy = (typeof SHORT_FALLBACK_POLICIES)[number]

export type ShortFallback = {
  /** Index of the step. */
  step: number
  message: string
  refused: boolean
}

/** The sequence as it is to be used, and the steps that fall back before what they sent is dead. */
export function heedTemplateLife(
  sequence: Sequence,
  livesForMs: number,
  policy: ShortFallbackPolicy,
): { sequence: Sequence; short: readonly ShortFallback[] } {
  const short: ShortFallback[] = []
  const heeded = sequence.map((step, index) => {
    const { channel, fallbackAfterMs } = step
    const isLast = index === sequence.length - 1
    if (channel !== 'WhatsApp' || isLast || fallbackAfterMs === undefined || fallbackAfterMs > livesForMs) return step
    const raisedMs = Math.floor(livesForMs / 1000) * 1000 + 1000
    const canRaise = raisedMs <= FALLBACK_AFTER_SECONDS.max * 1000
    const life = livesForMs / 1000
    const doubt = `${fallbackAfterMs / 1000} s is not longer than the ${life} s in which WhatsApp may still deliver it`
    if (policy === 'raise' && canRaise) {
      short.push({ step: index, message: `${doubt}; it was raised to ${raisedMs / 1000}`, refused: false })
      return { ...step, fallbackAfterMs: raisedMs }
    }
    const advice = canRaise
      ? `use at least ${raisedMs / 1000}, or give the template a shorter life`
      : 'give the template a shorter life'
    short.push({
      step: index,
      message: `${doubt}, so the person may get both; ${advice}`,
      refused: policy === 'refuse',
    })
    return step
  })
  return { sequence: heeded, short }
}
