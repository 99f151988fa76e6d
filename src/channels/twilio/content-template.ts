import type { Content } from '../../domain/content.ts'
import { fieldsOf, objectsIn, textIn } from '../../json/loose-json.ts'

/**
 * A template of ours as Twilio knows it. Twilio names a template in one language by its content SID, so that the SID is the
 * name here and the language says nothing more; its parameters are counted through the whole template, or go by names.
 * https://www.twilio.com/docs/content/using-variables-with-content-api
 */
export type ContentTemplate = { contentSid: string; variables: Readonly<Record<string, string>> }

const CONTENT_SID = /^HX[0-9a-fA-F]{32}$/
/** Where the value of a parameter stands, by its type in lower case. Of media that is their URL. */
const VALUES = new Map([
  ['text', 'text'],
  ['image', 'url'],
  ['gif', 'url'],
  ['video', 'url'],
  ['document', 'url'],
  ['payload', 'payload'],
  ['couponcode', 'couponCode'],
])

/** The template in a content, or in words why it is none that Twilio could send. */
export function templateOf(content: Content): ContentTemplate | string {
  const template = fieldsOf(content.template)
  const contentSid = textIn(template?.name) ?? ''
  if (!CONTENT_SID.test(contentSid)) return 'the name of the template is no content SID of Twilio’s (HX…)'
  const parameters = objectsIn(template?.components).flatMap(({ parameters }) => objectsIn(parameters))
  const variables: [string, string][] = []
  for (const [index, parameter] of parameters.entries()) {
    const value = parameter[VALUES.get(textIn(parameter.type)?.toLowerCase() ?? '') ?? '']
    // Twilio refuses a variable that is empty.
    if (typeof value !== 'string' || value.trim() === '') {
      return `parameter ${index + 1} of the template has no value that Twilio takes`
    }
    variables.push([textIn(parameter.parameterName) ?? String(index + 1), value])
  }
  return { contentSid, variables: Object.fromEntries(variables) }
}
