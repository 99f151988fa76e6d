import { describe, expect, it } from 'vitest'
import { mailFailure } from './mail-failure.ts'

describe('the failure of a mail', () => {
  it.each([
    ['5.1.1', 'failed', '5.1.1', 'there is no such mailbox'],
    ['smtp;550 5.1.1 The email account that you tried to reach does not exist.', 'failed', '5.1.1', /no such mailbox/],
    ['552 5.2.2 The account is over quota', 'failed', '5.2.2', 'the mailbox is full'],
    ['554 5.7.1 Service unavailable; Client host [167.89.55.66] blocked', 'failed', '5.7.1', /let it in/],
    ['550 5.7.606 Access denied, banned sending IP [203.0.113.7]', 'failed', '5.7.606', /rules/],
    ['450 4.4.7 Delivery time expired', 'expired', '4.4.7', /in time/],
    ['5.4.7', 'expired', '5.4.7', /in time/],
    ['5.0.0', 'failed', '5.0.0', 'it bounced'],
    ['5.9.9', 'failed', '5.9.9', 'it bounced'],
  ])('is told by the code in %j', (said, status, code, message) => {
    const words = typeof message === 'string' ? message : expect.stringMatching(message)
    expect(mailFailure([said], 'it bounced')).toEqual({ status, error: { code, message: words } })
  })

  it.each([
    [[]],
    [['']],
    [['500 unknown recipient']],
    [['blocked 5.7.12.13 and 15.1.1 and 5.1.1111']],
    [[undefined, 511, null, { status: '5.1.1' }]],
  ])('without a code in %j is told in our words alone', (said) => {
    expect(mailFailure(said, 'it bounced')).toEqual({ status: 'failed', error: { message: 'it bounced' } })
  })

  it('takes the first code that there is', () => {
    expect(mailFailure(['', '550 5.1.2 no host', '5.1.1'], 'x').error.code).toBe('5.1.2')
  })

  it('never repeats what the receiving server said: it names the person', () => {
    const said = '550 5.1.1 <ann@example.org>: Recipient Ann Lee not found; call +6591234567'
    expect(JSON.stringify(mailFailure([said], 'it bounced'))).not.toMatch(/ann|lee|6591/i)
  })
})
