import { describe, expect, it } from 'vitest'
import type { Content, ContentType } from '../../domain/content.ts'
import { contentFields, type DirectSendCategory } from './message-body.ts'

type How = { directSend?: DirectSendCategory; validForMs?: number }

function fieldsOf(type: ContentType, content: Content, { directSend, validForMs }: How = {}) {
  const text = content.text === undefined ? {} : { text: content.text }
  const outgoing = { content: { type, content, ...text }, ...(validForMs !== undefined && { validForMs }) }
  return contentFields(outgoing, directSend)
}

describe('the body of a message', () => {
  it('is a text without a preview of its links', () => {
    expect(fieldsOf('text', { text: 'Hi: https://example.com' })).toEqual({
      type: 'text',
      text: { body: 'Hi: https://example.com', preview_url: false },
    })
  })

  it.each([
    ['image', { url: 'https://a.example/b.jpg' }, { type: 'image', image: { link: 'https://a.example/b.jpg' } }],
    [
      'video',
      { url: 'https://a.example/b.mp4', text: 'Look' },
      { type: 'video', video: { link: 'https://a.example/b.mp4', caption: 'Look' } },
    ],
    // A voice has no caption: Meta refuses one.
    [
      'audio',
      { url: 'https://a.example/b.ogg', text: 'Listen' },
      { type: 'audio', audio: { link: 'https://a.example/b.ogg' } },
    ],
    [
      'file',
      { url: 'https://a.example/x/My%20bill.pdf?sig=1', text: 'Your bill' },
      {
        type: 'document',
        document: { link: 'https://a.example/x/My%20bill.pdf?sig=1', caption: 'Your bill', filename: 'My bill.pdf' },
      },
    ],
  ] as const)('is for %s the media by its address: %j', (type, content, fields) => {
    expect(fieldsOf(type, content)).toEqual(fields)
  })

  it.each(['https://a.example/download', 'https://a.example/%E0%A4%A', 'https://a.example/a%2Fb.pdf', 'no url.pdf'])(
    'names no file for %s',
    (url) => {
      expect(fieldsOf('file', { url })).toEqual({ type: 'document', document: { link: url } })
    },
  )

  it('has the degrees of a place as text', () => {
    const location = { latitude: 1.28, longitude: -103.85, name: 'Raffles', address: '1 Beach Rd' }
    expect(fieldsOf('location', { location })).toEqual({
      type: 'location',
      location: { latitude: '1.28', longitude: '-103.85', name: 'Raffles', address: '1 Beach Rd' },
    })
    expect(fieldsOf('location', { location: { latitude: 1e-9, longitude: 0 } })).toMatchObject({
      location: { latitude: '0', longitude: '0' },
    })
  })

  it.each([
    ['text', {}],
    ['text', { text: '' }],
    ['image', { text: 'no url' }],
    ['audio', {}],
    ['file', {}],
    ['location', {}],
    ['location', { location: { latitude: 'north', longitude: 1 } }],
    ['interactive', { interactive: { action: {} } }],
    ['template', {}],
    ['template', { template: { name: 'x' } }],
    ['carousel', { carousel: {} }],
  ] as [ContentType, Content][])('cannot be made of %s from %j', (type, content) => {
    expect(fieldsOf(type, content)).toBeUndefined()
  })
})

describe('an interactive message', () => {
  it('is Meta’s own object', () => {
    const interactive = {
      type: 'button',
      header: { type: 'text', text: 'Table' },
      body: { text: 'Still coming?' },
      footer: { text: 'Example' },
      action: { buttons: [{ type: 'reply', reply: { id: 'yes', title: 'Yes' } }] },
    }
    expect(fieldsOf('interactive', { interactive })).toEqual({ type: 'interactive', interactive })
  })

  it('may be written in the spelling of our API', () => {
    const parameters = { displayText: 'Open', url: 'https://example.com' }
    const interactive = { type: 'cta_url', body: { text: 'Look' }, action: { parameters } }
    expect(fieldsOf('interactive', { interactive })).toMatchObject({
      interactive: {
        type: 'cta_url',
        action: { name: 'cta_url', parameters: { display_text: 'Open', url: 'https://example.com' } },
      },
    })
  })

  it('of a flow is filled up, and what the flow is given keeps its names', () => {
    const flowActionData = { screen: 'BOOKING', data: { firstName: 'Ann' } }
    const parameters = { flowId: '1', flowCta: 'Book', flowActionData }
    const interactive = { type: 'flow', body: { text: 'Book' }, action: { parameters } }
    expect(fieldsOf('interactive', { interactive })).toMatchObject({
      interactive: {
        action: {
          name: 'flow',
          parameters: {
            flow_message_version: '3',
            flow_id: '1',
            flow_cta: 'Book',
            flow_action_payload: { screen: 'BOOKING', data: { firstName: 'Ann' } },
          },
        },
      },
    })
  })
})

describe('Direct Send', () => {
  const text = { text: 'Your table is ready.' }

  it('goes in the category of the connection and dies with its step', () => {
    expect(fieldsOf('text', text, { directSend: 'utility', validForMs: 90_900 })).toMatchObject({
      type: 'text',
      category: 'utility',
      ttl_seconds: 90,
    })
  })

  it.each([
    ['utility', 10, 30],
    ['utility', 10_000, 30],
    ['utility', 86_400_000, 43_200],
    ['authentication', 3_600_000, 900],
  ] as const)('in %s for %i ms lives %i seconds', (directSend, validForMs, seconds) => {
    expect(fieldsOf('text', text, { directSend, validForMs })).toMatchObject({ ttl_seconds: seconds })
  })

  it('has no time where the step has none', () => {
    const fields = fieldsOf('text', text, { directSend: 'utility' })
    expect(fields).toMatchObject({ category: 'utility' })
    expect(fields).not.toHaveProperty('ttl_seconds')
  })

  it('may be asked for by the message alone, with a time of its own', () => {
    const directSend = { category: 'utility', ttlSeconds: 600 }
    const content = { ...text, whatsApp: { directSend } }
    expect(fieldsOf('text', content, { validForMs: 60_000 })).toMatchObject({ category: 'utility', ttl_seconds: 600 })
    const without = { ...text, whatsApp: { directSend: { category: 'utility' } } }
    expect(fieldsOf('text', without, { validForMs: 60_000 })).toMatchObject({ ttl_seconds: 60 })
  })

  it('carries texts and simple buttons, and leaves all else as it is', () => {
    const how: How = { directSend: 'utility', validForMs: 60_000 }
    const button = { type: 'button', body: { text: 'Coming?' }, action: { buttons: [] } }
    expect(fieldsOf('interactive', { interactive: button }, how)).toHaveProperty('category', 'utility')
    for (const [type, content] of [
      ['template', { template: { name: 'reminder', language: 'en' } }],
      ['image', { url: 'https://a.example/b.jpg' }],
      ['interactive', { interactive: { type: 'list', action: {} } }],
    ] as [ContentType, Content][]) {
      const fields = fieldsOf(type, content, how)
      expect(fields).not.toHaveProperty('category')
      expect(fields).not.toHaveProperty('ttl_seconds')
    }
  })

  it('is not asked for by what is no such wish', () => {
    for (const whatsApp of [null, 'utility', {}, { directSend: true }]) {
      expect(fieldsOf('text', { ...text, whatsApp })).not.toHaveProperty('category')
    }
  })
})
