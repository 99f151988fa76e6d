import { expect, test } from 'vitest'
import { heardText } from './replies.ts'

const reply = (text: string) => ({ channel: 'SMS', address: '+6591234567', id: 'SM1', text })

test.each(['STOP', 'stop', ' Stop. ', 'Opt-out', 'opt out', 'unsubscribe!'])('%j stops messages', (text) => {
  expect(heardText(reply(text))).toEqual([
    { kind: 'reply', ...reply(text) },
    { kind: 'suppress', channel: 'SMS', address: '+6591234567', reason: 'opted-out' },
  ])
})

test.each(['START', 'unstop'])('%j has them again', (text) => {
  expect(heardText(reply(text))[1]).toEqual({ kind: 'lift', channel: 'SMS', address: '+6591234567' })
})

test.each(['stop by on Monday', 'I cannot stop', '', 'yes'])('%j is a reply and nothing else', (text) => {
  expect(heardText(reply(text))).toEqual([{ kind: 'reply', ...reply(text) }])
})
