import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openApiHouse } from '../../test/support/api-house.ts'
import { ERRORS } from './errors.ts'
import { openApiText } from './write-open-api.ts'

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

test('openapi.json is what the routes say; else run: node src/api/write-open-api.ts', async () => {
  expect(await read('openapi.json')).toBe(await openApiText())
})

test('the page on errors has a heading for each code with its title, and none for others', async () => {
  const headings = (await read('docs/reference/errors.md')).matchAll(/^### (\d+) (.+)$/gm)
  const documented = [...headings].map(([, code, title]) => [Number(code), title] as const).sort(([a], [b]) => a - b)
  expect(documented).toEqual(Object.entries(ERRORS).map(([code, { title }]) => [Number(code), title]))
})

test('every code is used somewhere', async () => {
  const files = (await readdir(new URL('.', import.meta.url))).filter((name) => !/^errors\.ts$|\.test\.ts$/.test(name))
  const source = (await Promise.all(files.map((name) => read(`src/api/${name}`)))).join('\n')
  const unused = Object.keys(ERRORS).filter((code) => !new RegExp(`\\b${code}\\b`).test(source))
  expect(unused).toEqual([])
})

test('the page on the API names every route of the document, and no other', async () => {
  const page = await read('docs/reference/api.md')
  const named = [...page.matchAll(/^\| `([A-Z]+ \/[^`]+)`/gm)].map(([, route]) => route)
  const { paths } = JSON.parse(await openApiText()) as { paths: Record<string, object> }
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect([...named].sort()).toEqual(routes.sort())
})

test('each message in the page on errors is one that the service gives', async () => {
  const house = await openApiHouse()
  const body = {
    user: { msisdn: '+6590000001' },
    type: 'text',
    content: { text: 'Hello' },
    channels: [{ channel: 'WhatsApp' }, { channel: 'SMS', successStatus: 'Read' }],
  }
  const { json } = await house.call('POST', '/api/v1/subaccounts/default/messages', body)
  await house.close()
  expect(await read('docs/reference/errors.md')).toContain(`"message": ${JSON.stringify(json.message)}`)
})

test('the reference page stands alone: no script, nothing from elsewhere, every route and code on it', async () => {
  const house = await openApiHouse()
  const { status, headers, text } = await house.call('GET', '/docs', undefined, { key: null })
  const document = (await house.call('GET', '/openapi.json', undefined, { key: null })).json
  await house.close()
  expect(status).toBe(200)
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(text).not.toMatch(/<script|src=|https?:\/\/(?!example)[^<\s]*\.(js|css)/)
  for (const path of Object.keys(document.paths ?? {})) expect(text).toContain(path.replaceAll('/', '/<wbr>'))
  for (const code of Object.keys(ERRORS)) expect(text).toContain(`<td>${code}</td>`)
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
})
