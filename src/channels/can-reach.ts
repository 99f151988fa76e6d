import { BlockList, isIP } from 'node:net'

const NOT_PUBLIC = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4')
}
NOT_PUBLIC.addSubnet('::', 127, 'ipv6')
NOT_PUBLIC.addSubnet('fc00::', 7, 'ipv6')
NOT_PUBLIC.addSubnet('fe80::', 10, 'ipv6')

/**
 * Whether a provider can call us back, before it is given an address of ours: some refuse a message whose callback address
 * they find wrong. `from` is where the provider's API is, `to` the callback URL; a stand-in on this machine reaches this
 * machine.
 */
export function canReach(from: string, to: string): boolean {
  if (!URL.canParse(to) || !URL.canParse(from)) return false
  return isPublic(new URL(to)) || !isPublic(new URL(from))
}

function isPublic({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version !== 0) return !NOT_PUBLIC.check(host, version === 4 ? 'ipv4' : 'ipv6')
  // An underscore is in no host name that can be looked up everywhere; Twilio refuses it.
  return host.includes('.') && !/_|\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
}
