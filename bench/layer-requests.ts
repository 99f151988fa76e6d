import { createHmac } from 'node:crypto'
import { SECRET, SOURCE } from './watch-service.ts'

/** Whole HTTP requests as Layer posts them: of three, two tell of a new message and one of a read. `run` tells runs apart. */
export function layerRequests(count: number, run: string, now: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const isRead = index % 3 === 2
    const number = isRead ? index - 1 : index
    return post(JSON.stringify(isRead ? readBody(run, number, now) : sentBody(run, number, now)), index)
  })
}

function sentBody(run: string, number: number, now: number): object {
  const at = new Date(now).toISOString()
  const event = { created_at: at, type: 'message.sent', id: `${run}-${number}-sent`, actor: { user_id: 'shop' } }
  return { event, message: message(run, number, at, 'sent') }
}

function readBody(run: string, number: number, now: number): object {
  const at = new Date(now).toISOString()
  const reader = `customer-${run}-${Math.floor(number / 6)}`
  const event = { created_at: at, type: 'message.read', id: `${run}-${number}-read`, actor: { user_id: reader } }
  return { event, message: message(run, number, at, 'read') }
}

/** As large as those of a real conversation of three. */
function message(run: string, number: number, at: string, status: string): object {
  const place = `${run}-${Math.floor(number / 6)}`
  const app = 'https://api.layer.com/apps/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
  return {
    id: `layer:///messages/${run}-${number}`,
    conversation: { id: `layer:///conversations/${place}`, url: `${app}/conversations/${place}` },
    parts: [
      {
        id: `layer:///messages/${run}-${number}/parts/0`,
        mime_type: 'text/plain',
        body: 'Your parcel is at the door of your neighbours on the second floor, who are at home until six today. Thanks!',
      },
    ],
    sent_at: at,
    sender: { user_id: 'shop' },
    recipient_status: { shop: 'read', [`customer-${place}`]: status, [`partner-${place}`]: 'sent' },
  }
}

function post(body: string, index: number): string {
  const lines = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/vnd.layer.webhooks+json; version=1.0',
    'layer-webhook-request-id': `request-${index}`,
    'layer-webhook-signature': createHmac('sha1', SECRET).update(body).digest('hex'),
    'content-length': String(Buffer.byteLength(body)),
  })
  return [`POST /sources/${SOURCE} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join(
    '\r\n',
  )
}
