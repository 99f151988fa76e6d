import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * Who is asking, as limits count them: an IPv4 address, or the /64 of an IPv6 address, since one home has as many
 * addresses of it as it likes. Behind `proxies` of our own the outermost of them saw the client; what stands further left
 * in `X-Forwarded-For` was written by anybody.
 */
export function clientOf({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>, proxies: number): string {
  const forwarded = headers['x-forwarded-for']
  if (proxies === 0 || forwarded === undefined) return networkOf(ip)
  const chain = String(forwarded).split(',')
  const seen = bareAddress(chain.at(-proxies)?.trim() ?? '')
  // A chain that is too short did not pass all our proxies: then whoever called us is all that we know.
  return networkOf(isIP(seen) === 0 ? ip : seen)
}

/** Some proxies write a port behind the address, or brackets around it. */
function bareAddress(text: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
