import { isObject } from '../../json/loose-json.ts'

/** What is in these has the names that the operator gave it, in a flow of the operator's own. */
const OWN_NAMES = ['data', 'flowActionData', 'flow_action_data']

/** An object with Meta's spelling of names: callers of our API may write `flowId` for `flow_id`. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [snake(name), OWN_NAMES.includes(name) ? each : snakeKeys(each)]),
  )
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
