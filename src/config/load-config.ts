import type { ChannelDefinition } from '../channels/define-channel.ts'
import { CHANNELS } from '../channels/registry.ts'
import { type Findings, note, readBySchema, type Setting } from './check.ts'
import type { Config } from './config.ts'
import { readConnections } from './connections.ts'
import { parseDuration } from './durations.ts'
import { fromEnvironment, type Outside } from './environment.ts'
import { ConfigError, isMap, type Located, type Problem } from './located.ts'
import { readConfigFile } from './read-file.ts'
import type { Rule } from './rule.ts'
import { type ConfigValues, configSchema } from './schema.ts'
import { readSubaccounts } from './subaccounts.ts'

/** Values of flags by the field's name, and `config`, the path of the file. Undefined: not given. */
export type Flags = Readonly<Record<string, string | number | boolean | undefined>>
export type Loaded = {
  config: Config
  /** Each value and where it came from, secrets masked. */
  settings: readonly Setting[]
  /** The file that was read, if any. */
  file?: string
}

const USUAL_FILE = 'untilread.yaml' // read when it is there and no other is named

/** Reads flags, environment and file, in this order of precedence; throws a `ConfigError` that tells all that is wrong. */
export function loadConfig(
  input: Outside & { flags?: Flags },
  definitions: readonly ChannelDefinition[] = CHANNELS,
): Loaded {
  const findings: Findings = { problems: [], settings: [], outside: input }
  const file = readFile(input.flags?.config, input, findings.problems)
  // What follows from a file that could not be read would only be noise.
  if (file === 'unreadable') throw new ConfigError(findings.problems)
  const tree = overlay(file?.tree, input.flags ?? {}, findings)
  const values = readBySchema(configSchema, tree, '', findings) as ConfigValues | undefined
  if (values === undefined || !isMap(tree)) throw new ConfigError(findings.problems)
  const { host, databaseUrl, publicUrl, apiKey, port, dataDir, logLevel } = values

  const given = tree.value.get('connections')
  const connections = readConnections(given, definitions, findings)
  const count = given !== undefined && isMap(given) ? given.value.size : 0
  const sandbox = values.sandbox ?? count === 0
  const house = { connections, sandbox, complete: connections.length === count }
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
    subaccounts: readSubaccounts(tree.value.get('subaccounts'), house, findings),
  }
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)

  for (const name of ['host', 'sandbox'] as const) {
    if (values[name] === undefined) note({}, config[name], { kind: 'default' }, name, findings)
  }
  return { config, settings: findings.settings, ...(file && { file: file.path }) }
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
    const { env, flag = name }: Rule = schema
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

function readEngine(engine: ConfigValues['engine'], node: Located | undefined, findings: Findings): Config['engine'] {
  // A value that was refused is missing here; its problem has been noted.
  const ms = (duration: string | undefined) => parseDuration(duration ?? '') ?? Number.NaN
  const leaseForMs = ms(engine?.leaseFor)
  const callTimeoutMs = ms(engine?.callTimeout)
  if (leaseForMs <= callTimeoutMs) {
    const field =
      node !== undefined && isMap(node) ? (node.value.get('leaseFor') ?? node.value.get('callTimeout')) : node
    findings.problems.push({
      name: 'engine.leaseFor',
      ...(field && { origin: field.origin }),
      message: `got "${engine.leaseFor}", want more than callTimeout ("${engine.callTimeout}"), or a slow call would be made twice`,
    })
  }
  return { leaseForMs, callTimeoutMs, retryForMs: ms(engine?.retryFor), receiptHorizonMs: ms(engine?.receiptHorizon) }
}
