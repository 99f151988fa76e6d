import { expect, test } from 'vitest'
import type { SuccessStatus } from '../domain/status-ladder.ts'
import { Connections } from './connections.ts'
import type { Connection } from './ports/channel.ts'

function connection(id: string, serves: string[], reports: SuccessStatus[]): Connection {
  return {
    id,
    provider: 'test',
    serves,
    limits: { concurrency: 1 },
    abilities: () => ({ reports, address: 'any', carries: ['text'], takesIdempotencyKey: false }),
    channel: { send: async () => ({ kind: 'accepted' }) },
  }
}

const modest = connection('modest', ['SMS'], ['accepted'])
const boastful = connection('boastful', ['SMS', 'InApp'], ['accepted', 'sent', 'delivered', 'read'])

test('the first connection that serves a channel is taken, unless the subaccount has chosen otherwise', () => {
  const connections = new Connections([modest, boastful], {
    shop: { SMS: [{ connection: 'boastful' }, { connection: 'modest' }] },
  })
  const first = (subAccountId: string, channel: string) => connections.serving(subAccountId, channel)[0]?.id
  expect(first('other', 'SMS')).toBe('modest')
  expect(first('shop', 'SMS')).toBe('boastful')
  expect(first('shop', 'InApp')).toBe('boastful')
  expect(first('shop', 'Viber')).toBeUndefined()
})

test('what a channel reports is what the connections that a subaccount may use report', () => {
  const connections = new Connections([modest, boastful], { shop: { SMS: [{ connection: 'boastful' }] } })
  expect(connections.ability('sms', 'shop')).toMatchObject({
    reports: ['accepted', 'sent', 'delivered'],
    connected: true,
  })
  expect(new Connections([modest]).ability('sms')?.reports).toEqual(['accepted'])
})

test('no connection reports more than its channel can, but an operator’s own channel is what he says', () => {
  const connections = new Connections([boastful])
  expect(connections.ability('SMS')?.reports).not.toContain('read')
  expect(connections.ability('inapp')).toMatchObject({
    name: 'InApp',
    reports: ['accepted', 'sent', 'delivered', 'read'],
    connected: true,
  })
})

test('a channel that we know and nobody serves is told from a name that nobody knows', () => {
  const connections = new Connections([modest])
  expect(connections.ability('viber')).toMatchObject({ name: 'Viber', connected: false })
  expect(connections.ability('pigeon')).toBeUndefined()
  expect(new Connections([boastful]).channelNames()).toEqual(expect.arrayContaining(['SMS', 'Viber', 'InApp']))
})

const user = { msisdn: '+6591234567' }

test('a connection that cannot report what a step waits for is left out while another can', () => {
  const connections = new Connections([modest, boastful])
  const order = (successStatus: SuccessStatus) =>
    connections.inOrderFor('shop', { channel: 'SMS', successStatus, user, seed: 'x' }).map(({ id }) => id)
  expect(order('delivered')).toEqual(['boastful'])
  expect(order('accepted')).toEqual(['modest', 'boastful'])
  const alone = new Connections([modest]).inOrderFor('shop', {
    channel: 'SMS',
    successStatus: 'delivered',
    user,
    seed: 'x',
  })
  expect(alone.map(({ id }) => id)).toEqual(['modest'])
})

test('the country is the one that the sender gave, else the one of the number', () => {
  const choices = { shop: { SMS: [{ connection: 'modest', countries: ['SG'] }, { connection: 'boastful' }] } }
  const connections = new Connections([modest, boastful], choices, (phone) => (phone.startsWith('+65') ? 'SG' : 'DE'))
  const first = (who: { msisdn: string; country?: string }) =>
    connections.inOrderFor('shop', { channel: 'SMS', successStatus: 'accepted', user: who, seed: 'x' })[0]?.id
  expect(first(user)).toBe('modest')
  expect(first({ ...user, country: 'MY' })).toBe('boastful')
  expect(first({ msisdn: '+4915123456789' })).toBe('boastful')
})
