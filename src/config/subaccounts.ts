import type { RuleWorld, WatchedSource } from '../domain/check-rule.ts'
import { type ChannelAbility, checkSequence } from '../domain/sequence.ts'
import { nearest } from '../words/nearest.ts'
import { channelName, configuredAbility, possibleAbility } from './abilities.ts'
import { type Findings, join, note } from './check.ts'
import { type Config, SANDBOX_CONNECTION, type SubaccountConfig } from './config.ts'
import { follow, isList, isMap, type Located, plain } from './located.ts'
import { readReminders } from './reminders.ts'
import { listOr } from './rule.ts'
import { OWN_CHAT, type ReadSource } from './sources.ts'

type House = Pick<Config, 'connections' | 'sandbox'>
type Watching = {
  /** Absent: one of them is faulty, so they are not all known. */
  sources?: readonly ReadSource[]
  checkTemplate: RuleWorld['checkTemplate']
}

/** Reads what is particular to each subaccount, and holds it against the channels and sources that the subaccount has. */
export function readSubaccounts(
  node: Located | undefined,
  house: House & { complete: boolean },
  { sources, checkTemplate }: Watching,
  findings: Findings,
): Record<string, SubaccountConfig> {
  const subaccounts: Record<string, SubaccountConfig> = {}
  if (node === undefined || !isMap(node)) return subaccounts
  for (const [id, each] of node.value) {
    if (!isMap(each)) continue // the schema has said so
    const name = join('subaccounts', id)
    const channels = house.complete ? readRoutes(each.value.get('channels'), name, house, findings) : {}
    const ability = (channel: string) =>
      house.complete ? configuredAbility(house, { channels, reminders: [] }, channel) : possibleAbility(channel)
    const watched = sources && sourcesOf(sources, id)
    const world = { ability, checkTemplate, nearest, ...(watched && { sources: watched }) }
    const reminders = readReminders(each.value.get('reminders'), `${name}.reminders`, world, findings)
    subaccounts[id] = { channels, reminders }
    const sequence = each.value.get('sequence')
    if (sequence === undefined) continue
    checkSteps(sequence, `${name}.sequence`, ability, findings)
    subaccounts[id] = { channels, reminders, sequence: plain(sequence) as unknown[] }
    note({}, plain(sequence), sequence.origin, `${name}.sequence`, findings)
  }
  return subaccounts
}

/** What rules of a subaccount may name: its sources, and its own chat, which is always there. */
export function sourcesOf(
  sources: readonly Pick<ReadSource, 'id' | 'definition' | 'subAccountId'>[],
  subAccountId: string,
): WatchedSource[] {
  const watched = sources.filter((source) => source.subAccountId === subAccountId)
  return [
    ...watched.map(({ id, definition }) => ({ name: id, reportsDelivered: definition.reportsDelivered })),
    { name: OWN_CHAT, reportsDelivered: true },
  ]
}

function checkSteps(
  sequence: Located,
  name: string,
  ability: (channel: string) => ChannelAbility | undefined,
  findings: Findings,
): void {
  const checked = checkSequence(plain(sequence), ability)
  if (checked.ok) return
  for (const { path, message, fault } of checked.problems) {
    const { origin: valueOrigin, keyOrigin } = follow(sequence, path)
    const origin = fault === 'unknown-field' ? (keyOrigin ?? valueOrigin) : valueOrigin
    findings.problems.push({ name: name + path, origin, message })
  }
}

function readRoutes(node: Located | undefined, name: string, house: House, findings: Findings) {
  const routes: Record<string, string[]> = {}
  if (node === undefined || !isMap(node)) return routes
  for (const [key, list] of node.value) {
    const channel = channelName(key, house.connections)
    const full = `${name}.channels.${key}`
    if (channel in routes) {
      findings.problems.push({
        name: full,
        origin: list.keyOrigin ?? list.origin,
        message: `${channel} stands here twice`,
      })
    }
    const items = isList(list) ? list.value : []
    for (const [index, item] of items.entries()) {
      const problem = typeof item.value === 'string' ? routeProblem(item.value, channel, house) : undefined
      if (problem) findings.problems.push({ name: `${full}[${index}]`, origin: item.origin, message: problem })
    }
    routes[channel] = items.map(({ value }) => String(value))
  }
  return routes
}

function routeProblem(id: string, channel: string, { connections, sandbox }: House): string | undefined {
  if (id === SANDBOX_CONNECTION && sandbox) return undefined
  const connection = connections.find((each) => each.id === id)
  if (connection?.channels.includes(channel)) return undefined
  if (connection !== undefined) return `${id} does not serve ${channel}; it serves ${listOr(connection.channels)}`
  const ids = connections.filter(({ channels }) => channels.includes(channel)).map((each) => each.id)
  const meant = nearest(id, ids)
  const offers = ids.length > 0 ? `use ${listOr(ids)}` : `no connection serves ${channel}`
  return `${JSON.stringify(id)} is not a connection; ${meant ? `did you mean ${meant}?` : offers}`
}
