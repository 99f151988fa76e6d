import { describe, expect, it } from 'vitest'
import type { Content, ContentType } from '../../domain/content.ts'
import { contentOf } from './content.ts'

/** As it is sent: what is undefined is left out. */
function written(type: ContentType, content: Content, wire = 'WHATSAPP') {
  const text = content.text
  return JSON.parse(JSON.stringify(contentOf({ type, content, ...(text !== undefined && { text }) }, wire)))
}
const url = 'https://files.example.com/menu.pdf?v=2'

describe('content in Infobip’s shape', () => {
  it.each<[ContentType, Content, object]>([
    ['text', { text: 'Hello' }, { type: 'TEXT', text: 'Hello' }],
    ['image', { url }, { type: 'IMAGE', url }],
    ['image', { url, text: 'Menu' }, { type: 'IMAGE', url, text: 'Menu' }],
    ['file', { url, text: 'Menu' }, { type: 'DOCUMENT', url, text: 'Menu' }],
    ['video', { url }, { type: 'VIDEO', url }],
    [
      'location',
      { location: { latitude: 1.28, longitude: 103.85, name: 'Here' } },
      { type: 'LOCATION', latitude: 1.28, longitude: 103.85, name: 'Here' },
    ],
  ])('of %s %j is a body', (type, content, body) => {
    expect(written(type, content)).toEqual({ content: { body } })
  })

  it.each<[ContentType, Content]>([
    ['text', {}],
    ['image', { text: 'no picture' }],
    ['video', {}],
    ['file', { url: ' ' }],
    ['location', {}],
    ['location', { location: { latitude: 'north', longitude: 1 } }],
    ['audio', { url }],
    ['carousel', { carousel: {} }],
    ['template', {}],
    ['template', { template: { name: '' } }],
  ])('cannot be made of %s %j, in words', (type, content) => {
    expect(written(type, content)).toEqual({ unfit: expect.stringMatching(/\S/) })
  })

  it('wants a thumbnail for a video on Viber', () => {
    expect(written('video', { url }, 'VIBER_BM')).toHaveProperty('unfit')
    const video = { thumbnail: 'https://files.example.com/still.jpg' }
    expect(written('video', { url, video }, 'VIBER_BM')).toEqual({
      content: { body: { type: 'VIDEO', url, thumbnailUrl: video.thumbnail } },
    })
  })
})

describe('a template', () => {
  const filled = (...components: unknown[]) =>
    written('template', { template: { name: 'reminder', language: 'en_GB', components } })

  it('without values is its name and language', () => {
    expect(filled()).toEqual({ template: { templateName: 'reminder', language: 'en_GB' } })
    expect(written('template', { template: { name: 'reminder' } })).toEqual({ template: { templateName: 'reminder' } })
  })

  it('has its values numbered, in the order in which they stand', () => {
    const body = {
      type: 'body',
      parameters: [
        { type: 'text', text: 'Ann' },
        { type: 'text', text: '5 pm' },
      ],
    }
    expect(filled(body)).toMatchObject({ content: { body: { type: 'TEXT', 1: 'Ann', 2: '5 pm' } } })
  })

  it('has its values under their names where they have names', () => {
    const body = { type: 'Body', parameters: [{ type: 'text', name: 'first_name', text: 'Ann' }] }
    expect(filled(body)).toMatchObject({ content: { body: { type: 'TEXT', first_name: 'Ann' } } })
  })

  it.each([
    [
      { type: 'text', text: 'Ann' },
      { type: 'TEXT', 1: 'Ann' },
    ],
    [
      { type: 'image', url },
      { type: 'IMAGE', url },
    ],
    [
      { type: 'video', url },
      { type: 'VIDEO', url },
    ],
    [
      { type: 'document', url },
      { type: 'DOCUMENT', url, filename: 'menu.pdf' },
    ],
    [
      { type: 'document', url: 'https://files.example.com/', name: 'a.pdf' },
      { type: 'DOCUMENT', url: 'https://files.example.com/', filename: 'a.pdf' },
    ],
    [
      { type: 'document', url: 'no url' },
      { type: 'DOCUMENT', url: 'no url', filename: 'document' },
    ],
    [
      { type: 'location', location: { latitude: '38.8', longitude: '-77.05' } },
      { type: 'LOCATION', latitude: 38.8, longitude: -77.05 },
    ],
  ])('has a header of %j', (parameter, header) => {
    expect(filled({ type: 'header', parameters: [parameter] })).toMatchObject({ content: { header } })
  })

  it('has its buttons in their order, and only those with a value', () => {
    const button = (index: number, subType: string, parameter?: object) => ({
      type: 'button',
      index,
      subType,
      ...(parameter && { parameters: [parameter] }),
    })
    expect(
      filled(
        button(2, 'CopyCode', { type: 'couponCode', couponCode: 'SAVE' }),
        button(0, 'url', { type: 'text', text: 'a/1' }),
        button(1, 'VoiceCall'),
        button(3, 'QuickReply', { type: 'payload', payload: 'yes' }),
        button(4, 'Flow', { type: 'action' }),
      ),
    ).toMatchObject({
      content: {
        buttons: [
          { type: 'OPEN_URL', suffix: 'a/1' },
          { type: 'COPY_CODE', code: 'SAVE' },
          { type: 'QUICK_REPLY', postbackData: 'yes' },
          { type: 'FLOW' },
        ],
      },
    })
  })

  it.each([
    [{ type: 'carousel', cards: [] }],
    [{ type: 'header', parameters: [{ type: 'hologram' }] }],
    [{ type: 'header', parameters: [{ type: 'image' }] }],
    [{ type: 'header', parameters: [{ type: 'location', location: {} }] }],
    [{ type: 'button', subType: 'teleport', parameters: [{ type: 'text', text: 'x' }] }],
  ])('with %j is not sent with a part missing', (component) => {
    expect(filled(component)).toEqual({ unfit: expect.stringMatching(/\S/) })
  })
})
