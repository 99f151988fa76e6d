import type { TSchema } from 'typebox'
import type { ChannelDefinition } from '../channels/define-channel.ts'
import type { SourceDefinition } from '../sources/define-source.ts'
import { describe } from './example-file.ts'
import { reminder, reminderStep } from './reminder-fields.ts'
import { choicesOf, expectation, isSecret, type Rule } from './rule.ts'
import { configSchema, connectionFields, connectionSchema, sourceSchema, step, subaccount } from './schema.ts'
import { sourceFields } from './watching.ts'

/** The reference page of the configuration, made from the schema. */
export function renderReference(
  definitions: readonly ChannelDefinition[],
  platforms: readonly SourceDefinition[],
): string {
  const { engine, badge, directory, connections, sources, subaccounts, ...plainFields } = configSchema.properties
  const parts = [
    ABOVE,
    '## Settings',
    table(plainFields),
    '## engine',
    describe(engine),
    table(engine.properties),
    '## connections',
    `${describe(connections)} Every connection has:`,
    table(connectionFields),
    ...definitions.flatMap(connectionParts),
    '## sources',
    `${describe(sources)} The name \`events\` is taken: by it your own chat speaks through the API. Every source has:`,
    table(sourceFields),
    ...platforms.flatMap(sourceParts),
    '## directory',
    describe(directory),
    table(directory.properties),
    '## badge',
    describe(badge),
    table(badge.properties),
    '## subaccounts',
    describe(subaccounts),
    table(subaccount.properties),
    'A step of a `sequence` has:',
    table(step.properties),
    REMINDERS,
    table(reminder.properties),
    'A step of a rule has:',
    table(reminderStep.properties),
    BELOW,
  ]
  return `${parts.join('\n\n')}\n`
}

function connectionParts(definition: ChannelDefinition): string[] {
  const { id, summary, serves } = definition
  const common = Object.keys(connectionFields)
  const own = Object.entries(connectionSchema(definition).properties).filter(([name]) => !common.includes(name))
  const channels = serves === 'any' ? 'any channel, so `channels` has to name them' : serves.join(', ')
  return [`### ${id}`, `${summary} Serves ${channels}.`, table(Object.fromEntries(own))]
}

function sourceParts(definition: SourceDefinition): string[] {
  const { id, summary, waitSeconds } = definition
  const common = Object.keys(sourceFields)
  const own = Object.entries(sourceSchema(definition).properties).filter(([name]) => !common.includes(name))
  const waits = `Where no rule says so, a message may stay unread for ${waitSeconds} seconds.`
  return [`### ${id}`, `${summary} ${waits}`, table(Object.fromEntries(own))]
}

function table(fields: Record<string, TSchema>): string {
  const rows = Object.entries(fields).flatMap(([name, schema]) => rowsOf(name, schema))
  return ['| Setting | Value | Without it | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function rowsOf(name: string, schema: TSchema): string[] {
  const rule: Rule = schema
  const { env, flag } = rule
  const also = [env && `Environment: \`${env}\`.`, flag && `Flag: \`${flag}\`.`].filter(Boolean).join(' ')
  const meaning = [describe(schema), also].filter((part) => part !== '').join(' ')
  const row = `| \`${name}\` | ${cell(valueText(schema))} | ${cell(withoutText(schema))} | ${cell(meaning)} |`
  const inner = Object.entries(rule.properties ?? {}).flatMap(([key, each]) => rowsOf(`${name}.${key}`, each))
  return [row, ...inner]
}

function valueText(schema: TSchema): string {
  const rule: Rule = schema
  const choices = choicesOf(schema)?.map((each) => `\`${each}\``)
  if (choices !== undefined) return choices.join(', ')
  if (rule.patternProperties !== undefined) return `a group: ${rule.keys ?? 'a name'} to each`
  const items = rule.items !== undefined && !rule.expected ? `a list of: ${valueText(rule.items)}` : undefined
  return items ?? expectation(schema) + (isSecret(schema) ? ' (secret)' : '')
}

function withoutText(schema: TSchema): string {
  const rule: Rule = schema
  if (rule.unset !== undefined) return rule.unset
  if (rule.default === undefined) return isOptional(schema) || rule.properties !== undefined ? '' : '**required**'
  return Array.isArray(rule.default) ? rule.default.map((each) => `\`${each}\``).join(', ') : `\`${rule.default}\``
}

function isOptional(schema: TSchema): boolean {
  return '~optional' in schema
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

const REMINDERS = `### reminders

A rule of \`reminders\` is written like this; [the guide](../guides/reminders.md) explains it. A rule that could never apply, because one
above it takes all that it is for, is a mistake.`

const ABOVE = `# Configuration

<!-- Made by "node src/config/generate.ts" from src/config/schema.ts. -->

Untilread starts without any configuration: SQLite in \`./data\`, and simulated phones for every channel. What is different for
you goes into a YAML file, the environment, or flags. A flag wins over the environment, the environment over the file, the
file over the default. \`untilread config check\` prints each value that is in force and where it came from.

The file is the one that \`--config\` or \`UNTILREAD_CONFIG\` names, else \`untilread.yaml\` in the folder where the service is
started, if it is there. [examples/untilread.yaml](../../examples/untilread.yaml) has everything in it. Relative paths start at
that same folder.

- **From the environment into the file.** \`\${NAME}\` inside a text is replaced by the environment variable; if there is none, that is a
  problem and nothing starts. \`$\${\` stands for a plain \`\${\`.
- **Secrets from files.** For each environment variable \`NAME\` there is \`NAME_FILE\`, the path of a file that holds the value; and for each
  secret field \`password\` of the file there is \`passwordFile\`. A line break at the end is dropped. An empty variable counts as not set.
- **Durations** are a number and a unit: \`500ms\`, \`10s\`, \`5m\`, \`2h\`, \`10d\`.
- **Mistakes** are all told at once, each with its place, its name, what was found and what would be right; a name that is not a setting
  is a mistake too. A secret is never repeated.`

const BELOW = `## Behind a proxy, in a container

Inside a container set \`HOST=0.0.0.0\` (or \`::\`) if the simulated phones are on; without them that is the default. Set \`publicUrl\` to the
address of the proxy, since providers send their receipts there.`
