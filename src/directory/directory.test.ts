import { expect, test } from 'vitest'
import type { KnownPerson } from '../domain/source-event.ts'
import { type Contact, DirectoryTrouble } from '../engine/ports/directory.ts'
import { createDirectory } from './directory.ts'

const signal = new AbortController().signal
const contacts = (contact?: Partial<Contact>) => ({
  find: async (subAccountId: string, id: string) =>
    contact && { id, subAccountId, createdAt: 1, updatedAt: 2, ...contact },
})
const userDatabase = (answer?: KnownPerson | Error) => ({
  find: async () => {
    if (answer instanceof Error) throw answer
    return answer
  },
})
const find = (contact?: Partial<Contact>, ...others: Parameters<typeof userDatabase>) =>
  createDirectory({ contacts: contacts(contact), userDatabase: userDatabase(...others) }).find('default', 'ann', signal)

test('a contact goes before the user database, field by field', async () => {
  const contact = { email: 'ann@home.example', language: 'de' }
  const user = { email: 'ann@work.example', msisdn: '+6590000001', name: 'Ann' }
  expect(await find(contact, user)).toEqual({ ...user, ...contact })
  expect(await find(undefined, user)).toEqual(user)
  expect(await find(contact)).toEqual(contact)
  expect(await find()).toBeUndefined()
})

test('without a user database contacts are all there is', async () => {
  const directory = createDirectory({ contacts: contacts({ lineUserId: 'U1', channelUserId: 'c' }) })
  expect(await directory.find('default', 'ann', signal)).toEqual({ lineUserId: 'U1', channelUserId: 'c' })
})

test('trouble of the user database carries what the contact says', async () => {
  const trouble = new DirectoryTrouble('the user database answered 500')
  const error = await find({ email: 'ann@home.example' }, trouble).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DirectoryTrouble)
  expect(error).toMatchObject({ message: trouble.message, known: { email: 'ann@home.example' } })
  expect(await find(undefined, trouble).catch((error: unknown) => error)).toBe(trouble)
  const mistake = new TypeError('ours')
  expect(await find({ name: 'Ann' }, mistake).catch((error: unknown) => error)).toBe(mistake)
})
