import { checkRule, type RuleWorld } from '../domain/check-rule.ts'
import { covers, type ReminderRule } from '../domain/reminder-rule.ts'
import { type Findings, join, note } from './check.ts'
import { follow, isList, type Located, plain } from './located.ts'

/** Reads the reminder rules of a subaccount; each problem stands at its place. Those with problems are left out. */
export function readReminders(
  node: Located | undefined,
  name: string,
  world: RuleWorld,
  findings: Findings,
): ReminderRule[] {
  if (node === undefined || node.faulty || node.value === null) return []
  if (!isList(node)) {
    findings.problems.push({ name, origin: node.origin, message: 'must be a list of rules' })
    return []
  }
  const rules: ReminderRule[] = []
  for (const [index, each] of node.value.entries()) {
    const place = `${name}[${index}]`
    const rule = readRule(each, place, world, findings)
    if (rule === undefined) continue
    const problem = problemAmong(rules, rule)
    if (problem !== undefined) {
      const { field, message } = problem
      findings.problems.push({ name: join(place, field), origin: follow(each, field).origin, message })
    }
    rules.push(rule)
    note({}, rule.id, each.origin, place, findings) // the wording is for people, and long
  }
  return rules
}

function readRule(node: Located, name: string, world: RuleWorld, findings: Findings): ReminderRule | undefined {
  if (node.faulty) return undefined
  const checked = checkRule(plain(node), world)
  if (checked.ok) return checked.rule
  for (const { path, message, unknownField } of checked.problems) {
    const { value, origin, keyOrigin, faulty, hidden } = follow(node, path)
    if (faulty) continue // what it needs could not be had; that has been told
    findings.problems.push({
      name: path === '' ? name : join(name, path),
      origin: unknownField ? (keyOrigin ?? origin) : origin,
      message: hidden ? message.replaceAll(JSON.stringify(value).slice(0, 60), '(not shown)') : message,
    })
  }
  return undefined
}

/** What is wrong with a rule that stands behind these. */
function problemAmong(
  before: readonly ReminderRule[],
  rule: ReminderRule,
): { field: 'id' | 'match'; message: string } | undefined {
  if (before.some(({ id }) => id === rule.id)) return { field: 'id', message: `"${rule.id}" stands here twice` }
  const other = before.find((earlier) => covers(earlier, rule))
  if (other === undefined) return undefined
  const message = `never applies: the rule "${other.id}" above takes all that this one is for; put this one above it`
  return { field: 'match', message }
}
