import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PHONE, startSandbox } from '../../../test/support/sandbox-harness.ts'
import { readHandsetSettings } from './handset-settings.ts'

const guide = readFileSync(new URL('../../../docs/guides/sandbox.md', import.meta.url), 'utf8')

test('each command of the guide that calls the sandbox does what it says', async () => {
  const phones = await startSandbox()
  const commands = shellCommands().filter((command) => command.includes('localhost:3000/sandbox'))
  expect(commands.length).toBeGreaterThan(8)
  for (const step of [2, 3]) await phones.send({ umid: 'UMID', step, channel: 'Viber' })
  for (const command of commands) {
    const path = /localhost:3000\/sandbox(\S+)/.exec(command)?.[1] ?? ''
    const data = /-d '([^']*)'/.exec(command)?.[1]
    const method = /-X (\w+)/.exec(command)?.[1] ?? (data === undefined ? 'GET' : 'POST')
    const { status, body } = await phones.call(method, path, data === undefined ? undefined : JSON.parse(data))
    expect([command, status, body?.message]).toEqual([command, method === 'DELETE' ? 204 : 200, undefined])
  }
  const { messages } = (await phones.call('GET', `/handsets/${PHONE}`)).body
  expect(messages).toMatchObject([{ status: 'read' }, { failure: { message: 'handset lost' } }])
  await phones.stop()
})

test('the guide has all settings, and no others', () => {
  const read = readHandsetSettings({ channels: { SMS: { unknown: 1, callbacks: { unknown: 1 } } } })
  const known = 'problems' in read ? read.problems.map((problem) => problem.split('use ')[1]?.split(', ')) : []
  expect(known.map((names) => names?.toSorted())).toEqual([
    settingsBelow('`callbacks` is an object').toSorted(),
    settingsBelow('Per channel:').toSorted(),
  ])
})

test('what the guide shows of a handset has the fields that a handset has', async () => {
  const phones = await startSandbox()
  await phones.send()
  await phones.advance(1_000)
  const shown = JSON.parse(/```json\n(\{\n {2}"address"[\s\S]*?)```/.exec(guide)?.[1] ?? 'null')
  const { body } = await phones.call('GET', `/handsets/${PHONE}`)
  expect(Object.keys(shown)).toEqual(Object.keys(body))
  expect(Object.keys(shown.messages[0])).toEqual(Object.keys(body.messages[0]))
  expect(Object.keys(shown.messages[0].receipts[0])).toEqual(Object.keys(body.messages[0].receipts[0]))
  await phones.stop()
})

function shellCommands(): string[] {
  const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
  return blocks
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.startsWith('curl'))
}

/** The first column of the first table after these words. */
function settingsBelow(words: string): string[] {
  const table = guide.slice(guide.indexOf(words)).split('\n\n')[1] ?? ''
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name ?? '')
}
