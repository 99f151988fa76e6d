import { describe, expect, test } from 'vitest'
import { EventStreamReader, type StreamEvent } from './event-stream.ts'

function read(text: string, cutEvery = Number.POSITIVE_INFINITY): StreamEvent[] {
  const bytes = new TextEncoder().encode(text)
  const reader = new EventStreamReader()
  const events: StreamEvent[] = []
  for (let from = 0; from < bytes.length; from += cutEvery)
    events.push(...reader.push(bytes.slice(from, from + cutEvery)))
  return events
}

const STREAM =
  ': hello\n\nevent: timeline\nid: 1\ndata: {"text":"Grüße 👋"}\n\n' +
  'event: timeline\r\nid: 2\r\ndata: a\r\ndata: b\r\n\r\n' +
  'data:no space\rid: 3\r\rretry: 250\n\ndata: cut o'

const EVENTS = [
  { event: 'timeline', id: '1', data: '{"text":"Grüße 👋"}' },
  { event: 'timeline', id: '2', data: 'a\nb' },
  { event: 'message', id: '3', data: 'no space' },
  { event: 'message', data: '', retryMs: 250 },
]

describe('a stream of events', () => {
  test('is read with any kind of line break; comments and what is cut off are left out', () => {
    expect(read(STREAM)).toEqual(EVENTS)
  })

  test.each([1, 2, 3, 5, 7, 11])('reads the same when it comes %i bytes at a time', (size) => {
    expect(read(STREAM, size)).toEqual(EVENTS)
  })

  test('a field without a value and a field that nobody knows do no harm', () => {
    expect(read('data\nfoo: bar\nretry: soon\n\n')).toEqual([{ event: 'message', data: '' }])
    expect(read('id: 1\n\n')).toEqual([])
  })
})
