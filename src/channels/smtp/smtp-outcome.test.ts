import { describe, expect, it } from 'vitest'
import { outcomeOfFailure, withoutAddresses } from './smtp-outcome.ts'

const reply = (command: string, response: string, code = 'EENVELOPE') => ({
  code,
  command,
  response,
  responseCode: Number(response.slice(0, 3)),
})

describe('what a failed delivery means', () => {
  it.each([
    ['RCPT TO', '550 5.1.1 no such user', 'recipient', '5.1.1'],
    ['RCPT TO', '550 No such user here', 'recipient', '550'],
    ['RCPT TO', '551 user not local', 'recipient', '551'],
    ['RCPT TO', '553 5.1.3 bad address', 'recipient', '5.1.3'],
    ['RCPT TO', '550 5.4.4 no route to the domain', 'recipient', '5.4.4'],
    ['RCPT TO', '554 5.7.1 relay access denied', 'content', '5.7.1'],
    ['RCPT TO', '530 5.7.0 authentication required', 'credentials', '5.7.0'],
    ['MAIL FROM', '550 5.7.1 you may not send as this', 'credentials', '5.7.1'],
    ['MAIL FROM', '553 5.1.8 sender domain does not exist', 'credentials', '5.1.8'],
    ['MAIL FROM', '552 5.3.4 message too big', 'content', '5.3.4'],
    ['DATA', '550 5.1.1 no such user after all', 'recipient', '5.1.1'],
    ['DATA', '552 5.2.2 mailbox full', 'recipient', '5.2.2'],
    ['DATA', '552 too large', 'content', '552'],
    ['DATA', '550 5.7.26 DMARC', 'content', '5.7.26'],
    ['DATA', '554-5.7.1 spam\r\n554 5.7.1 see our page', 'content', '5.7.1'],
  ])('%s answered %s is rejected because of the %s', (command, response, reason, code) => {
    const outcome = outcomeOfFailure(reply(command, response), command === 'DATA')
    expect(outcome).toMatchObject({ kind: 'rejected', reason, code })
    expect(outcome).toHaveProperty('detail', `${command} answered ${response.replace('\r\n', ' ')}`)
  })

  it.each([
    ['RCPT TO', '450 4.2.0 greylisted', 60_000],
    ['RCPT TO', '452 4.2.2 mailbox full', 15_000],
    ['MAIL FROM', '421 4.3.2 shutting down', 15_000],
    ['DATA', '451 4.3.0 try later', 60_000],
    ['DATA', '503 5.5.1 bad sequence', 15_000],
  ])('%s answered %s is tried again', (command, response, afterMs) => {
    // Also when all was written: the reply says that it was not taken.
    for (const wasWritten of [false, true]) {
      expect(outcomeOfFailure(reply(command, response), wasWritten)).toMatchObject({ kind: 'retry', afterMs })
    }
  })

  it('a wrong password is rejected, a login that fails for the moment is tried again', () => {
    expect(outcomeOfFailure(reply('AUTH PLAIN', '535 5.7.8 no', 'EAUTH'), false)).toMatchObject({
      kind: 'rejected',
      reason: 'credentials',
    })
    expect(outcomeOfFailure(reply('AUTH PLAIN', '454 4.7.0 not now', 'EAUTH'), false)).toMatchObject({
      kind: 'retry',
      afterMs: 60_000,
    })
  })

  it('TLS that cannot be agreed on is tried again, whatever the server says to it', () => {
    expect(outcomeOfFailure(reply('STARTTLS', '502 what?', 'ETLS'), false).kind).toBe('retry')
    expect(outcomeOfFailure({ code: 'ETLS', command: 'CONN' }, false).kind).toBe('retry')
  })

  it.each(['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'EPROTOCOL', 'EABORT'])(
    '%s is tried again before the end of the mail was written, and uncertain after it',
    (code) => {
      expect(outcomeOfFailure({ code }, false).kind).toBe('retry')
      expect(outcomeOfFailure({ code }, true).kind).toBe('uncertain')
    },
  )

  it('a server that says 421 and leaves after the end of the mail leaves it uncertain', () => {
    const failure = { ...reply('CONN', '421 4.3.2 going down', 'ECONNECTION') }
    expect(outcomeOfFailure(failure, false).kind).toBe('retry')
    expect(outcomeOfFailure(failure, true)).toEqual({
      kind: 'uncertain',
      detail: 'the server answered 421 4.3.2 going down after the mail was handed over',
    })
  })

  it('addresses are kept out, and so is all but the beginning', () => {
    expect(withoutAddresses('550 <ann.o@example.org>:\n  (ann@x.example) unknown')).toBe('550 <…@…>: (…@…) unknown')
    expect(withoutAddresses('x'.repeat(5000))).toHaveLength(500)
  })
})
