import { expect, test, vi } from 'vitest'
import { readOptions, sizesFor } from './peer-options.ts'
import { HUGE, PEERS_FULL } from './peer-session.ts'

test('a tiny run writes no page', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(() => readOptions(['--small', '--write-page'])).toThrow('--small measures nothing that a page could tell')
  expect(said).toHaveBeenCalledOnce()
  said.mockRestore()
})

test('what is asked for comes in place of the usual sizes', () => {
  const sizes = sizesFor(readOptions(['--n', '20', '--rounds', '2', '--huge']))
  expect(sizes).toEqual({
    ...PEERS_FULL,
    messages: 20,
    rounds: 2,
    http: { ...PEERS_FULL.http, rounds: 2 },
    pending: [...PEERS_FULL.pending, HUGE],
  })
})
