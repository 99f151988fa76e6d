import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../http/http-client.ts'
import { checkOf, migratedTo, outcomeOfAnswer, revocationOf } from './telegram-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'answered', status, headers, text, json: typeof body === 'string' ? undefined : body, complete: true }
}
const refusal = (status: number, description: unknown, parameters?: unknown) =>
  answer(status, { ok: false, error_code: status, description, parameters })
const success = (result: unknown) => answer(200, { ok: true, result })
const outcome = (given: HttpAnswer) => outcomeOfAnswer(given, NOW)
const message = (chat: unknown, id: unknown) => success({ message_id: id, date: 1_772_366_400, chat: { id: chat } })

describe('a message that Telegram takes', () => {
  it('is known by its chat and its number there', () => {
    expect(outcome(message(-1001234567890, 42))).toEqual({ kind: 'accepted', providerRef: '-1001234567890:42' })
  })

  it.each([
    [987, 0],
    [0, 0],
    [2 ** 60, 42],
  ])('and has no name that could be used (chat %d, number %d) is taken all the same', (chat, id) => {
    expect(outcome(message(chat, id))).toEqual({ kind: 'accepted' })
  })

  it.each([
    [answer(200, '<html>ok</html>')],
    [answer(200, { ok: true })],
    [answer(200, { ok: true, result: true })],
    [answer(200, { ok: false, description: 'no' })],
    [answer(200, [])],
    [message('987', 42)],
    [message(987, '42')],
    [message(987, 1.5)],
    [success({ message_id: 42 })],
    [answer(201, { ok: true, result: { message_id: 1, chat: { id: 1 } } })],
  ])('%# is none, for it has not the form of one', (given) => {
    expect(outcome(given)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [403, 'Forbidden: bot was blocked by the user', 'recipient', 'blocked'],
    [403, 'Forbidden: Bot was blocked by the user', 'recipient', 'blocked'],
    [403, 'Forbidden: bot was kicked from the supergroup chat', 'recipient', 'blocked'],
    [403, 'Forbidden: bot is not a member of the channel chat', 'recipient', 'blocked'],
    [403, 'Forbidden: user is deactivated', 'recipient', 'bad-address'],
    [403, 'Forbidden: the group chat was deleted', 'recipient', 'bad-address'],
    [403, "Forbidden: bot can't initiate conversation with a user", 'recipient', undefined],
    [403, "Forbidden: bots can't send messages to bots", 'recipient', undefined],
    [403, 'Forbidden: unheard of', 'recipient', undefined],
    [400, 'Bad Request: USER_IS_BLOCKED', 'recipient', 'blocked'],
    [400, 'Bad Request: chat not found', 'recipient', undefined],
    [400, 'Bad Request: PEER_ID_INVALID', 'recipient', undefined],
    [400, 'Bad Request: have no rights to send a message', 'recipient', undefined],
    [400, 'Bad Request: not enough rights to send photos to the chat', 'recipient', undefined],
    [400, 'Bad Request: message is too long', 'content', undefined],
    [400, 'Bad Request: message caption is too long', 'content', undefined],
    [400, 'Bad Request: message text is empty', 'content', undefined],
    [400, 'Bad Request: wrong file identifier/HTTP URL specified', 'content', undefined],
    [400, 'Bad Request: failed to get HTTP URL content', 'content', undefined],
    [400, 'Bad Request: unheard of', 'content', undefined],
    [401, 'Unauthorized', 'credentials', undefined],
    [404, 'Not Found', 'credentials', undefined],
    [413, 'Request Entity Too Large', 'content', undefined],
  ])('%i %j is because of the %s, and suppresses as %s', (status, description, reason, suppress) => {
    const refused = outcome(refusal(status, description))
    expect(refused).toEqual({
      kind: 'rejected',
      reason,
      code: String(status),
      detail: expect.stringMatching(/\w/),
      ...(suppress && { suppress }),
    })
  })

  it('does not repeat what Telegram says', () => {
    for (const status of [400, 401, 403, 404]) {
      expect(JSON.stringify(outcome(refusal(status, 'for 987654321: Your table')))).not.toMatch(/987654321|table/)
    }
  })

  it.each([undefined, null, 7, {}])('with %j for words is read by its number', (description) => {
    expect(outcome(refusal(403, description))).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '403' })
    expect(outcome(refusal(400, description))).toMatchObject({ kind: 'rejected', reason: 'content', code: '400' })
  })

  it('that is not Telegram’s own is read by its status', () => {
    expect(outcome(answer(404, '<html>'))).toMatchObject({
      reason: 'credentials',
      detail: expect.stringMatching(/baseUrl/),
    })
    expect(outcome(answer(403, '<html>'))).toMatchObject({ reason: 'credentials' })
    expect(outcome(answer(302, ''))).toMatchObject({ reason: 'credentials' })
  })
})

describe('what passes, or is not clear', () => {
  it.each([
    [refusal(429, 'Too Many Requests: retry after 3', { retry_after: 3 }), 3_000],
    [refusal(429, 'Too Many Requests', { retry_after: 10_000_000 }), 86_400_000],
    [refusal(429, 'Too Many Requests', { retry_after: '3' }), 5_000],
    [refusal(429, 'Too Many Requests', { retry_after: -1 }), 5_000],
    [refusal(429, 'Too Many Requests', 'soon'), 5_000],
    [answer(429, '', { 'retry-after': '9' }), 9_000],
  ])('%# is tried again when it says', (given, afterMs) => {
    expect(outcome(given)).toMatchObject({ kind: 'retry', afterMs })
  })

  it.each([500, 502, 504])('%i may have come after the message was taken', (status) => {
    expect(outcome(refusal(status, 'Bad Gateway'))).toMatchObject({ kind: 'uncertain' })
    expect(outcome(refusal(status, 'Forbidden: bot was blocked by the user'))).toMatchObject({ kind: 'uncertain' })
  })

  it('a lost answer is uncertain, a request that never left is tried again', () => {
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})

describe('a chat that has moved', () => {
  it.each([
    [refusal(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -1001234567890 }), -1001234567890],
    [refusal(400, 'Bad Request', { migrate_to_chat_id: '-100' }), undefined],
    [refusal(400, 'Bad Request', { migrate_to_chat_id: -(2 ** 60) }), undefined],
    [refusal(400, 'Bad Request'), undefined],
    [refusal(500, 'Internal', { migrate_to_chat_id: -100 }), undefined],
    [success({ migrate_to_chat_id: -100 }), undefined],
    [{ kind: 'ambiguous', detail: 'd' } as const, undefined],
  ])('%# has a new id where Telegram says so', (given, id) => {
    expect(migratedTo(given)).toBe(id)
  })
})

describe('taking a message back', () => {
  it.each([
    [success(true), { kind: 'revoked' }],
    [success({}), { kind: 'unclear' }],
    [answer(200, '<html>'), { kind: 'unclear' }],
    [refusal(400, 'Bad Request: message to delete not found'), { detail: expect.stringMatching(/is not there/) }],
    [refusal(400, "Bad Request: message can't be deleted for everyone"), { detail: expect.stringMatching(/any more/) }],
    [refusal(429, 'Too Many Requests', { retry_after: 3 }), { kind: 'unclear' }],
    [refusal(401, 'Unauthorized'), { kind: 'unclear' }],
    [{ kind: 'not-sent', detail: 'd' } as const, { kind: 'unclear', detail: 'd' }],
  ])('%# is what the answer says and no more', (given, expected) => {
    expect(revocationOf(given)).toMatchObject({ kind: 'unclear', ...expected })
  })
})

describe('the check', () => {
  it.each([
    [success({ id: 1, is_bot: true, username: 'my_shop_bot' }), { kind: 'good', detail: 'the bot is @my_shop_bot' }],
    [success({ id: 1, username: 'a b' }), { kind: 'good' }],
    [refusal(401, 'Unauthorized'), { kind: 'refused', detail: expect.stringMatching(/token/) }],
    [refusal(404, 'Not Found'), { kind: 'refused', detail: expect.stringMatching(/token/) }],
    [answer(404, '<html>'), { kind: 'unknown', detail: expect.stringMatching(/404/) }],
    [refusal(500, 'Internal'), { kind: 'unknown', detail: expect.stringMatching(/500/) }],
    [success(true), { kind: 'unknown', detail: expect.stringMatching(/200/) }],
    [{ kind: 'ambiguous', detail: 'd' } as const, { kind: 'unknown', detail: 'd' }],
  ])('%# finds what the answer shows', (given, expected) => {
    expect(checkOf(given)).toEqual(expected)
  })
})
