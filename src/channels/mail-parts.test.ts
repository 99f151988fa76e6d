import { describe, expect, it } from 'vitest'
import { mailboxOf, mailboxProblems, mailPartsOf } from './mail-parts.ts'

const US = 'Example <hello@mail.example>'
type Email = { subject?: string; html?: string; from?: string }
const parts = (text: string | undefined, email: Email = {}, address = 'ann@example.org') =>
  mailPartsOf({ address, content: { type: 'text', ...(text !== undefined && { text }), content: { email } } }, US)

describe('the parts of a mail', () => {
  it('are the text, its first line as the subject, and the usual sender', () => {
    expect(parts('\nHello Ann\nYour table is ready.')).toEqual({
      kind: 'parts',
      from: { name: 'Example', email: 'hello@mail.example' },
      to: 'ann@example.org',
      subject: 'Hello Ann',
      text: '\nHello Ann\nYour table is ready.',
    })
  })

  it.each([
    ['Your\r\ntable', 'Your table'],
    ['', 'Hello'],
    [' \t', 'Hello'],
  ])('have a subject on one line: of %j is made %j', (subject, expected) => {
    expect(parts('Hello', { subject })).toMatchObject({ subject: expected })
  })

  it('may be HTML alone', () => {
    expect(parts(undefined, { html: '<b>x</b>' })).toMatchObject({ subject: 'New message', html: '<b>x</b>' })
    expect(parts('', { html: '<b>x</b>' })).not.toHaveProperty('text')
  })

  it.each([
    [parts(''), 'content'],
    [parts('x', { from: 'nobody' }), 'content'],
    [parts('x', { from: '' }), 'content'],
    [parts('x', {}, 'ann@example.org\r\nBcc: eve@example.org'), 'recipient'],
    [parts('x', {}, `${'a'.repeat(65)}@example.org`), 'recipient'],
    [parts('x', {}, `ann@${'a'.repeat(251)}`), 'recipient'],
  ])('are none of %j', (found, reason) => {
    expect(found).toMatchObject({ kind: 'unfit', reason, detail: expect.stringMatching(/\S/) })
  })
})

describe('a mailbox', () => {
  it.each([
    ['hello@mail.example', { email: 'hello@mail.example' }],
    ['"Shop, Ltd." <hello@mail.example>', { name: 'Shop, Ltd.', email: 'hello@mail.example' }],
    ['Grüße\r\nBcc <hello@mail.example>', { name: 'Grüße Bcc', email: 'hello@mail.example' }],
    ['a@mail.example, b@mail.example', undefined],
    ['Shop', undefined],
    ['', undefined],
  ])('in %j is %j', (text, expected) => {
    expect(mailboxOf(text)).toEqual(expected)
  })

  it('that is none is a problem of its field', () => {
    expect(mailboxProblems({ from: US, replyTo: undefined })).toEqual([])
    expect(mailboxProblems({ from: 'x', replyTo: 'y' }).map(({ field }) => field)).toEqual(['from', 'replyTo'])
  })
})
