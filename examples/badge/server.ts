// A web page with a badge, in plain Node, and how its server makes the token by which a visitor is known to Untilread.
//   BADGE_SECRET=… npx node examples/badge/server.ts      (without BADGE_SECRET: no token)
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const { PORT = '4100', UNTILREAD_URL = 'http://localhost:3000', ACCOUNT = 'events', CONSUMER = 'ann-17' } = process.env
const { BADGE_SECRET } = process.env
const TOKEN_SECONDS = 3600

/** A JWT that says who the visitor is. A real site knows it from its own login, and never takes it from the request. */
function tokenOf(consumer: string, secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + TOKEN_SECONDS
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: consumer, exp })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const page = readFileSync(new URL('index.html', import.meta.url), 'utf8')

const server = createServer((_request, response) => {
  const values: Record<string, string> = {
    service: UNTILREAD_URL,
    account: ACCOUNT,
    consumer: CONSUMER,
    token: BADGE_SECRET === undefined ? '' : tokenOf(CONSUMER, BADGE_SECRET),
  }
  const html = page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''))
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html)
})

function escapeHtml(text: string): string {
  return text.replace(/[&"<>]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})
