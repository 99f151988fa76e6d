import { Type } from 'typebox'
import { checkRule, type WatchedSource } from '../domain/check-rule.ts'
import { covers, type ReminderRule } from '../domain/reminder-rule.ts'
import { checkTemplate } from '../templates/templates.ts'
import { nearest } from '../words/nearest.ts'
import { DryRunAnswer, DryRunBody, showDryRun } from './dry-run.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { readSourceEvent } from './read-source-event.ts'
import { OrderBody, RuleAnswer, RuleBody, RuleParams, RulesAnswer, showRule } from './rule-shape.ts'
import { answers, ErrorShape, SubAccountParams } from './schemas.ts'

const MOST_RULES = 200 // each message of a chat asks them one after another
const OWN_CHAT = 'events'

/** Reminder rules of a subaccount: those of the configuration, which stand first and are only shown, and those made here. */
export function reminderRoutes(app: Api, options: ApiOptions): void {
  const { engine, rules, watch, clock, configuredRules = () => [], sourcesOf = () => undefined } = options
  const { 200: _, ...errors } = answers(ErrorShape, 404, 409)
  const common = { tags: ['Settings'], security: [{ apiKey: [] }] }

  const list = async (subAccountId: string) => {
    const all = [
      ...configuredRules(subAccountId).map((rule) => ({ rule, origin: 'configuration' as const })),
      ...(await rules.list(subAccountId)).map((rule) => ({ rule, origin: 'api' as const })),
    ]
    const isConnected = (channel: string) => engine.ability(channel, subAccountId)?.connected === true
    return all.map(({ rule, origin }, index) => {
      const before = all.slice(0, index).map((each) => each.rule)
      return showRule(rule, origin, warningsFor(rule, before, isConnected, sourcesOf(subAccountId)))
    })
  }
  const find = async (subAccountId: string, ruleId: string) => {
    const found = (await list(subAccountId)).find(({ id }) => id === ruleId)
    if (found === undefined) throw new ApiError(1300, 'ruleId', 'no such rule in this subaccount')
    return found
  }
  const isConfigured = (subAccountId: string, ruleId: string) =>
    configuredRules(subAccountId).some(({ id }) => id === ruleId)
  const refuseConfigured = (ruleId: string) => {
    throw new ApiError(409, 'ruleId', `the rule ${ruleId} is set in the configuration file; change it there`)
  }

  app.get(
    '/subaccounts/:subAccountId/reminders',
    {
      schema: {
        ...common,
        summary: 'Reminder rules',
        description: 'In the order in which they are asked: the first that matches an unread message is the one.',
        params: SubAccountParams,
        response: answers(RulesAnswer),
      },
    },
    async ({ params }) => ({ reminders: await list(params.subAccountId) }),
  )

  app.get(
    '/subaccounts/:subAccountId/reminders/:ruleId',
    {
      schema: { ...common, summary: 'Reminder rule', params: RuleParams, response: answers(RuleAnswer, 404) },
    },
    ({ params: { subAccountId, ruleId } }) => find(subAccountId, ruleId),
  )

  app.put(
    '/subaccounts/:subAccountId/reminders/:ruleId',
    {
      validatorCompiler: () => () => true, // the domain judges it
      schema: {
        ...common,
        summary: 'Set a reminder rule',
        description:
          'Creates it behind all others (201), or replaces the one of that name in its place (200). Reminders that are under ' +
          'way keep the rule that they began with.',
        params: RuleParams,
        body: RuleBody,
        response: { 201: RuleAnswer, ...answers(RuleAnswer, 400, 409) },
      },
    },
    async ({ params: { subAccountId, ruleId }, body }, reply) => {
      if (isConfigured(subAccountId, ruleId)) refuseConfigured(ruleId)
      const rule = readRule(body, ruleId, {
        ability: (name) => engine.ability(name, subAccountId),
        checkTemplate,
        nearest,
        sources: sourcesOf(subAccountId),
      })
      const stored = await rules.list(subAccountId)
      if (stored.length >= MOST_RULES && !stored.some(({ id }) => id === ruleId)) {
        throw new ApiError(1000, '', `a subaccount may have ${MOST_RULES} rules; delete one first`)
      }
      const done = await rules.put(subAccountId, rule)
      reply.code(done === 'created' ? 201 : 200)
      return find(subAccountId, ruleId)
    },
  )

  app.delete(
    '/subaccounts/:subAccountId/reminders/:ruleId',
    {
      schema: {
        ...common,
        summary: 'Remove a reminder rule',
        description: 'Reminders that are under way are not called off.',
        params: RuleParams,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async ({ params: { subAccountId, ruleId } }, reply) => {
      const wasThere = await rules.delete(subAccountId, ruleId)
      if (!wasThere && isConfigured(subAccountId, ruleId)) refuseConfigured(ruleId)
      if (!wasThere) throw new ApiError(1300, 'ruleId', 'no such rule in this subaccount')
      return reply.code(204).send(null)
    },
  )

  app.put(
    '/subaccounts/:subAccountId/reminders',
    {
      schema: {
        ...common,
        summary: 'Order of the reminder rules',
        description: 'Rules of the configuration always come first, in the order of the file.',
        params: SubAccountParams,
        body: OrderBody,
        response: answers(RulesAnswer, 400, 409),
      },
    },
    async ({ params: { subAccountId }, body: { order } }) => {
      const stored = (await rules.list(subAccountId)).map(({ id }) => id)
      checkOrder(order, stored, (id) => isConfigured(subAccountId, id))
      if (!(await rules.reorder(subAccountId, order))) {
        throw new ApiError(409, 'order', 'the rules have changed in this moment; read them again')
      }
      return { reminders: await list(subAccountId) }
    },
  )

  app.post(
    '/subaccounts/:subAccountId/reminders/dry-run',
    {
      schema: {
        ...common,
        summary: 'What would an event lead to?',
        description:
          'What would happen, to whom and when, if this event came now. Nothing is changed, and nobody is told.',
        params: SubAccountParams,
        body: DryRunBody,
        response: answers(DryRunAnswer, 400),
      },
    },
    async ({ params: { subAccountId }, body: { source = OWN_CHAT, event } }) => {
      const sources = sourcesOf(subAccountId)
      if (sources !== undefined && !sources.some(({ name }) => name === source)) {
        const names = sources.map(({ name }) => name).join(', ')
        throw new ApiError(1000, 'source', `is not a source of this subaccount; there are ${names}`)
      }
      return showDryRun(await watch.dryRun(subAccountId, source, readSourceEvent(event, clock.now(), 'event')))
    },
  )
}

function readRule(body: unknown, ruleId: string, world: Parameters<typeof checkRule>[1]): ReminderRule {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  const given = isObject ? (body as { id?: unknown }).id : undefined
  if (given !== undefined && given !== ruleId) {
    throw new ApiError(1000, 'id', `must be the one of the path, ${JSON.stringify(ruleId.slice(0, 64))}, or left out`)
  }
  // What we show beside the rule may come back with it.
  const { origin: _, warnings: __, ...written } = (isObject ? body : {}) as Record<string, unknown>
  const checked = checkRule(isObject ? { ...written, id: ruleId } : body, world)
  if (checked.ok) return checked.rule
  const [first, ...others] = checked.problems
  const more = others.map(({ path, message }) => `; ${path}: ${message}`).join('')
  throw new ApiError(1000, first?.path === '' ? 'body' : (first?.path ?? ''), `${first?.message}${more}`)
}

function checkOrder(order: readonly string[], stored: readonly string[], isConfigured: (id: string) => boolean): void {
  for (const [index, id] of order.entries()) {
    const path = `order[${index}]`
    if (order.indexOf(id) < index) throw new ApiError(1000, path, `names ${JSON.stringify(id)} a second time`)
    if (stored.includes(id)) continue
    const message = isConfigured(id)
      ? `the rule ${id} is set in the configuration file, and those come first in the order of the file`
      : `${JSON.stringify(id.slice(0, 64))} is no rule of this subaccount`
    throw new ApiError(1000, path, message)
  }
  const missing = stored.filter((id) => !order.includes(id))
  if (missing.length > 0) throw new ApiError(1000, 'order', `must name each rule; missing: ${missing.join(', ')}`)
}

/** What has come between a rule and what it says, since it was made or by its place. */
function warningsFor(
  rule: ReminderRule,
  before: readonly ReminderRule[],
  isConnected: (channel: string) => boolean,
  sources: readonly WatchedSource[] | undefined,
): string[] {
  const warnings: string[] = []
  const same = before.some(({ id }) => id === rule.id)
  const wider = before.find((earlier) => covers(earlier, rule))
  if (same) warnings.push('It is never asked: a rule of the configuration has the same id.')
  else if (wider) warnings.push(`It never applies: the rule "${wider.id}" before it takes all that this one is for.`)
  for (const [index, { channel }] of rule.steps.entries()) {
    if (!isConnected(channel)) warnings.push(`Step ${index + 1} is skipped: ${channel} has no connection any more.`)
  }
  const gone = rule.match.source?.filter((name) => !(sources?.some((source) => source.name === name) ?? true)) ?? []
  for (const name of gone) warnings.push(`There is no source ${JSON.stringify(name)} any more.`)
  return warnings
}
