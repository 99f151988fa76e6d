import { describe, expect, test } from 'vitest'
import { CHANNEL_CATALOGUE, lookUpChannel } from './channel-catalogue.ts'
import { SUCCESS_STATUSES } from './status-ladder.ts'

describe('names', () => {
  test.each([
    ['SMS', 'SMS'],
    ['sms', 'SMS'],
    ['whatsapp', 'WhatsApp'],
    ['GOOGLERCS', 'RCS'],
    ['zns', 'ZaloNotification'],
    ['zalo_notification', 'ZaloNotification'],
    ['LINE Official Notification', 'LineNotification'],
    ['line', 'Line'],
    ['e-mail', 'Email'],
    ['Messenger', 'Facebook'],
    ['kakaotalk', 'Kakao'],
  ])('%s is %s', (written, name) => {
    expect(lookUpChannel(written)?.name).toBe(name)
  })

  test.each(['', 'Fax', 'WhatsApp2', 'toString'])('%j is nobody we know', (written) => {
    expect(lookUpChannel(written)).toBeUndefined()
  })

  test('no spelling stands for two channels', () => {
    for (const facts of CHANNEL_CATALOGUE) {
      for (const spelling of [facts.name, ...(facts.aliases ?? [])]) expect(lookUpChannel(spelling)).toBe(facts)
    }
  })
})

test('each channel reports the rungs up to its best without a gap', () => {
  for (const { name, reports } of CHANNEL_CATALOGUE) {
    expect(reports.length, name).toBeGreaterThan(0)
    expect([...reports], name).toEqual(SUCCESS_STATUSES.slice(0, reports.length))
  }
})

test.each([
  ['SMS', 'delivered'],
  ['WhatsApp', 'read'],
  ['Viber', 'read'],
  ['RCS', 'read'],
  ['ZaloNotification', 'delivered'],
  ['LineNotification', 'delivered'],
  ['Line', 'sent'],
  ['Email', 'delivered'],
])('%s reports %s at best', (name, best) => {
  expect(lookUpChannel(name)?.reports.at(-1)).toBe(best)
})
