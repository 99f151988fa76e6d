import { describe, expect, test } from 'vitest'
import { CHANNEL_CATALOGUE } from '../domain/channel-catalogue.ts'
import type { Content, ContentType } from '../domain/content.ts'
import { checkLengths } from './check-lengths.ts'
import { ApiError } from './errors.ts'

const APPLE = '🍎' // two UTF-16 units

/** WhatsApp carries images here, and SMS nothing but text. */
function check(content: Content, channels: readonly string[], type: ContentType = 'text') {
  const sequence = channels.map((channel) => ({ channel, successStatus: 'accepted', onUncertain: 'wait' }) as const)
  return checkLengths(type, content, sequence, (channel) => (channel === 'WhatsApp' ? ['text', 'image'] : ['text']))
}

/** Code, field and words of the refusal. */
function refusal(...given: Parameters<typeof check>): [code: number, message: string] | undefined {
  try {
    check(...given)
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return [error.code, error.message]
    throw error
  }
}

describe('the text of a channel', () => {
  const limits = CHANNEL_CATALOGUE.flatMap(({ name, maxTextLength: max }) => (max === undefined ? [] : [{ name, max }]))

  test.each(limits)('$name takes $max characters and no more', ({ name, max }) => {
    expect(refusal({ text: 'x'.repeat(max) }, [name])).toBeUndefined()
    const message = `content.text: has ${max + 1} characters; ${name} takes at most ${max}`
    expect(refusal({ text: 'x'.repeat(max + 1) }, ['Email', name])).toEqual([3006, message])
  })

  test('an emoji is one character, except for LINE, which counts UTF-16 units', () => {
    expect(refusal({ text: APPLE.repeat(1000) }, ['Viber'])).toBeUndefined()
    expect(refusal({ text: APPLE.repeat(1001) }, ['Viber'])?.[1]).toContain('has 1001 characters; Viber')
    expect(refusal({ text: APPLE.repeat(2500) }, ['Line'])).toBeUndefined()
    expect(refusal({ text: APPLE.repeat(2501) }, ['Line'])?.[1]).toContain('has 5002 characters; Line')
  })

  test('of content that a channel does not carry it is the fallback text', () => {
    const content = { url: 'https://example.com/a.png', text: 'x', fallbackText: 'x'.repeat(1001) }
    expect(refusal(content, ['Viber'], 'image')).toEqual([
      3017,
      'content.fallbackText: has 1001 characters; Viber takes at most 1000',
    ])
    expect(refusal({ ...content, fallbackText: undefined, text: 'x'.repeat(1001) }, ['Viber'], 'image')?.[0]).toBe(3006)
    expect(refusal(content, ['SMS'], 'image')).toBeUndefined()
  })

  test('of content that a channel carries nothing is judged, nor where it gets no text at all', () => {
    const url = 'https://example.com/a.png'
    expect(refusal({ url, text: 'x'.repeat(5000) }, ['WhatsApp'], 'image')).toBeUndefined()
    expect(check({ url }, ['WhatsApp', 'SMS'], 'image')).toBeUndefined()
  })

  test('a channel of the operator’s own has no limit that we know', () => {
    expect(refusal({ text: 'x'.repeat(35_000) }, ['Pager', 'Email'])).toBeUndefined()
  })
})

describe('the SMS step', () => {
  test.each([
    ['a short text', { text: 'Hi' }, { encoding: 'GSM7', parts: 1 }],
    ['161 characters', { text: 'x'.repeat(161) }, { encoding: 'GSM7', parts: 2 }],
    ['ten parts', { text: 'x'.repeat(1530) }, { encoding: 'GSM7', parts: 10 }],
    ['a typographic quotation mark', { text: `“${'x'.repeat(70)}` }, { encoding: 'UCS2', parts: 2 }],
    ['the text for SMS', { text: '好'.repeat(700), fallbackText: 'Hi' }, { encoding: 'GSM7', parts: 1 }],
    ['UCS2, as asked for', { text: 'x'.repeat(71), sms: { encoding: 'UCS2' } }, { encoding: 'UCS2', parts: 2 }],
  ])('%s is told as what it takes', (_, content, facts) => {
    expect(check(content, ['WhatsApp', 'SMS'])).toEqual(facts)
  })

  test('a sequence without one is told nothing', () => {
    expect(check({ text: 'Hi' }, ['WhatsApp'])).toBeUndefined()
  })

  test('more than ten parts are refused, with their number and the encoding', () => {
    expect(refusal({ text: 'x'.repeat(1531) }, ['SMS'])).toEqual([
      3006,
      'content.text: takes 11 SMS parts in GSM7; at most 10: shorten it, or give the SMS a content.fallbackText',
    ])
    expect(refusal({ text: 'Hi', fallbackText: '好'.repeat(671) }, ['SMS'])).toEqual([
      3017,
      'content.fallbackText: takes 11 SMS parts in UCS2, because of "好" (U+597D); at most 10: shorten it',
    ])
    const asked = { text: '好'.repeat(671), sms: { encoding: 'UCS2' } }
    expect(refusal(asked, ['SMS'])?.[1]).toMatch(/^content\.text: takes 11 SMS parts in UCS2; /)
  })

  test.each([
    ['“', '"“" (U+201C)'],
    [APPLE, '"🍎" (U+1F34E)'],
    ['\u0301', 'U+0301'],
    ['\u00a0', 'U+00A0'],
    ['\u0007', 'U+0007'],
  ])('GSM7 is refused for a text with %j', (character, described) => {
    const content = { text: `Fine ${character} x“`, sms: { encoding: 'GSM7' } }
    expect(refusal(content, ['WhatsApp', 'SMS'])).toEqual([
      1003,
      `content.sms.encoding: GSM7 has no ${described}, which is in the text; use AUTO or UCS2`,
    ])
    expect(refusal(content, ['WhatsApp'])).toBeUndefined()
  })
})
