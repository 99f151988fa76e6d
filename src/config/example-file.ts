import type { TSchema } from 'typebox'
import { stringify } from 'yaml'
import type { ChannelDefinition } from '../channels/define-channel.ts'
import type { SourceDefinition } from '../sources/define-source.ts'
import { choicesOf, isSecret, type Rule } from './rule.ts'
import { configSchema, connectionSchema, sourceSchema } from './schema.ts'

/**
 * The example file, made from the schema. Every setting stands there behind one `#` (`#port: 3000`, `#  leaseFor: 60s`), and
 * with all of them uncovered the file is right; words stand behind `# `.
 */
export function renderExample(
  definitions: readonly ChannelDefinition[],
  platforms: readonly SourceDefinition[],
): string {
  const lines = [
    ...words('', 'Configuration of Untilread. Without a file it starts with simulated phones and SQLite.'),
    ...words('', 'Each setting is shown as an example or with its default: take the "#" away to set it.'),
    ...words('', `A text may take values from the environment: "\${NAME}". See docs/reference/configuration.md.`),
    '',
    ...renderFields('', configSchema, 'untilread', ['connections', 'sources', 'subaccounts']),
    ...words('', describe(configSchema.properties.connections)),
    '#connections:',
    ...definitions.flatMap(renderConnection),
    '',
    ...words('', describe(configSchema.properties.sources)),
    '#sources:',
    ...platforms.flatMap(renderSource),
    '',
    ...words('', describe(configSchema.properties.subaccounts)),
    ...renderSubaccounts(definitions),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function renderConnection(definition: ChannelDefinition): string[] {
  const { id, summary, serves } = definition
  return [
    ...words('  ', summary),
    `#  my-${id}:`,
    `#    provider: ${id}`,
    ...(serves === 'any' ? [`#    channels: [${OWN_CHANNELS.join(', ')}]`] : []),
    ...renderFields('    ', connectionSchema(definition), `my_${id}`, ['provider', 'channels']),
  ]
}

function renderSource(definition: SourceDefinition): string[] {
  const { id, summary } = definition
  return [
    ...words('  ', summary),
    `#  my-${id}:`,
    `#    platform: ${id}`,
    ...renderFields('    ', sourceSchema(definition), `my_${id}`, ['platform']),
  ]
}

const OWN_CHANNELS = ['WhatsApp', 'SMS']

/** A sequence and a reminder rule over channels that the connections above serve. */
function renderSubaccounts(definitions: readonly ChannelDefinition[]): string[] {
  const own = definitions.some(({ serves }) => serves === 'any') ? OWN_CHANNELS : []
  const others = definitions.flatMap(({ serves }) => (serves === 'any' ? [] : serves.slice(0, 1)))
  const [first = 'WhatsApp', last = 'SMS'] = [...new Set([...own.slice(0, 1), ...others])]
  return [
    '#subaccounts:',
    '#  default:',
    '#    sequence:',
    `#      - { channel: ${first}, fallbackAfter: 60, successStatus: Delivered }`,
    `#      - { channel: ${last} }`,
    '#    reminders:',
    '#      - id: sales',
    '#        match: { skill: sales }',
    '#        after: 1h',
    '#        steps:',
    `#          - { channel: ${first}, fallbackAfter: 2h }`,
    `#          - { channel: ${last} }`,
  ]
}

function renderFields(indent: string, group: TSchema, prefix: string, without: readonly string[] = []): string[] {
  const { properties = {}, required = [] }: Rule = group
  const fields = Object.entries(properties).filter(([name]) => !without.includes(name))
  return fields.flatMap(([name, schema]) => {
    const rule: Rule = schema
    const own = `${prefix}_${name}`
    const text = words(indent, `${describe(schema)}${sources(rule)}`)
    const gap = indent === '' ? [''] : []
    if (rule.properties !== undefined) {
      return [...text, `#${indent}${name}:`, ...renderFields(`${indent}  `, rule, own), ...gap]
    }
    const usual = rule.alternative ? undefined : exampleOf(schema, own)
    const value = usual ?? (required.includes(name) ? placeholder(rule) : undefined)
    const shown = value === undefined ? `# ${name}:` : `${name}: ${flow(value)}`
    return [...text, `#${indent}${shown}`, ...gap]
  })
}

function exampleOf(schema: TSchema, name: string): unknown {
  const rule: Rule = schema
  const [, inWords] = /such as `([^`]+)`/.exec(describe(schema)) ?? []
  const given = rule.example ?? rule.examples?.[0] ?? rule.default ?? inWords
  if (given !== undefined) return given
  if (isSecret(schema))
    return `\${${name
      .replace(/(?<=[a-z])[A-Z]/g, '_$&')
      .replace(/\W/g, '_')
      .toUpperCase()}}`
  const [choice] = choicesOf(schema) ?? []
  return choice
}

function placeholder({ type, pattern, minimum }: Rule): unknown {
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return minimum ?? 1
  return pattern?.startsWith('^https?') ? 'https://example.com/' : 'example'
}

function flow(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(flow).join(', ')}]` : stringify(value, { lineWidth: 0 }).trim()
}

function sources({ env, flag, unset }: Rule): string {
  const also = [env && `environment: ${env}`, flag && `flag: ${flag}`].filter(Boolean).join(', ')
  const without = unset === undefined ? '' : ` Without it: ${unset}.`
  return `${without}${also === '' ? '' : ` (${also})`}`
}

export function describe(schema: TSchema): string {
  return (schema as Rule).description ?? ''
}

const WIDTH = 110

/** Comment lines, wrapped. */
function words(indent: string, text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.replaceAll('`', '').split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH - indent.length) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  if (line !== '') lines.push(line)
  return lines.map((each) => (indent === '' ? `# ${each}` : `#${indent}# ${each}`))
}
