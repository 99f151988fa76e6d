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
  const connections = new Connections([modest, boastful], { shop: { SMS: ['boastful', 'modest'] } })
  expect(connections.pick('other', 'SMS')?.id).toBe('modest')
  expect(connections.pick('shop', 'SMS')?.id).toBe('boastful')
  expect(connections.pick('shop', 'InApp')?.id).toBe('boastful')
  expect(connections.pick('shop', 'Viber')).toBeUndefined()
})

test('what a channel reports is that of the connection that a subaccount would use', () => {
  const connections = new Connections([modest, boastful], { shop: { SMS: ['boastful'] } })
  expect(connections.ability('sms')).toEqual({ name: 'SMS', reports: ['accepted'], connected: true })
  expect(connections.ability('sms', 'shop')?.reports).toEqual(['accepted', 'sent', 'delivered'])
})

test('no connection reports more than its channel can, but an operator’s own channel is what he says', () => {
  const connections = new Connections([boastful])
  expect(connections.ability('SMS')?.reports).not.toContain('read')
  expect(connections.ability('inapp')).toEqual({
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

test('all that serve a channel are told in the order in which they are asked, with what they can do for it', () => {
  const connections = new Connections([modest, boastful], { shop: { SMS: ['boastful', 'gone', 'modest'] } })
  const ids = (channel: string, subAccountId?: string) =>
    connections.connectionsFor(channel, subAccountId).map(({ id }) => id)
  expect(ids('SMS')).toEqual(['modest', 'boastful'])
  expect(ids('SMS', 'shop')).toEqual(['boastful', 'modest'])
  expect(ids('InApp', 'shop')).toEqual(['boastful'])
  expect(ids('Viber')).toEqual([])
  expect(connections.connectionsFor('SMS', 'shop')[0]).toEqual({
    id: 'boastful',
    provider: 'test',
    abilities: {
      reports: ['accepted', 'sent', 'delivered'],
      address: 'any',
      carries: ['text'],
      takesIdempotencyKey: false,
    },
  })
})
