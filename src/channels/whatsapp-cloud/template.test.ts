import { expect, test } from 'vitest'
import { templateOf } from './template.ts'

const template = (...components: unknown[]) => ({ name: 'reminder', language: 'en_US', components })
const componentsOf = (...components: unknown[]) => templateOf(template(...components))?.components

test('a template is named with its language and the policy that Meta’s description asks for', () => {
  expect(templateOf({ name: 'reminder', language: 'pt-BR' })).toEqual({
    name: 'reminder',
    language: { policy: 'deterministic', code: 'pt_BR' },
  })
})

test.each([undefined, null, 'reminder', {}, { name: 'reminder' }, { language: 'en' }, { name: '', language: 'en' }])(
  '%j names no template',
  (given) => {
    expect(templateOf(given)).toBeUndefined()
  },
)

test('texts fill the body, by place or by name', () => {
  expect(
    componentsOf({
      type: 'Body',
      parameters: [
        { type: 'Text', text: 'Ann' },
        { type: 'text', name: 'time', text: '7 pm' },
      ],
    }),
  ).toEqual([
    {
      type: 'body',
      parameters: [
        { type: 'text', text: 'Ann' },
        { type: 'text', parameter_name: 'time', text: '7 pm' },
      ],
    },
  ])
})

test.each([
  [
    { type: 'image', url: 'https://a.example/b.jpg' },
    { type: 'image', image: { link: 'https://a.example/b.jpg' } },
  ],
  [
    { type: 'video', url: 'https://a.example/b.mp4' },
    { type: 'video', video: { link: 'https://a.example/b.mp4' } },
  ],
  [
    { type: 'document', url: 'https://a.example/bill.pdf' },
    { type: 'document', document: { link: 'https://a.example/bill.pdf', filename: 'bill.pdf' } },
  ],
  [
    { type: 'location', location: { latitude: 1.28, longitude: 103.85, name: 'Raffles' } },
    { type: 'location', location: { latitude: '1.28', longitude: '103.85', name: 'Raffles' } },
  ],
])('a header of %j is %j', (parameter, fitted) => {
  expect(componentsOf({ type: 'header', parameters: [parameter] })).toEqual([{ type: 'header', parameters: [fitted] }])
})

test.each([
  ['QuickReply', { type: 'payload', payload: 'YES' }, 'quick_reply', { type: 'payload', payload: 'YES' }],
  ['Url', { type: 'text', text: 'orders/7' }, 'url', { type: 'text', text: 'orders/7' }],
  ['URL', { type: 'text', text: 'orders/7' }, 'url', { type: 'text', text: 'orders/7' }],
  ['copyCode', { type: 'couponCode', couponCode: '25OFF' }, 'copy_code', { type: 'coupon_code', coupon_code: '25OFF' }],
  ['Flow', { type: 'action' }, 'flow', { type: 'action', action: {} }],
  [
    'flow',
    { type: 'action', action: { flowToken: 't', flowActionData: { firstName: 'Ann' } } },
    'flow',
    { type: 'action', action: { flow_token: 't', flow_action_data: { firstName: 'Ann' } } },
  ],
  ['VoiceCall', { type: 'ttlMinutes', ttlMinutes: 60 }, 'voice_call', { type: 'ttl_minutes', ttl_minutes: 60 }],
])('a button %s with %j is %s with %j', (subType, parameter, sub_type, fitted) => {
  expect(componentsOf({ type: 'button', subType, index: 1, parameters: [parameter] })).toEqual([
    { type: 'button', sub_type, index: '1', parameters: [fitted] },
  ])
})

test('a button without an index has the place in which it stands among the buttons', () => {
  const button = (index?: number | string) => ({
    type: 'button',
    subType: 'QuickReply',
    ...(index !== undefined && { index }),
    parameters: [{ type: 'payload', payload: 'x' }],
  })
  const body = { type: 'body', parameters: [{ type: 'text', text: 'Ann' }] }
  expect(componentsOf(body, button(), button(), button('0'))).toMatchObject([
    { type: 'body' },
    { index: '0' },
    { index: '1' },
    { index: '0' },
  ])
})

test('parts in which nothing is filled in are left to the approved template', () => {
  expect(templateOf(template({ type: 'body' }, { type: 'footer', parameters: [] }, null, 'x', {}))).not.toHaveProperty(
    'components',
  )
})

test('the cards of a carousel are components of their own', () => {
  const cards = [{ components: [{ type: 'header', parameters: [{ type: 'image', url: 'https://a.example/b.jpg' }] }] }]
  expect(componentsOf({ type: 'carousel', cards })).toEqual([
    {
      type: 'carousel',
      cards: [
        {
          card_index: 0,
          components: [{ type: 'header', parameters: [{ type: 'image', image: { link: 'https://a.example/b.jpg' } }] }],
        },
      ],
    },
  ])
})
