import type { Fields } from '../../json/loose-json.ts'
import { isObject, lookUp, objectsIn, textIn } from '../../json/loose-json.ts'
import { linkTo, placeOf } from './media.ts'
import { snakeKeys } from './snake-keys.ts'

/**
 * A template as a caller writes it (`subType: QuickReply`, `url` for media) in Meta's words (`sub_type: quick_reply`,
 * `image.link`). Undefined where it names no template. Meta finds out whether the parameters fit.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages
 */
export function templateOf(given: unknown): Fields | undefined {
  if (!isObject(given)) return undefined
  const [name, language] = [textIn(given.name), textIn(given.language)]
  if (name === undefined || language === undefined) return undefined
  const components = componentsOf(given.components)
  return {
    name,
    // Meta writes en_US where others write en-US. The description of its API asks for the policy, its servers do not.
    language: { policy: 'deterministic', code: language.replaceAll('-', '_') },
    ...(components.length > 0 && { components }),
  }
}

function componentsOf(given: unknown): Fields[] {
  let buttons = 0
  return objectsIn(given).flatMap((component) => {
    const type = textIn(component.type)?.toLowerCase()
    // A button is named by its place among the buttons: without an index, that in which it stands.
    const place = type === 'button' ? buttons++ : undefined
    const fitted = type === undefined ? undefined : componentOf(type, component, place)
    return fitted === undefined ? [] : [fitted]
  })
}

/** Undefined for a part in which nothing is to be filled in: Meta has it from the approved template. */
function componentOf(type: string, component: Fields, place: number | undefined): Fields | undefined {
  const parameters = objectsIn(component.parameters).map(parameterOf)
  const cards = objectsIn(component.cards).map(cardOf)
  if (parameters.length === 0 && cards.length === 0) return undefined
  const subType = textIn(component.subType ?? component.sub_type)
  return {
    type,
    ...(subType !== undefined && { sub_type: subTypeOf(subType) }),
    ...(place !== undefined && { index: String(component.index ?? place) }),
    ...(parameters.length > 0 && { parameters }),
    ...(cards.length > 0 && { cards }),
  }
}

function cardOf(card: Fields, place: number): Fields {
  return { card_index: card.cardIndex ?? card.card_index ?? place, components: componentsOf(card.components) }
}

const SUB_TYPES: Readonly<Record<string, string>> = {
  quickreply: 'quick_reply',
  url: 'url',
  copycode: 'copy_code',
  flow: 'flow',
  voicecall: 'voice_call',
}

function subTypeOf(given: string): string {
  const word = bare(given)
  return lookUp(SUB_TYPES, word) ?? given
}

function parameterOf(parameter: Fields): Fields {
  const type = bare(String(parameter.type))
  switch (type) {
    case 'text': {
      const name = textIn(parameter.name ?? parameter.parameter_name)
      return { type, ...(name !== undefined && { parameter_name: name }), text: parameter.text }
    }
    case 'image':
    case 'gif':
    case 'video':
    case 'document':
      return { type, [type]: linkTo(type, parameter.url) }
    case 'location':
      return { type, location: placeOf(parameter.location) ?? {} }
    case 'couponcode':
      return { type: 'coupon_code', coupon_code: parameter.couponCode ?? parameter.text }
    case 'action':
      return { type, action: snakeKeys(parameter.action ?? {}) }
    case 'ttlminutes':
      return { type: 'ttl_minutes', ttl_minutes: parameter.ttlMinutes }
    case 'payload':
      return { type, payload: parameter.payload }
    default:
      return parameter
  }
}

/** Callers write `QuickReply`, `quickReply` and `quick_reply`. */
function bare(word: string): string {
  return word.replaceAll('_', '').toLowerCase()
}
