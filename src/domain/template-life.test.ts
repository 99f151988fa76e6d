import { expect, test } from 'vitest'
import type { Sequence } from './sequence.ts'
import { heedTemplateLife } from './template-life.ts'

const SMS = { channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' } as const
const step = (seconds?: number, channel = 'WhatsApp') => ({
  channel,
  successStatus: 'delivered' as const,
  onUncertain: 'wait' as const,
  ...(seconds !== undefined && { fallbackAfterMs: seconds * 1000 }),
})
const HOUR = 3_600_000

test.each<[string, Sequence]>([
  ['waits longer', [step(3601), SMS]],
  ['falls back on failure only', [step(), SMS]],
  ['is the last one', [SMS, step(60)]],
  ['is on another channel', [step(60, 'Viber'), SMS]],
])('a step that %s is left as it is', (_, sequence) => {
  for (const policy of ['warn', 'refuse', 'raise'] as const) {
    expect(heedTemplateLife(sequence, HOUR, policy)).toEqual({ sequence, short: [] })
  }
})

test('a wait of just the life is too short, for the phone may be on again in the same second', () => {
  const { sequence, short } = heedTemplateLife([step(3600), SMS], HOUR, 'raise')
  expect(sequence).toEqual([step(3601), SMS])
  expect(short).toEqual([expect.objectContaining({ step: 0, refused: false })])
})

test('a life longer than any wait is told of and cannot be waited for', () => {
  const month = 30 * 24 * HOUR
  const { sequence, short } = heedTemplateLife([step(60), SMS], month, 'raise')
  expect(sequence).toEqual([step(60), SMS])
  expect(short[0]?.message).toMatch(/may get both; give the template a shorter life$/)
  expect(heedTemplateLife([step(60), SMS], month, 'refuse').short[0]?.refused).toBe(true)
})
