import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiHouse, KEY, openApiHouse } from '../../test/support/api-house.ts'

let house: ApiHouse
let lines: string[]
beforeAll(async () => {
  lines = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  house = await openApiHouse({
    logger,
    plugins: [
      async (app) => {
        app.get('/handsets/:address', async () => {
          throw Object.assign(new Error('duplicate key'), { detail: 'Key (address)=(+6590000001)' })
        })
      },
    ],
  })
})
afterAll(() => house.close())

test('the log knows each error by its id, and nothing of what people wrote or where they are reached', async () => {
  const body = {
    user: { msisdn: '+6590000001', email: 'ann@example.com' },
    type: 'text',
    content: { text: 'my secret words' },
    channels: [{ channel: 'SMS' }],
  }
  const url = '/api/v1/subaccounts/default/messages'
  await house.call('POST', url, body)
  const refused = await house.call('POST', url, { ...body, 'my secret field': 1 })
  await house.call('POST', url, '{"text":"my secret words"')
  await house.call('GET', '/callbacks/nobody?token=my-secret-token')
  await house.call('GET', '/nowhere/+6590000001')
  const broken = await house.call('GET', '/handsets/+6590000001')
  const log = lines.join('')
  expect(log).toContain(`"errorId":"${refused.json.errorId}"`)
  expect(log).toContain(`"code":1000`)
  const line = lines.find((each) => each.includes(String(broken.json.errorId))) ?? ''
  expect(JSON.parse(line)).toMatchObject({
    level: 50,
    route: '/handsets/:address',
    reqId: broken.headers['x-request-id'],
    error: { name: 'Error', message: 'duplicate key', stack: expect.stringContaining('log.test.ts') },
  })
  expect(log).not.toMatch(/secret|90000001|ann@|Bearer/)
  expect(log).not.toContain(KEY)
})
