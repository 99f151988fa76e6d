import { describe, expect, it } from 'vitest'
import { whatsAppTemplate } from './whatsapp-template.ts'

const template = (...components: unknown[]) =>
  whatsAppTemplate({ template: { name: 'reminder', language: 'en_US', components } })
const custom = (...components: unknown[]) => {
  const language = { policy: 'deterministic', code: 'en_US' }
  return { message_type: 'custom', custom: { type: 'template', template: { name: 'reminder', language, components } } }
}

describe('a template with texts in its body alone', () => {
  it('goes in Vonage’s own form', () => {
    const parameters = [
      { type: 'text', text: 'Ann' },
      { type: 'Text', text: ' 8 pm' },
    ]
    expect(template({ type: 'BODY', parameters }, { type: 'footer' })).toEqual({
      message_type: 'template',
      template: { name: 'reminder', parameters: ['Ann', ' 8 pm'] },
      whatsapp: { policy: 'deterministic', locale: 'en_US' },
    })
  })

  it('may have none', () => {
    expect(template()).toMatchObject({ message_type: 'template', template: { name: 'reminder' } })
    expect(whatsAppTemplate({ template: { name: 'a', language: 'en' } })?.template).toEqual({ name: 'a' })
  })
})

describe('any other template goes in Meta’s form', () => {
  it.each([
    [
      { type: 'image', url: 'https://x/a.jpg' },
      { type: 'image', image: { link: 'https://x/a.jpg' } },
    ],
    [
      { type: 'Video', url: 'https://x/a.mp4' },
      { type: 'video', video: { link: 'https://x/a.mp4' } },
    ],
    [
      { type: 'document', url: 'https://x/a.pdf' },
      { type: 'document', document: { link: 'https://x/a.pdf' } },
    ],
    [
      { type: 'text', text: 'Ann' },
      { type: 'text', text: 'Ann' },
    ],
    [
      { type: 'location', location: { latitude: 1, longitude: 2 } },
      { type: 'location', location: { latitude: 1, longitude: 2 } },
    ],
  ])('a header with %j has %j', (parameter, native) => {
    expect(template({ type: 'header', parameters: [parameter] })).toEqual(
      custom({ type: 'header', parameters: [native] }),
    )
  })

  it.each([
    ['QuickReply', { type: 'payload', payload: 'yes' }, 'quick_reply', { type: 'payload', payload: 'yes' }],
    ['Url', { type: 'text', text: 'a7' }, 'url', { type: 'text', text: 'a7' }],
    ['CopyCode', { type: 'couponCode', couponCode: 'C7' }, 'copy_code', { type: 'coupon_code', coupon_code: 'C7' }],
    ['VoiceCall', { type: 'ttlMinutes', ttlMinutes: 5 }, 'voice_call', { type: 'ttl_minutes', ttl_minutes: 5 }],
    ['Flow', { type: 'action', action: { a: 1 } }, 'flow', { type: 'action', action: { a: 1 } }],
  ])('a button %s with %j', (subType, parameter, sub_type, native) => {
    expect(template({ type: 'button', subType, index: 0, parameters: [parameter] })).toEqual(
      custom({ type: 'button', sub_type, index: '0', parameters: [native] }),
    )
  })

  it('a body whose parameters have names', () => {
    const named = { type: 'text', text: 'Ann', parameterName: 'first' }
    const native = { type: 'text', parameter_name: 'first', text: 'Ann' }
    expect(template({ type: 'body', parameters: [named] })).toEqual(custom({ type: 'body', parameters: [native] }))
  })
})

it.each([undefined, 'reminder', {}, { name: 'a' }, { language: 'en' }, { name: 7, language: 'en' }])(
  'a template as %j is none',
  (given) => {
    expect(whatsAppTemplate({ template: given })).toBeUndefined()
  },
)
