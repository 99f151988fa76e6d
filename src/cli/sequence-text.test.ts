import { describe, expect, test } from 'vitest'
import { readSequenceText } from './sequence-text.ts'

describe('a sequence as it is typed', () => {
  test('is channels with waits and statuses, parted by commas', () => {
    expect(readSequenceText('WhatsApp 60 Read, Viber 60 Delivered, SMS')).toEqual([
      { channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' },
      { channel: 'Viber', fallbackAfter: 60, successStatus: 'Delivered' },
      { channel: 'SMS' },
    ])
  })

  test.each([
    ['WhatsApp 5m read', { channel: 'WhatsApp', fallbackAfter: 300, successStatus: 'Read' }],
    ['WhatsApp READ 2h', { channel: 'WhatsApp', fallbackAfter: 7200, successStatus: 'Read' }],
    ['WhatsApp accepted', { channel: 'WhatsApp', successStatus: 'Accepted' }],
    ['  LINE  Official Notification 30s ', { channel: 'LINE Official Notification', fallbackAfter: 30 }],
  ])('"%s" is one step', (text, step) => {
    expect(readSequenceText(text)).toEqual([step])
  })

  test('arrows part steps too', () => {
    expect(readSequenceText('WhatsApp 60 → Viber 60 -> SMS').map(({ channel }) => channel)).toEqual([
      'WhatsApp',
      'Viber',
      'SMS',
    ])
  })

  test.each([
    ['', 'step 1: is empty'],
    ['WhatsApp 60,,SMS', 'step 2: is empty'],
    ['SMS, 60 Read', 'step 2: "60 Read" lacks the channel'],
    ['WhatsApp 60 Raed', 'step 1: "Raed" is not a status; use Accepted, Sent, Delivered or Read'],
    ['WhatsApp 60 90', 'step 1: has two waits'],
    ['WhatsApp Read Sent', 'step 1: has two statuses, Read and Sent'],
    ['WhatsApp 1.5m', 'step 1: "1.5m" is not a wait'],
    ['WhatsApp -5', 'step 1: "-5" is not a wait'],
  ])('"%s" is refused and the step named', (text, message) => {
    expect(() => readSequenceText(text)).toThrow(message)
  })
})
