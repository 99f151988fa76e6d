import { describe, expect, it } from 'vitest'
import { readBySchema } from '../../config/check.ts'
import type { Located } from '../../config/located.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { genesys } from './genesys.ts'

const TOKEN = 'a-token-of-sixteen'
const GOOD = { region: 'eu-west-1', clientId: 'client', clientSecret: 'secret', webhookToken: TOKEN }

describe('the settings', () => {
  function problemsOf(over: Record<string, unknown>): string[] {
    const findings = { problems: [], settings: [], outside: { environment: {}, readFile: () => '' } }
    readBySchema(genesys.config, located({ ...GOOD, ...over }), 'sources.chat', findings)
    return findings.problems.map(({ name, message }) => `${name}: ${message}`)
  }
  function located(value: unknown): Located {
    const origin = { kind: 'default' } as const
    if (Array.isArray(value)) return { value: value.map(located), origin }
    if (typeof value !== 'object' || value === null) return { value: value as string, origin }
    return { value: new Map(Object.entries(value).map(([key, each]) => [key, located(each)])), origin }
  }

  it.each([60, 900])('take a delay of %i seconds', (delaySeconds) => {
    expect(problemsOf({ delaySeconds })).toEqual([])
  })

  it.each([59, 901, 60.5, '60', 0, -60])('take no delay of %j seconds, and say what would be right', (delaySeconds) => {
    expect(problemsOf({ delaySeconds })).toEqual([
      `sources.chat.delaySeconds: got ${JSON.stringify(delaySeconds)}, want a whole number from 60 to 900`,
    ])
  })

  it('wait as long as they say', async () => {
    const world = {
      sourceId: 'chat',
      webhookUrl: 'http://127.0.0.1:1/',
      clock: new MovableClock(0),
      newNonce: () => 'nonce',
    }
    const source = genesys.create({ ...GOOD, delaySeconds: 900 }, world)
    const headers = { 'x-untilread-token': TOKEN }
    const body = Buffer.from(JSON.stringify({ conversationId: 'one' }))
    const result = await source.handle?.({ method: 'POST', url: '/sources/chat', headers, body })
    expect(result).toMatchObject({ kind: 'events', events: [{ waitMs: 900_000 }] })
    expect(genesys.waitSeconds).toBe(60)
  })

  it('take addresses of the contact and of the participant, and nothing else', () => {
    expect(
      problemsOf({ addresses: ['workEmail', 'attribute:email'], phones: ['cellPhone', 'attribute:phone'] }),
    ).toEqual([])
    expect(problemsOf({ addresses: ['homeEmail'] })).toEqual([
      'sources.chat.addresses[0]: got "homeEmail", want personalEmail, workEmail, otherEmail or attribute: and the name of a participant attribute',
    ])
    expect(problemsOf({ addresses: ['cellPhone'], phones: ['attribute:'] })).toHaveLength(2)
  })

  it('take a token of sixteen characters or more, and show none that is wrong', () => {
    expect(problemsOf({ webhookToken: [TOKEN, 'the-new-token-0123'] })).toEqual([])
    const [problem = ''] = problemsOf({ webhookToken: 'too short' })
    expect(problem).toMatch(/^sources.chat.webhookToken: /)
    expect(problem).not.toContain('too short')
  })

  it('take only regions that exist', () => {
    expect(genesys.check?.({ ...GOOD, region: 'eu-west-9' })).toMatchObject([
      { field: 'region', message: expect.stringContaining('did you mean eu-west-1?') },
    ])
    expect(genesys.check?.({ ...GOOD, region: 'mypurecloud.de' })).toEqual([])
  })
})
