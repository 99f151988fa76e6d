import { expect, test } from 'vitest'
import { type ChatEvent, UntilreadClient } from '../../src/client/client.ts'
import { KEY, openApiHouse } from '../support/api-house.ts'

test('the client tells events, and hears how many were new', async () => {
  const house = await openApiHouse()
  try {
    const client = new UntilreadClient({ url: await house.listen(), apiKey: KEY })
    const events: ChatEvent[] = [
      { type: 'message.sent', conversation: 'c-1', id: 'm-1', text: 'Hi', author: { id: 'ben' }, recipients: ['ann'] },
      { type: 'message.read', conversation: 'c-1', person: 'ann', upTo: 3 },
      { type: 'conversation.ended', conversation: 'c-2', skill: 'sales', at: '2026-01-01T00:00:00Z' },
    ]
    expect(await client.sendEvents(events)).toEqual({ accepted: 3, repeated: 0 })
    expect(await client.sendEvents(events)).toEqual({ accepted: 0, repeated: 3 })
    expect(house.watch.observed[0]?.events.map(({ type }) => type)).toEqual(['sent', 'read', 'ended'])
    const stray = { type: 'participant.left', conversation: 'c-1', person: '' } as const
    await expect(client.sendEvents([stray])).rejects.toMatchObject({ status: 400, code: 1000 })
  } finally {
    await house.close()
  }
})
