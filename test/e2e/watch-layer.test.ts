import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LayerFake, startLayer } from '../fakes/layer.ts'
import { startWatchingService, type WatchingService } from '../support/watching-service.ts'

const SECRET = 'layer-test-secret'
const PEOPLE = ['ann', 'bob', 'carol', 'dave', 'eve', 'frank']
const LINES = /line \d+/

const configOf = ({ baseUrl, appId, token }: LayerFake) => `
sources:
  chat: {platform: layer, secret: ${SECRET}, appId: '${appId}', token: ${token}, baseUrl: '${baseUrl}'}
subaccounts:
  default:
    reminders:
      - {id: missed, match: {source: chat}, steps: [{channel: Email}]}
`

describe('the e-mail fallback of a Layer app, end to end', () => {
  let layer: LayerFake
  let service: WatchingService

  beforeEach(async () => {
    layer = await startLayer({ now: () => service.now() })
    for (const person of PEOPLE)
      layer.identities.set(person, { display_name: person, email_address: `${person}@example.test` })
    service = await startWatchingService({ config: configOf(layer) })
  })
  afterEach(async () => {
    await service.cleanUp()
    await layer.close()
  })
  const register = (version: '1.0' | '2.0' | '3.0') =>
    layer.register({ version, target_url: `${service.url}/sources/chat`, secret: SECRET })

  describe.each(['1.0', '2.0', '3.0'] as const)('webhooks %s', (version) => {
    test('unread for a quarter of an hour: one e-mail with all that was missed', async () => {
      expect(await register(version)).toMatchObject({ status: 'active' })
      const conversation = await layer.createConversation(['ann', 'bob'])
      for (let line = 1; line <= 10; line++) {
        await layer.say(conversation, 'ann', `line ${line}`)
        await service.advance(5)
      }
      await service.advance(900 - 51)
      expect(service.mailServer.mails).toHaveLength(0)
      await service.advance(2)
      expect(service.mailServer.mails).toHaveLength(1)
      const [told = ''] = service.told(LINES)
      expect(told).toMatch(/^bob@example\.test: /)
      for (let line = 1; line <= 10; line++) expect(told).toMatch(new RegExp(`line ${line}\\b`))
      await service.advance(3600)
      expect(service.mailServer.mails).toHaveLength(1)
    })

    test('read in time: none', async () => {
      await register(version)
      const conversation = await layer.createConversation(['ann', 'bob'])
      const message = await layer.say(conversation, 'ann', 'line 1')
      await service.advance(600)
      await layer.receipt('read', 'bob', [message])
      await service.advance(3600)
      expect(service.mailServer.mails).toHaveLength(0)
      // Called off by the receipt, and not only found out by asking.
      expect(layer.calls).toEqual([])
    })
  })

  test('of five who got it two have read it: three are told', async () => {
    await register('3.0')
    const conversation = await layer.createConversation(PEOPLE)
    const message = await layer.say(conversation, 'ann', 'line 1')
    await layer.receipt('delivered', 'carol', [message])
    for (const reader of ['bob', 'eve']) await layer.receipt('read', reader, [message])
    await service.advance(901)
    expect(service.told(LINES).map((each) => each.split('@')[0])).toEqual(['carol', 'dave', 'frank'])
  })

  test('a range that ends before the newer lines leaves those unread', async () => {
    await register('3.0')
    const conversation = await layer.createConversation(['ann', 'bob'])
    const messages: string[] = []
    for (const line of [1, 2, 3, 4]) messages.push(await layer.say(conversation, 'ann', `line ${line}`))
    await layer.receipt('read', 'bob', messages.slice(0, 2))
    await service.advance(901)
    const [told = ''] = service.told(LINES)
    expect([1, 2, 3, 4].filter((line) => new RegExp(`line ${line}\\b`).test(told))).toEqual([3, 4])
  })

  test('the Server API has the last word: what was read, left or deleted without our hearing of it is not told', async () => {
    await register('3.0')
    const conversation = await layer.createConversation(['ann', 'bob', 'carol', 'dave'])
    const message = await layer.say(conversation, 'ann', 'line 1')
    const gone = await layer.createConversation(['ann', 'eve'])
    await layer.say(gone, 'ann', 'line 2')
    layer.hold()
    await layer.receipt('read', 'bob', [message])
    await layer.leave(conversation, ['carol'])
    await layer.deleteConversation(gone)
    await service.advance(901)
    expect(service.told(LINES).map((each) => each.split('@')[0])).toEqual(['dave'])
  })

  test('a wrong signature, a version that nobody reads and a broken body are refused, and the source shows it', async () => {
    const wrong = await layer.register({ version: '3.0', target_url: `${service.url}/sources/chat`, secret: 'another' })
    const conversation = await layer.createConversation(['ann', 'bob'])
    await layer.say(conversation, 'ann', 'line 1')
    expect(layer.requests.filter(({ webhook }) => webhook === wrong).map(({ answers }) => answers)).toEqual([
      [401],
      [401],
    ])
    await service.advance(901)
    expect(service.mailServer.mails).toHaveLength(0)
    const { json } = await service.call('GET', '/api/v1/subaccounts/default/sources')
    expect(json.sources).toMatchObject([
      { id: 'chat', platform: 'layer', state: 'in-trouble', refused: 2, trouble: { what: 'refused' } },
      { id: 'events', state: 'quiet' },
    ])
    expect(service.output()).not.toMatch(/line 1|\bann\b|\bbob\b/)
  })
})
