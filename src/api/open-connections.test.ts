import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { badgePath, openBadgeHouse, ScriptedWatch } from '../../test/support/badge-house.ts'
import { MovableClock } from '../system/movable-clock.ts'

test('neither a connection on which nothing came nor one with a request under way keeps the server from closing', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<number>()
  const watch = new ScriptedWatch()
  watch.unread = () => {
    asked.resolve()
    return answer.promise
  }
  const house = openBadgeHouse(watch, new MovableClock(0))
  const url = await house.listen()
  const accepted = once(house.app.server, 'connection')
  const silent = connect(Number(new URL(url).port), '127.0.0.1').resume()
  await accepted
  const ended = once(silent, 'close')
  const response = fetch(url + badgePath('ann'))
  await asked.promise
  const closed = house.close()
  await ended
  answer.resolve(1)
  expect(await (await response).text()).toBe('{"unreadByConsumer":true}')
  await closed
})
