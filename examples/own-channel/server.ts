// A channel of your own in plain Node: takes messages from the service, and reports what became of them.
//   CHANNEL_SECRET=whsec_… PORT=4000 npx node examples/own-channel/server.ts
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

const key = Buffer.from((process.env.CHANNEL_SECRET ?? '').replace('whsec_', ''), 'base64')
if (key.length < 24) throw new Error('CHANNEL_SECRET has to be whsec_ and at least 24 bytes in base64')
const taken = new Set<string>() // keep this in your database: a repeat may come after a restart

const server = createServer(async (request, response) => {
  const body = await text(request)
  const { 'webhook-id': id = '', 'webhook-timestamp': time = '', 'webhook-signature': given = '' } = request.headers
  const recent = Math.abs(Date.now() / 1000 - Number(time)) < 300
  if (!recent || !isGenuine(String(given), sign(String(id), String(time), body))) return response.writeHead(401).end()
  const message = JSON.parse(body)
  if (!message.text) return response.end('{"status":"rejected","reason":"content","detail":"only text, please"}')
  response.end(JSON.stringify({ status: 'accepted', id: `own-${message.attemptRef}` }))
  if (taken.has(String(id))) return // a repeat of what we have
  taken.add(String(id))
  console.log(`${message.channel} ${message.attemptRef}: ${message.text.length} characters`) // deliver it here
  await report(message.callbackUrl, { attemptRef: message.attemptRef, status: 'delivered' })
})

async function report(callbackUrl: string, receipt: { attemptRef: string; status: string }): Promise<void> {
  const body = JSON.stringify({ ...receipt, timestamp: new Date().toISOString() })
  const [id, time] = [`${receipt.attemptRef}.${receipt.status}`, String(Math.floor(Date.now() / 1000))]
  const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': sign(id, time, body) }
  const answer = await fetch(callbackUrl, { method: 'POST', headers, body }).catch(() => undefined)
  if (!answer?.ok) console.error(`${id} could not be reported: try again later`)
}

function sign(id: string, time: string, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`
}

function isGenuine(given: string, wanted: string): boolean {
  return given
    .split(' ')
    .some((each) => each.length === wanted.length && timingSafeEqual(Buffer.from(each), Buffer.from(wanted)))
}

server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => console.log('listening on', server.address()))
