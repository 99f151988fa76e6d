import type { AccountStore, ApiKey } from '../engine/ports/account-store.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { newId, newSecret, sha256 } from '../system/ids.ts'
import { CliFailure, usageFailure } from './exit.ts'
import type { Terminal } from './terminal.ts'

export type KeyRoom = { accounts: AccountStore; clock: Clock; terminal: Terminal; json: boolean }

const SUBACCOUNT = /^(\*|[A-Za-z0-9\-._&]{3,50})$/
const PREFIX_LENGTH = 8 // enough to tell keys apart, far from enough to guess the rest

export async function createKey(subAccountId: string, { accounts, clock, terminal, json }: KeyRoom): Promise<void> {
  if (!SUBACCOUNT.test(subAccountId)) {
    throw usageFailure('--subaccount: must be 3 to 50 letters, digits or - . _ &, or "*" for all')
  }
  const apiKey = newSecret('utr_')
  const key = { id: newId(), subAccountId, prefix: apiKey.slice(0, PREFIX_LENGTH), createdAt: clock.now() }
  await accounts.addKey(key, sha256(apiKey))
  if (json) {
    terminal.print(JSON.stringify({ ...keyView(key), apiKey }))
    return
  }
  // The key alone goes into a pipe; the words about it do not.
  terminal.print(apiKey)
  const scope = subAccountId === '*' ? 'all subaccounts' : `the subaccount ${subAccountId}`
  terminal.complain(`A key for ${scope}. It is shown this once: only its hash is kept.`)
}

export async function listKeys({ accounts, terminal, json }: KeyRoom): Promise<void> {
  const keys = await accounts.listKeys()
  if (json) {
    terminal.print(JSON.stringify(keys.map(keyView)))
    return
  }
  if (keys.length === 0) terminal.complain('There are no keys. Make one with: untilread keys create')
  const width = Math.max(...keys.map((key) => key.subAccountId.length), 0)
  for (const key of keys) {
    const { id, prefix, createdAt, revokedAt } = keyView(key)
    const end = revokedAt === undefined ? '' : `  revoked ${revokedAt}`
    const line = `${id}  ${prefix}…  ${key.subAccountId.padEnd(width)}  created ${createdAt}${end}`
    terminal.print(revokedAt === undefined ? line : terminal.paint('dim', line))
  }
}

/** `which` is a key's id or the letters it begins with; several that begin so are refused. */
export async function revokeKey(which: string, { accounts, clock, terminal, json }: KeyRoom): Promise<void> {
  const live = (await accounts.listKeys()).filter(({ revokedAt }) => revokedAt === undefined)
  const [key, another] = live.filter(({ id, prefix }) => id === which || prefix === which.slice(0, prefix.length))
  if (key === undefined) throw new CliFailure('There is no such key that is still good. See: untilread keys list')
  if (another !== undefined) throw new CliFailure('Several keys begin like that: give the id. See: untilread keys list')
  if (!(await accounts.revokeKey(key.id, clock.now())))
    throw new CliFailure('It has just been revoked by somebody else')
  if (json) terminal.print(JSON.stringify({ id: key.id, revoked: true }))
  else terminal.print(`Revoked ${key.prefix}… (${key.id}). A running service stops taking it within seconds.`)
}

function keyView({ id, subAccountId, prefix, createdAt, revokedAt }: ApiKey) {
  const iso = (at: number) => new Date(at).toISOString()
  return {
    id,
    subAccountId,
    prefix,
    createdAt: iso(createdAt),
    ...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
  }
}
