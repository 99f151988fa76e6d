import { type Fields, isObject, lookUp, textIn } from '../../json/loose-json.ts'
import { snakeKeys } from './snake-keys.ts'

/** What an action is called where its type leaves no choice, so that callers need not say it twice. */
const ACTION_NAMES: Readonly<Record<string, string>> = {
  flow: 'flow',
  cta_url: 'cta_url',
  catalog_message: 'catalog_message',
  location_request_message: 'send_location',
  call_permission_request: 'call_permission_request',
  voice_call: 'voice_call',
}

/**
 * Buttons, lists and the like: Meta's own object, in its spelling or in that of our API. Undefined without a type.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
 */
export function interactiveOf(given: unknown): Fields | undefined {
  if (!isObject(given)) return undefined
  const type = textIn(given.type)
  if (type === undefined) return undefined
  const { action, ...rest } = snakeKeys(given) as Fields
  const name = lookUp(ACTION_NAMES, type)
  const whole = { ...(name !== undefined && { name }), ...(isObject(action) ? action : {}) }
  return { ...rest, action: type === 'flow' ? flowAction(whole) : whole }
}

/** Meta asks for the version of the protocol, of which there is one, and calls what a flow begins with its payload. */
function flowAction(action: Fields): Fields {
  const { flow_action_data, ...parameters } = isObject(action.parameters) ? action.parameters : {}
  return {
    ...action,
    parameters: {
      flow_message_version: '3',
      ...(flow_action_data !== undefined && { flow_action_payload: flow_action_data }),
      ...parameters,
    },
  }
}
