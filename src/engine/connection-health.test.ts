import { beforeEach, describe, expect, test } from 'vitest'
import type { SendOutcome } from '../domain/message.ts'
import { ConnectionHealth } from './connection-health.ts'

const OK: SendOutcome = { kind: 'accepted' }
const AWAY: SendOutcome = { kind: 'retry', afterMs: 1000, detail: 'the connection was refused' }
const NOBODY: SendOutcome = { kind: 'rejected', reason: 'recipient', detail: 'no such number' }
const LOGIN: SendOutcome = { kind: 'rejected', reason: 'credentials', detail: 'wrong login' }
const SEND = { umid: 'm', step: 0, channel: 'SMS' }
const SECOND = 1000
const PATIENCE = 600 * SECOND

let health: ConnectionHealth
let logged: string[]
let downs: string[]
let heardElsewhere: boolean
let now: number

beforeEach(() => {
  logged = []
  downs = []
  heardElsewhere = false
  now = 1_000_000_000
  const log = (level: string) => (_: object, sentence: string) => void logged.push(`${level}: ${sentence}`)
  health = new ConnectionHealth({
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    receiptsWithinMs: (id, channel) => (id === 'quiet' || channel === 'Zalo' ? undefined : PATIENCE),
    onDown: (connection) => void downs.push(connection),
    anyHeardOf: async () => heardElsewhere,
  })
})

/** Whether a send may try it; the first that `settle` tells of, unless told otherwise. */
function mayTry(at = now, umid = `m${at}-0`, hasRoom = true): boolean {
  return health.mayTry('main', { ...SEND, umid }, at, () => hasRoom)
}

function settle(outcome: SendOutcome, times = 1, connection = 'main'): void {
  for (let n = 0; n < times; n++) health.settled(connection, outcome, { ...SEND, umid: `m${now}-${n}` }, now)
}

describe('a connection that fails', () => {
  test('is up while it fails now and then', () => {
    for (let n = 0; n < 50; n++) settle(n % 3 === 0 ? AWAY : OK)
    expect(health.isUp('main')).toBe(true)
    expect(health.stateOf('main', now)).toEqual({ state: 'up' })
  })

  test.each([
    ['is away', AWAY],
    ['answers nothing', { kind: 'uncertain', detail: 'timed out' } as SendOutcome],
    ['takes no login', LOGIN],
  ])('is down when it %s five times', (_, outcome) => {
    settle(outcome, 4)
    expect(health.isUp('main')).toBe(true)
    settle(outcome)
    expect(health.isUp('main')).toBe(false)
    expect(health.isUp('backup')).toBe(true)
    expect(downs).toEqual(['main'])
    expect(health.stateOf('main', now)).toMatchObject({ state: 'down', since: now, nextTryAt: now + 10 * SECOND })
    expect(logged.at(-1)).toBe('error: a connection is down, and others are used where there are any')
  })

  test('is not one that refuses people, nor one whose sends were called back', () => {
    settle(NOBODY, 30)
    settle({ kind: 'withdrawn' }, 30)
    expect(health.isUp('main')).toBe(true)
  })

  test('is tried by one send when its rest is over, and rests longer each time', () => {
    settle(AWAY, 5)
    expect(mayTry(now + 9_999)).toBe(false)
    now += 10 * SECOND
    expect([mayTry(), mayTry(now, 'other')]).toEqual([true, false])
    settle(AWAY)
    expect(mayTry(now + 19_999)).toBe(false)
    now += 20 * SECOND
    expect([mayTry(), mayTry(now, 'other')]).toEqual([true, false])
    for (let tries = 0; tries < 10; tries++) {
      settle(AWAY)
      now = health.stateOf('main', now).nextTryAt ?? now
      expect(mayTry()).toBe(true)
    }
    settle(AWAY)
    expect(health.stateOf('main', now)).toMatchObject({ nextTryAt: now + 300 * SECOND })
    expect(logged).toHaveLength(1)
  })

  test('does not rest longer for what had been under way before, or was sent for want of another', () => {
    settle(AWAY, 5)
    settle(AWAY, 20)
    expect(health.stateOf('main', now)).toMatchObject({ nextTryAt: now + 10 * SECOND })
  })

  test('lends its try to the same send when that is decided on again, and to nobody for whom there is no room', () => {
    settle(AWAY, 5)
    now += 10 * SECOND
    expect(mayTry(now, 'crowded', false)).toBe(false)
    expect([mayTry(), mayTry(), mayTry(now, 'other')]).toEqual([true, true, false])
  })

  test('whose try was called back is tried by another at once', () => {
    settle(AWAY, 5)
    now += 10 * SECOND
    expect(mayTry()).toBe(true)
    settle({ kind: 'withdrawn' })
    expect(mayTry(now, 'other')).toBe(true)
  })

  test('is up again with the first send that it takes, or refuses for the person’s sake', () => {
    for (const good of [OK, NOBODY]) {
      settle(AWAY, 5)
      expect(health.isUp('main')).toBe(false)
      settle(good)
      expect(health.isUp('main')).toBe(true)
      settle(AWAY, 4)
      expect(health.isUp('main')).toBe(true)
    }
    expect(logged.filter((line) => line.startsWith('info'))).toHaveLength(2)
  })

  test('whose try is never answered is tried once more later', () => {
    settle(AWAY, 5)
    now += 10 * SECOND
    expect(mayTry()).toBe(true)
    expect(mayTry(now + 59 * SECOND)).toBe(false)
    expect(mayTry(now + 60 * SECOND)).toBe(true)
  })

  test('is logged in words of ours: a provider may name the person', () => {
    settle({ kind: 'retry', afterMs: 0, detail: 'no route to +6591234567' }, 5)
    expect(health.stateOf('main', now).because).toBe('it turns messages away')
  })
})

test('a refused login is told at once, and again only after it was taken', () => {
  const told = () =>
    logged.filter((line) => line === 'error: a provider refuses the login or the account of a connection')
  settle(LOGIN, 3)
  expect(told()).toHaveLength(1)
  settle(OK)
  settle(LOGIN)
  expect(told()).toHaveLength(2)
})

describe('a connection whose receipts are missing', () => {
  /** Twenty sends, and one more when their receipts are overdue. */
  async function silence(connection = 'main'): Promise<void> {
    settle(OK, 20, connection)
    now += PATIENCE
    settle(OK, 1, connection)
    await Promise.resolve()
    await Promise.resolve()
  }

  test('is down when of twenty sends nothing was heard in time', async () => {
    await silence()
    expect(health.stateOf('main', now)).toMatchObject({ state: 'down', because: 'no receipts come in' })
    settle(OK)
    expect(health.isUp('main')).toBe(false) // that it takes messages was never in doubt
    health.heard('main')
    expect(health.isUp('main')).toBe(true)
  })

  test('is up when one receipt came, here or at another node', async () => {
    settle(OK, 19)
    health.heard('main')
    await silence()
    heardElsewhere = true
    health.heard('main')
    await silence()
    expect(health.isUp('main')).toBe(true)
  })

  test('is not looked for where none are promised', async () => {
    await silence('quiet')
    expect(health.isUp('quiet')).toBe(true)
  })

  test('is not looked for on a channel without any, nor counted for the others', async () => {
    for (let n = 0; n < 30; n++) health.settled('main', OK, { ...SEND, umid: `z${n}`, channel: 'Zalo' }, now)
    now += PATIENCE
    settle(OK)
    await Promise.resolve()
    await Promise.resolve()
    expect(health.isUp('main')).toBe(true)
  })

  test('is up again when another node hears of its tries', async () => {
    await silence()
    now += 10 * SECOND
    expect(mayTry()).toBe(true)
    settle(OK)
    await Promise.resolve()
    await Promise.resolve()
    expect(health.isUp('main')).toBe(false)
    expect(mayTry(now + 19 * SECOND, 'other')).toBe(false)
    heardElsewhere = true
    now += 20 * SECOND
    expect(mayTry()).toBe(true)
    settle(OK)
    await Promise.resolve()
    await Promise.resolve()
    expect(health.isUp('main')).toBe(true)
  })

  test('takes messages still, until it turns them away', async () => {
    await silence()
    expect([health.isUp('main'), health.takes('main')]).toEqual([false, true])
    settle(AWAY, 10)
    expect(health.takes('main')).toBe(false)
  })
})
