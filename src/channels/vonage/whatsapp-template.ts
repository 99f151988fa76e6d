import type { Content } from '../../domain/content.ts'
import { type Fields, fieldsOf, objectsIn, textIn } from '../../json/loose-json.ts'

/**
 * A template on WhatsApp. Vonage's own form knows texts for the body and nothing else; a template with a picture, buttons or
 * named parameters goes as `custom`, which Vonage hands on to Meta as it is.
 * https://developer.vonage.com/en/messages/concepts/custom-objects
 */
export function whatsAppTemplate(content: Content): Fields | undefined {
  const template = fieldsOf(content.template)
  const name = textIn(template?.name)
  const locale = textIn(template?.language)
  if (name === undefined || locale === undefined) return undefined
  const components = objectsIn(template?.components)
  const texts = bodyTexts(components)
  if (texts !== undefined) {
    return {
      message_type: 'template',
      template: { name, ...(texts.length > 0 && { parameters: texts }) },
      whatsapp: { policy: 'deterministic', locale },
    }
  }
  const language = { policy: 'deterministic', code: locale }
  const custom = { type: 'template', template: { name, language, components: components.map(componentOf) } }
  return { message_type: 'custom', custom }
}

/** The texts of the body, where a template has no other parameters. */
function bodyTexts(components: readonly Fields[]): string[] | undefined {
  const withParameters = components.filter(({ parameters }) => objectsIn(parameters).length > 0)
  const parameters = withParameters.flatMap((component) => objectsIn(component.parameters))
  const isPlain =
    withParameters.every(({ type }) => lower(type) === 'body') &&
    parameters.every(({ type, parameterName }) => lower(type) === 'text' && parameterName === undefined)
  return isPlain ? parameters.map(({ text }) => String(text)) : undefined
}

function componentOf({ type, subType, index, parameters }: Fields): Fields {
  const given = objectsIn(parameters).map(parameterOf)
  return {
    type: lower(type),
    ...(subType !== undefined && { sub_type: SUB_TYPES.get(lower(subType)) ?? lower(subType) }),
    ...(index !== undefined && { index: String(index) }),
    ...(given.length > 0 && { parameters: given }),
  }
}

const SUB_TYPES = new Map([
  ['quickreply', 'quick_reply'],
  ['copycode', 'copy_code'],
  ['voicecall', 'voice_call'],
])

function parameterOf(parameter: Fields): Fields {
  const type = lower(parameter.type)
  switch (type) {
    case 'image':
    case 'gif':
    case 'video':
    case 'document':
      return { type, [type]: { link: parameter.url } }
    case 'couponcode':
      return { type: 'coupon_code', coupon_code: parameter.couponCode }
    case 'ttlminutes':
      return { type: 'ttl_minutes', ttl_minutes: parameter.ttlMinutes }
    case 'text': {
      const name = textIn(parameter.parameterName)
      return { type, ...(name !== undefined && { parameter_name: name }), text: parameter.text }
    }
    default:
      // `payload`, `location` and `action` are called the same by Meta.
      return { type, [type]: parameter[type] }
  }
}

function lower(value: unknown): string {
  return textIn(value)?.toLowerCase() ?? ''
}
