import { expect, test } from 'vitest'
import { type Content, contentForChannel } from './content.ts'

const sms = { name: 'SMS', carries: ['text'] as const }
const whatsApp = { name: 'WhatsApp', carries: ['text', 'image', 'template'] as const }
const email = { name: 'Email', carries: ['text'] as const }

test.each<[string, Content, typeof sms | typeof whatsApp | typeof email, string | undefined]>([
  ['its text', { text: 'Hello' }, whatsApp, 'Hello'],
  ['on SMS the fallback text before the text', { text: 'Hello', fallbackText: 'Hi' }, sms, 'Hi'],
  ['elsewhere the text before the fallback text', { text: 'Hello', fallbackText: 'Hi' }, email, 'Hello'],
  ['the fallback text where it has no other', { fallbackText: 'Hi' }, email, 'Hi'],
  ['nothing where there is none', {}, sms, undefined],
])('a text message says %s', (_, content, channel, text) => {
  expect(contentForChannel('text', content, channel)).toEqual({ type: 'text', content, ...(text && { text }) })
})

test('a channel that carries the type gets it as it came', () => {
  const content = { url: 'https://media.example.test/cat.png', text: 'A cat', fallbackText: 'Look at my cat' }
  expect(contentForChannel('image', content, whatsApp)).toEqual({ type: 'image', text: 'A cat', content })
  expect(contentForChannel('image', { url: content.url }, whatsApp)).toEqual({
    type: 'image',
    content: { url: content.url },
  })
})

test('a channel that does not carry the type gets a text: the fallback text, else the caption', () => {
  const content = { url: 'https://media.example.test/cat.png', text: 'A cat', fallbackText: 'Look at my cat' }
  expect(contentForChannel('image', content, email)).toEqual({ type: 'text', text: 'Look at my cat', content })
  expect(contentForChannel('image', { text: 'A cat' }, sms)).toMatchObject({ type: 'text', text: 'A cat' })
})

test('content without any words cannot go by a channel that carries only text', () => {
  expect(contentForChannel('template', { template: { name: 'welcome' } }, sms)).toBeUndefined()
})
