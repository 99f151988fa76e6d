import { describe, expect, it } from 'vitest'
import { textOfEvent, textOfRecord } from './texts.ts'

const RICH = {
  type: 'vertical',
  elements: [
    { type: 'text', text: 'Pick a size' },
    {
      type: 'horizontal',
      elements: [
        { type: 'button', title: 'Small' },
        { type: 'text', text: 'or larger' },
      ],
    },
    { type: 'text', text: 'undefined' },
  ],
}

describe('the text of a message', () => {
  it.each([
    [{ type: 'TEXT_PLAIN', messageData: { msg: { text: ' a < b & c ' } } }, 'a < b & c'],
    [
      {
        type: 'TEXT_HTML',
        messageData: { msg: { text: '<p>Hello&nbsp;&amp; <b>good</b>\nday</p><div>&#128075;</div>' } },
      },
      'Hello & good day\n👋',
    ],
    [{ type: 'HOSTED_FILE', messageData: { file: { relativePath: 'x.png', caption: 'The sofa' } } }, 'The sofa'],
    [{ type: 'HOSTED_FILE', messageData: { file: { relativePath: 'x.png', caption: 'null' } } }, undefined],
    [{ type: 'LINK', messageData: { link: { caption: 'Our shop' } } }, 'Our shop'],
    [
      { type: 'RICH_CONTENT', messageData: { richContent: { content: JSON.stringify(RICH) } } },
      'Pick a size\nor larger',
    ],
    [{ type: 'RICH_CONTENT', messageData: { richContent: { content: '{"type":' } } }, undefined],
    [{ type: 'TEXT_PLAIN', messageData: { msg: { text: 'undefined' } } }, undefined],
    [{ type: 'TEXT_PLAIN', messageData: 'x' }, undefined],
    [{}, undefined],
  ])('of the record %j is %j', (record, text) => {
    expect(textOfRecord(record)).toBe(text)
  })

  it.each([
    [{ type: 'ContentEvent', contentType: 'text/plain', message: 'Hello' }, 'Hello'],
    [{ type: 'ContentEvent', contentType: 'text/html', message: 'a<br/>b' }, 'a\nb'],
    [
      { type: 'ContentEvent', contentType: 'hosted/file', message: { caption: 'The sofa', preview: 'data:…' } },
      'The sofa',
    ],
    [{ type: 'ContentEvent', contentType: 'forms/secure-invitation', message: { title: 'Pay' } }, undefined],
    [{ type: 'RichContentEvent', content: RICH }, 'Pick a size\nor larger'],
    [{ type: 'RichContentEvent', content: [] }, undefined],
  ])('of the event %j is %j', (event, text) => {
    expect(textOfEvent(event)).toBe(text)
  })

  it('survives content nested a thousand deep, and a megabyte of angle brackets', () => {
    let content: object = { type: 'text', text: 'deep' }
    for (let i = 0; i < 1000; i++) content = { type: 'vertical', elements: [content] }
    expect(textOfEvent({ type: 'RichContentEvent', content })).toBeUndefined()
    const brackets = '<'.repeat(1_000_000)
    expect(textOfEvent({ type: 'ContentEvent', contentType: 'text/html', message: brackets })).toBe(brackets)
  })
})
