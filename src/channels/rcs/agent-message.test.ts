import { describe, expect, it } from 'vitest'
import type { Content, ContentType } from '../../domain/content.ts'
import { contentMessageOf, ttlSecondsOf } from './agent-message.ts'

const URL = 'https://example.com/menu.pdf'

function of(type: ContentType, content: Content, text = content.text) {
  return contentMessageOf({ type, content, ...(text !== undefined && { text }) })
}

describe('a text', () => {
  it('is sent as it is, with its suggestions', () => {
    expect(of('text', { text: 'Grüße 😀\nline two' })).toEqual({ text: 'Grüße 😀\nline two' })
    const suggestions = [{ reply: { text: 'Yes', postbackData: 'yes' } }]
    expect(of('text', { text: 'Coming?', suggestions: [...suggestions, 'no', null] })).toEqual({
      text: 'Coming?',
      suggestions,
    })
  })

  it('that is not there cannot be sent', () => {
    expect(of('text', {})).toBeUndefined()
    expect(of('text', { text: '', suggestions: [{}] })).toBeUndefined()
  })
})

describe('a file', () => {
  it.each(['image', 'video', 'audio', 'file'] as const)('of type %s is named by its address', (type) => {
    expect(of(type, { url: URL })).toEqual({ contentInfo: { fileUrl: URL } })
  })

  it('may bring a small picture of itself', () => {
    const thumbnail = 'https://example.com/small.png'
    const contentInfo = { fileUrl: URL, thumbnailUrl: thumbnail }
    expect(of('video', { url: URL, video: { thumbnail } })).toEqual({ contentInfo })
    expect(of('video', { url: URL, video: 'small' })).toEqual({ contentInfo: { fileUrl: URL } })
  })

  it.each(['image', 'video'] as const)('of type %s is a card where a text goes with it', (type) => {
    const media = { height: 'MEDIUM', contentInfo: { fileUrl: URL } }
    expect(of(type, { url: URL, text: 'Look' })).toEqual({
      richCard: { standaloneCard: { cardOrientation: 'VERTICAL', cardContent: { description: 'Look', media } } },
    })
  })

  it.each([
    ['audio', 'Listen'],
    ['file', 'Our menu'],
    ['image', 'x'.repeat(2001)],
  ] as const)('of type %s with a text that fits on no card is a link below it', (type, text) => {
    expect(of(type, { url: URL, text })).toEqual({ text: `${text}\n${URL}` })
  })

  it('without an address is its text, if there is one', () => {
    expect(of('image', { text: 'Look' })).toEqual({ text: 'Look' })
    expect(of('file', { url: ' ' })).toBeUndefined()
  })
})

describe('cards', () => {
  it('go as Google writes them', () => {
    const standaloneCard = { cardOrientation: 'HORIZONTAL', cardContent: { title: 'T' } }
    expect(of('richCard', { richCard: { standaloneCard } })).toEqual({ richCard: { standaloneCard } })
    const carouselCard = { cardWidth: 'SMALL', cardContents: [{ title: 'A' }, { title: 'B' }] }
    expect(of('carousel', { carousel: { carouselCard } })).toEqual({ richCard: { carouselCard } })
  })

  it('may be only what stands on them', () => {
    expect(of('richCard', { richCard: { title: 'T' } })).toEqual({
      richCard: { standaloneCard: { cardOrientation: 'VERTICAL', cardContent: { title: 'T' } } },
    })
    const cardContents = [{ title: 'A' }, { title: 'B' }]
    expect(of('carousel', { carousel: { cardContents } })).toEqual({
      richCard: { carouselCard: { cardWidth: 'MEDIUM', cardContents } },
    })
  })

  it('that are no objects cannot be sent', () => {
    expect(of('richCard', { richCard: 'T' })).toBeUndefined()
    expect(of('carousel', { carousel: [] })).toBeUndefined()
  })
})

describe('the life of a message', () => {
  it.each([
    [60_000, 60, 90],
    [61_999, 61, 91],
    [0, 10, 30],
    [15 * 86_400_000, 1_296_000, 1_296_000],
    [90 * 86_400_000, 1_296_000, 1_296_000],
  ])('of a step of %i ms is %i s, and %i s where the step is to take it back first', (validForMs, usual, revoked) => {
    expect(ttlSecondsOf(validForMs, { willBeRevoked: false })).toBe(usual)
    expect(ttlSecondsOf(validForMs, { willBeRevoked: true })).toBe(revoked)
  })
})
