import type { RuleWorld, WatchedSource } from '../domain/check-rule.ts'
import type { ConnectionChoice } from '../domain/connection-choice.ts'
import { parseDuration } from '../domain/durations.ts'
import { type ChannelAbility, checkSequence } from '../domain/sequence.ts'
import { SHORT_FALLBACK_POLICIES } from '../domain/template-life.ts'
import { countryOfCode } from '../phone/phone.ts'
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
      house.complete ? configuredAbility(house, { channels }, channel) : possibleAbility(channel)
    const watched = sources && sourcesOf(sources, id)
    const world = { ability, checkTemplate, nearest, ...(watched && { sources: watched }) }
    const reminders = readReminders(each.value.get('reminders'), `${name}.reminders`, world, findings)
    const common = { channels, reminders, ...readTemplates(each) }
    subaccounts[id] = common
    const sequence = each.value.get('sequence')
    if (sequence === undefined) continue
    checkSteps(sequence, `${name}.sequence`, ability, findings)
    subaccounts[id] = { ...common, sequence: plain(sequence) as unknown[] }
    note({}, plain(sequence), sequence.origin, `${name}.sequence`, findings)
  }
  return subaccounts
}

/** The schema has said what is wrong with them. */
function readTemplates({ value }: Located & { value: ReadonlyMap<string, Located> }) {
  const given = value.get('templates')
  const entries = given !== undefined && isMap(given) ? [...given.value] : []
  const templates = entries.map(([name, each]) => {
    const { ttl } = (plain(each) ?? {}) as { ttl?: unknown }
    return [name, { ttlMs: parseDuration(String(ttl)) ?? LONGEST_LIFE_MS }] as const
  })
  const policy = SHORT_FALLBACK_POLICIES.find((each) => each === value.get('shortFallback')?.value)
  return { templates: Object.fromEntries(templates), shortFallback: policy ?? 'warn' }
}
const LONGEST_LIFE_MS = 30 * 24 * 3_600_000

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
  const routes: Record<string, ConnectionChoice[]> = {}
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
    const items: readonly Located[] = isList(list) ? list.value : []
    for (const [index, item] of items.entries()) {
      const named = connectionIn(item)
      const problem = typeof named?.value === 'string' ? routeProblem(named.value, channel, house) : undefined
      const where = isMap(item) ? `${full}[${index}].connection` : `${full}[${index}]`
      const again = items
        .slice(0, index)
        .some((each) => named !== undefined && connectionIn(each)?.value === named.value)
      const message = problem ?? (again ? `${named?.value} stands here twice` : undefined)
      if (message) findings.problems.push({ name: where, origin: (named ?? item).origin, message })
      checkCountries(item, `${full}[${index}].countries`, findings)
    }
    routes[channel] = items.map(choiceOf)
  }
  return routes
}

function connectionIn(item: Located): Located | undefined {
  return isMap(item) ? item.value.get('connection') : item
}

/** The schema has looked at their form. A code of no country would leave people out without a word. */
function checkCountries(item: Located, name: string, findings: Findings): void {
  const countries = isMap(item) ? item.value.get('countries') : undefined
  if (countries === undefined || !isList(countries)) return
  for (const [index, { value, origin }] of countries.value.entries()) {
    if (typeof value !== 'string' || !/^[A-Za-z]{2}$/.test(value) || countryOfCode(value) !== undefined) continue
    const hint = value.toUpperCase() === 'UK' ? '; the United Kingdom is GB' : ''
    const message = `${JSON.stringify(value)} is the ISO 3166 code of no country${hint}`
    findings.problems.push({ name: `${name}[${index}]`, origin, message })
  }
}

/** The schema has said what is wrong with its shape. */
function choiceOf(item: Located): ConnectionChoice {
  const { connection, weight, countries } = isMap(item)
    ? (plain(item) as Record<string, unknown>)
    : { connection: item.value }
  return {
    connection: String(connection),
    ...(typeof weight === 'number' && { weight }),
    ...(Array.isArray(countries) && { countries: countries.map((each) => String(each).toUpperCase()) }),
  }
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
