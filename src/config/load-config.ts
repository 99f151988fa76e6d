import type { ChannelDefinition } from '../channels/define-channel.ts'
import { CHANNELS } from '../channels/registry.ts'
import type { CheckTemplate } from '../domain/check-texts.ts'
import type { SourceDefinition } from '../sources/define-source.ts'
import { SOURCES } from '../sources/registry.ts'
import { checkTemplate } from '../templates/templates.ts'
import { type Findings, note, readBySchema, type Setting } from './check.ts'
import type { Config } from './config.ts'
import { readConnections } from './connections.ts'
import { fromEnvironment, type Outside } from './environment.ts'
import { readBadge, readDirectory, readEngine } from './groups.ts'
import { livePersonFromEnvironment } from './liveperson-environment.ts'
import { ConfigError, isMap, type Located, type Problem } from './located.ts'
import { readConfigFile } from './read-file.ts'
import type { Rule } from './rule.ts'
import { type ConfigValues, configSchema } from './schema.ts'
import { readSources } from './sources.ts'
import { readSubaccounts } from './subaccounts.ts'

/** Values of flags by the field's name, and `config`, the path of the file. Undefined: not given. */
export type Flags = Readonly<Record<string, string | number | boolean | undefined>>
export type Loaded = {
  config: Config
  /** Each value and where it came from, secrets masked. */
  settings: readonly Setting[]
  /** It runs, but perhaps not as it was meant. */
  warnings: readonly Problem[]
  /** The file that was read, if any. */
  file?: string
}

/** What can be configured. */
export type Known = {
  channels: readonly ChannelDefinition[]
  sources: readonly SourceDefinition[]
  checkTemplate: CheckTemplate
  /** What stands in for the file where there is none; undefined for nothing. Flags and environment are laid over it. */
  insteadOfFile(outside: Outside, problems: Problem[]): { tree: Located; warnings: readonly Problem[] } | undefined
}
const KNOWN: Known = {
  channels: CHANNELS,
  sources: SOURCES,
  checkTemplate,
  insteadOfFile: livePersonFromEnvironment,
}

const USUAL_FILE = 'untilread.yaml' // read when it is there and no other is named

/** Reads flags, environment and file, in this order of precedence; throws a `ConfigError` that tells all that is wrong. */
export function loadConfig(input: Outside & { flags?: Flags }, known: Partial<Known> = {}): Loaded {
  const { channels, sources: platforms, checkTemplate, insteadOfFile } = { ...KNOWN, ...known }
  const findings: Findings = { problems: [], settings: [], outside: input }
  const file = readFile(input.flags?.config, input, findings.problems)
  // What follows from a file that could not be read would only be noise.
  if (file === 'unreadable') throw new ConfigError(findings.problems)
  const instead = file === undefined ? insteadOfFile(input, findings.problems) : undefined
  const tree = overlay(file?.tree ?? instead?.tree, input.flags ?? {}, findings)
  const values = readBySchema(configSchema, tree, '', findings) as ConfigValues | undefined
  if (values === undefined || !isMap(tree)) throw new ConfigError(findings.problems)
  const { host, databaseUrl, publicUrl, apiKey, port, dataDir, logLevel } = values

  const given = tree.value.get('connections')
  const connections = readConnections(given, channels, findings)
  const count = sizeOf(given)
  const sandbox = values.sandbox ?? count === 0
  const house = { connections, sandbox, complete: connections.length === count }
  const sources = readSources(tree.value.get('sources'), platforms, findings)
  const areKnown = sources.length === sizeOf(tree.value.get('sources'))
  const watching = { checkTemplate, ...(areKnown && { sources }) }
  const directory = values.directory && readDirectory(values.directory)
  const config: Config = {
    port,
    host: host ?? (sandbox ? '127.0.0.1' : '0.0.0.0'),
    dataDir,
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(publicUrl !== undefined && { publicUrl: publicUrl.replace(/\/+$/, '') }),
    logLevel: logLevel as Config['logLevel'],
    sandbox,
    ...(apiKey !== undefined && { apiKey }),
    engine: readEngine(values.engine, tree.value.get('engine'), findings),
    connections,
    sources: sources.filter(({ enabled }) => enabled).map(({ enabled: _, ...source }) => source),
    ...(directory && { directory }),
    badge: readBadge(values.badge, tree.value.get('badge'), findings),
    subaccounts: readSubaccounts(tree.value.get('subaccounts'), house, watching, findings),
  }
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)

  for (const name of ['host', 'sandbox'] as const) {
    if (values[name] === undefined) note({}, config[name], { kind: 'default' }, name, findings)
  }
  const warnings = instead?.warnings ?? []
  return { config, settings: findings.settings, warnings, ...(file && { file: file.path }) }
}

function sizeOf(node: Located | undefined): number {
  return node !== undefined && isMap(node) ? node.value.size : 0
}

function readFile(
  flag: Flags[string],
  outside: Outside,
  problems: Problem[],
): { path: string; tree: Located } | undefined | 'unreadable' {
  const named = typeof flag === 'string' ? flag : outside.environment.UNTILREAD_CONFIG || undefined
  const path = named ?? USUAL_FILE
  let text: string
  try {
    text = outside.readFile(path)
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const name = flag === undefined ? 'UNTILREAD_CONFIG' : '--config'
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason'
    problems.push({
      name: named === undefined ? '(file)' : name,
      message: `the file ${path} cannot be read (${reason})`,
    })
    return 'unreadable'
  }
  const tree = readConfigFile(path, text, outside, problems)
  return tree === undefined ? 'unreadable' : { path, tree }
}

/** The file's values with those of the environment and the flags laid over them. */
function overlay(file: Located | undefined, flags: Flags, { outside, problems }: Findings): Located {
  const root: Located = file ?? { value: null, origin: { kind: 'default' } }
  const given = isMap(root) ? root.value : undefined
  if (given === undefined && root.value !== null) return root
  const fields = new Map(given)
  for (const [name, schema] of Object.entries(configSchema.properties)) {
    const { env, flag = name, properties }: Rule = schema
    // A group that may be left out, and whose fields are all commented out, is left out.
    if (properties !== undefined && '~optional' in schema && fields.get(name)?.value === null) fields.delete(name)
    const found = env === undefined ? undefined : fromEnvironment(env, outside, problems)
    if (found !== undefined) {
      fields.set(name, { value: found.text, origin: found.origin, fromText: true })
      fields.delete(`${name}File`)
    }
    const value = flags[name]
    if (value === undefined) continue
    fields.set(name, { value, origin: { kind: 'flag', name: value === false ? `--no-${name}` : flag }, fromText: true })
    fields.delete(`${name}File`)
  }
  return { ...root, value: fields }
}
