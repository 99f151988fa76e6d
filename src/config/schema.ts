import { type Static, type TObject, type TProperties, Type } from 'typebox'
import type { ChannelDefinition } from '../channels/define-channel.ts'
import { FALLBACK_AFTER_SECONDS } from '../domain/sequence.ts'
import { SHORT_FALLBACK_POLICIES } from '../domain/template-life.ts'
import type { SourceDefinition } from '../sources/define-source.ts'
import { Duration } from './duration-field.ts'
import { reminder } from './reminder-fields.ts'
import type { Rule } from './rule.ts'
import { badge, directory, SUBACCOUNT, sourceFields } from './watching.ts'

/**
 * Everything that can be configured. Types, defaults, checks, the example file and the reference page all come from here.
 * Beside JSON Schema's own words, a field may carry:
 *   env, flag     where else it can be given; these win over the file, flags over the environment
 *   expected      what would be right, for the sentence "got …, want …"
 *   secret        its value is never shown, and `<field>File` may name a file that holds it
 *   unset         what happens without it, where that is not one fixed default
 *   example       what the example file shows
 *   alternative   the example file shows its name only, as it does not go together with others
 */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** A name that goes into URLs and logs. */
const NAME = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'
const NAME_WORDS = 'a name of letters, digits, "-" and "_", at most 64'

export const step = Type.Object({
  channel: Type.String({ description: 'Name of a channel, in any case: `WhatsApp`, `SMS`, or one of your own.' }),
  fallbackAfter: Type.Optional(
    Type.Integer({
      minimum: FALLBACK_AFTER_SECONDS.min,
      maximum: FALLBACK_AFTER_SECONDS.max,
      unset: 'only a refusal or a failure falls back',
      description: 'Seconds after which the next step is tried.',
    }),
  ),
  successStatus: Type.Optional(
    Type.Enum(['Accepted', 'Sent', 'Delivered', 'Read'], {
      unset: '`Delivered` where the channel reports it, else the highest below',
      description: 'What counts as success here.',
    }),
  ),
  onUncertain: Type.Optional(
    Type.Enum(['wait', 'resend'], {
      unset: '`wait`: for a receipt, or the end of the step',
      description: 'What to do when it is not known whether a send went out.',
    }),
  ),
  revokeOnFallback: Type.Optional(
    Type.Boolean({
      unset: 'what was sent stays sent',
      description: 'Before the next step, have the provider take back what has not arrived; for channels that can.',
    }),
  ),
})

const choice = Type.Union(
  [
    Type.String(),
    Type.Object({
      connection: Type.String({ description: 'Name of a connection.' }),
      weight: Type.Optional(Type.Number({ minimum: 0, maximum: 1000 })),
      countries: Type.Optional(
        Type.Array(Type.String({ pattern: '^[A-Za-z]{2}$', expected: 'an ISO 3166 code such as SG' }), {
          minItems: 1,
          expected: 'a list of countries such as [SG, MY]',
        }),
      ),
    }),
  ],
  { expected: 'the name of a connection, or a group such as { connection: main, weight: 2, countries: [SG] }' },
)

export const subaccount = Type.Object({
  sequence: Type.Optional(
    // The domain checks sequences, with all that depends on the channels at hand; a second check here could only disagree.
    Type.Array(step, {
      checkedElsewhere: true,
      expected: 'a list of steps',
      unset: 'the one set through the API, if any',
      description: 'The default sequence: for messages that name no `channels` of their own.',
    }),
  ),
  channels: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Array(choice, { minItems: 1, expected: 'a list of connection names, such as [main, backup]' }),
      {
        keys: 'a channel name such as WhatsApp or SMS',
        unset: 'all that serve it, in the order of the file',
        description:
          'The connections that carry a channel here, in the order in which they are tried: the next one while the one ' +
          'before is down or turns a message away. Each is a name, or a group with `connection` and, if wanted, `weight` ' +
          '(messages are shared out by it, and the order is each message’s own; 0 is a reserve) and `countries` (ISO ' +
          '3166 codes; nobody else goes this way).',
      },
    ),
  ),
  templates: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        ttl: Duration({
          default: '30d',
          from: '30s',
          to: '30d',
          description: 'How long WhatsApp tries to deliver it: its message_send_ttl_seconds.',
        }),
      }),
      {
        keys: 'the name of a WhatsApp template',
        unset: 'what the message says, if anything',
        description: 'Templates whose time to live is known, so that a step is not left before they are dead.',
      },
    ),
  ),
  shortFallback: Type.Optional(
    Type.Enum([...SHORT_FALLBACK_POLICIES], {
      default: 'warn',
      description:
        'What is done about a WhatsApp step whose `fallbackAfter` is not longer than its template lives, so that the ' +
        'person may get both: a warning in the answer, a refusal, or a longer wait.',
    }),
  ),
  reminders: Type.Optional(
    // Checked by the domain, like a rule that comes through the API.
    Type.Array(reminder, {
      checkedElsewhere: true,
      expected: 'a list of rules',
      unset: 'only those made through the API',
      description: 'Who is reminded of what they have not read, when and how. The first rule that matches is the one.',
    }),
  ),
})

const engine = Type.Object(
  {
    leaseFor: Duration({
      default: '60s',
      from: '5s',
      to: '1h',
      description: 'How long a node may hold a message before another takes it up. Longer than `callTimeout`.',
    }),
    callTimeout: Duration({
      default: '30s',
      from: '1s',
      to: '10m',
      description: 'How long a call to a provider may take before its outcome counts as uncertain.',
    }),
    retryFor: Duration({
      default: '1h',
      from: '0s',
      to: '7d',
      description: 'How long a step is tried again while its provider is away, where no timer ends it before.',
    }),
    receiptHorizon: Duration({
      default: '10d',
      from: '1h',
      to: '90d',
      description: 'How long the last word on a last step is waited for; after that its message ends as unknown.',
    }),
  },
  { description: 'Patience of the engine. The defaults are right for nearly everybody.' },
)

/** What every connection has, beside its provider's own fields. */
export const connectionFields = {
  provider: Type.String({ description: 'What it speaks with.' }),
  channels: Type.Optional(
    Type.Array(Type.String({ pattern: '^\\S(.{0,38}\\S)?$', expected: 'a channel name of at most 40 characters' }), {
      minItems: 1,
      expected: 'a list of channel names such as [SMS]',
      unset: 'all that its provider serves',
      description: 'The channels that it serves.',
    }),
  ),
  concurrency: Type.Integer({ minimum: 1, maximum: 1000, default: 16, description: 'Most calls at one time.' }),
  perSecond: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 100_000,
      unset: 'no limit',
      example: 20,
      description: 'Most calls in a second.',
    }),
  ),
  receiptsWithin: Duration({
    default: '10m',
    from: '0s',
    to: '7d',
    description:
      'When nothing has been heard for so long of 20 messages that it took, it counts as down: another connection is ' +
      'used while there is one. `0s`: that is not looked at.',
  }),
} satisfies TProperties

const root = {
  port: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3000,
    env: 'PORT',
    flag: '--port',
    description: 'Where it listens; 0 for any free port.',
  }),
  host: Type.Optional(
    Type.String({
      minLength: 1,
      env: 'HOST',
      flag: '--host',
      unset: '`127.0.0.1` while the simulated phones are on, else `0.0.0.0`',
      example: '0.0.0.0',
      description:
        'The address it listens on. The simulated phones have no lock, so with them only this machine is let in; in a ' +
        'container, where nothing else could reach it, say `0.0.0.0`.',
    }),
  ),
  publicUrl: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]+$',
      expected: 'a URL such as https://messages.example.com',
      env: 'UNTILREAD_PUBLIC_URL',
      flag: '--public-url',
      unset: '`http://localhost:` and the port',
      example: 'https://messages.example.com',
      description: 'Where providers and people reach it. Providers send their receipts there.',
    }),
  ),
  dataDir: Type.String({
    minLength: 1,
    default: './data',
    env: 'UNTILREAD_DATA_DIR',
    flag: '--data-dir',
    description: 'The folder for what it keeps on disk, the SQLite database among it.',
  }),
  databaseUrl: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://.+',
      expected: 'a URL such as postgres://user:password@host:5432/untilread',
      secret: true,
      env: 'DATABASE_URL',
      unset: 'SQLite in `dataDir`',
      example: `\${DATABASE_URL}`,
      description: 'A PostgreSQL database.',
    }),
  ),
  logLevel: Type.Enum([...LOG_LEVELS], {
    default: 'info',
    env: 'UNTILREAD_LOG_LEVEL',
    flag: '--log-level',
    description: 'The least important lines that are still logged.',
  }),
  sandbox: Type.Optional(
    Type.Boolean({
      env: 'UNTILREAD_SANDBOX',
      flag: '--sandbox',
      unset: 'on while there are no connections',
      example: false,
      description: 'Simulated phones for every channel name.',
    }),
  ),
  apiKey: Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{8,200}$',
      expected: 'at least 8 printable characters without spaces',
      secret: true,
      env: 'UNTILREAD_API_KEY',
      unset: 'a key is made at the first start',
      example: `\${UNTILREAD_API_KEY}`,
      description: 'The first API key of the subaccount `default`.',
    }),
  ),
  engine,
  badge,
  directory: Type.Optional(directory),
} satisfies TProperties

/** The whole file; connections and sources are checked field by field against the definitions that they name. */
export const configSchema = Type.Object({
  ...root,
  connections: Type.Record(Type.String({ pattern: NAME }), Type.Unknown({ checkedElsewhere: true }), {
    default: {},
    keys: NAME_WORDS,
    description: 'Providers with credentials, each under a name of your choice.',
  }),
  sources: Type.Record(Type.String({ pattern: NAME }), Type.Unknown({ checkedElsewhere: true }), {
    default: {},
    keys: NAME_WORDS,
    description: 'Chat platforms that are watched for what people have not read, each under a name of your choice.',
  }),
  subaccounts: Type.Record(Type.String({ pattern: SUBACCOUNT }), subaccount, {
    default: {},
    keys: '3 to 50 letters, digits or - . _ &',
    description: 'What is particular to a subaccount. A subaccount exists as soon as it has a key.',
  }),
})
export type ConfigValues = Static<typeof configSchema>

/** All fields of a connection of this provider. */
export function connectionSchema(definition: ChannelDefinition): TObject {
  const own = (definition.config as Rule).properties ?? {}
  return Type.Object({ ...connectionFields, ...own }) as TObject
}

/** All fields of a source of this platform. */
export function sourceSchema(definition: SourceDefinition): TObject {
  const own = (definition.config as Rule).properties ?? {}
  return Type.Object({ ...sourceFields, ...own }) as TObject
}
