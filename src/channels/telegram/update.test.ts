import { describe, expect, it } from 'vitest'
import { TELEGRAM_SECRET, telegramUpdate } from '../../../test/fakes/telegram.ts'
import type { CallbackResult, Heard } from '../../engine/ports/channel.ts'
import { readUpdate } from './update.ts'

const CHAT = 987654321
const read = (update: unknown): CallbackResult => readUpdate(telegramUpdate(update), [TELEGRAM_SECRET])
const heard = (...things: Heard[]) => ({ kind: 'receipts', receipts: [], heard: things, ignored: 0 })
const IGNORED = { kind: 'receipts', receipts: [], ignored: 1 }

/** As Telegram sends it when somebody writes to the bot. */
function written(message: object) {
  return {
    update_id: 10_000,
    message: {
      message_id: 1365,
      from: { id: CHAT, is_bot: false, first_name: 'Ann', language_code: 'en' },
      chat: { id: CHAT, first_name: 'Ann', type: 'private' },
      date: 1_772_366_400,
      ...message,
    },
  }
}
const timeless = { kind: 'reply', channel: 'Telegram', address: '987654321', id: '987654321:1365' } as const
const reply = { ...timeless, at: 1_772_366_400_000 } as const
const stop = { kind: 'suppress', channel: 'Telegram', address: '987654321', reason: 'opted-out' } as const
const lift = { kind: 'lift', channel: 'Telegram', address: '987654321' } as const

describe('the secret', () => {
  const update = { update_id: 1 }

  it('may be any of several', () => {
    expect(readUpdate(telegramUpdate(update), ['next', TELEGRAM_SECRET])).toEqual(IGNORED)
  })

  it.each(['', 'a guess', `${TELEGRAM_SECRET} `, TELEGRAM_SECRET.toUpperCase()])('is not %j', (secret) => {
    expect(readUpdate(telegramUpdate(update, secret), [TELEGRAM_SECRET])).toMatchObject({ kind: 'refused' })
  })

  it('has to be there on both sides', () => {
    const request = telegramUpdate(update)
    expect(readUpdate({ ...request, headers: {} }, [TELEGRAM_SECRET])).toMatchObject({ kind: 'refused' })
    expect(readUpdate(request, [])).toMatchObject({ kind: 'refused', detail: expect.stringContaining('secretToken') })
  })
})

describe('what a person writes', () => {
  it.each([
    [{ text: 'Thank you!' }, [{ ...reply, text: 'Thank you!' }]],
    [{ text: 'stop' }, [{ ...reply, text: 'stop' }, stop]],
    [{ text: '/stop' }, [{ ...reply, text: '/stop' }, stop]],
    [{ text: '/START' }, [{ ...reply, text: '/START' }, lift]],
    [{ text: '/start@my_shop_bot' }, [{ ...reply, text: '/start@my_shop_bot' }, lift]],
    // What stood in the link to the bot tells the operator who this is.
    [{ text: '/start customer-4711' }, [{ ...reply, text: '/start customer-4711' }, lift]],
    [{ text: '/startle' }, [{ ...reply, text: '/startle' }]],
    [{ text: 'please /stop' }, [{ ...reply, text: 'please /stop' }]],
    [{ photo: [{}], caption: 'Look' }, [{ ...reply, text: 'Look' }]],
    [{ voice: {} }, [reply]],
    [{ text: 7 }, [reply]],
    [{ text: 'Yes', reply_to_message: { message_id: 1364 } }, [{ ...reply, text: 'Yes' }]],
    [{ text: 'Yes', date: 'today' }, [{ ...timeless, text: 'Yes' }]],
  ])('%j is heard', (message, things) => {
    expect(read(written(message))).toEqual(heard(...things))
  })

  it.each([
    ['in a group', written({ text: 'STOP', chat: { id: -100123, type: 'supergroup' } })],
    ['that Telegram says itself', written({ pinned_message: {} })],
    ['without a chat', written({ text: 'STOP', chat: undefined })],
    ['in a chat that lost its digits', written({ text: 'STOP', chat: { id: 2 ** 60, type: 'private' } })],
    ['in a chat of text', written({ text: 'STOP', chat: { id: '987654321', type: 'private' } })],
    ['without an id', written({ text: 'STOP', message_id: undefined })],
    ['with an id of text', written({ text: 'STOP', message_id: '7' })],
    ['and then changed', { update_id: 1, edited_message: written({ text: 'STOP' }).message }],
    ['with a button', { update_id: 1, callback_query: { id: '4', data: 'STOP' } }],
    ['in a list', { update_id: 1, message: [written({ text: 'STOP' }).message] }],
    ['in no way that we know', { update_id: 1, levitation: {} }],
  ])('%s is ignored', (_what, update) => {
    expect(read(update)).toEqual(IGNORED)
  })
})

describe('whether the bot may write', () => {
  const membership = (status: unknown, chat: object = { id: CHAT, type: 'private' }) => ({
    update_id: 1,
    my_chat_member: {
      chat,
      from: { id: CHAT },
      date: 1_772_366_400,
      old_chat_member: { status: 'member' },
      new_chat_member: { user: { id: 110201543, is_bot: true }, status },
    },
  })
  const blocked = { kind: 'suppress', channel: 'Telegram', address: '987654321', reason: 'blocked' } as const

  it.each([
    ['kicked', blocked],
    ['left', blocked],
    ['member', lift],
    ['administrator', lift],
  ])('%s is heard', (status, thing) => {
    expect(read(membership(status))).toEqual(heard(thing))
  })

  it('is heard of groups too', () => {
    const chat = { id: -1001234567890, type: 'supergroup' }
    expect(read(membership('kicked', chat))).toEqual(heard({ ...blocked, address: '-1001234567890' }))
  })

  it.each(['restricted', 'levitating', 7, null, 'toString'])('%j is ignored', (status) => {
    expect(read(membership(status))).toEqual(IGNORED)
  })

  it('is ignored of a chat that is none', () => {
    expect(read(membership('kicked', { id: 0 }))).toEqual(IGNORED)
    expect(read(membership('kicked', {}))).toEqual(IGNORED)
  })
})

describe('a body that is no update', () => {
  it.each(['', 'not json', '[]', 'null', '{}', '{"update_id":"1"}', '{"message":{"text":"STOP"}}'])(
    'such as %j is unreadable',
    (text) => {
      expect(read(text)).toMatchObject({ kind: 'unreadable' })
    },
  )

  it('such as bytes that are no UTF-8 is unreadable', () => {
    const request = { ...telegramUpdate(''), body: Buffer.from([0xff, 0xfe, 0x7b]) }
    expect(readUpdate(request, [TELEGRAM_SECRET])).toMatchObject({ kind: 'unreadable' })
  })
})
