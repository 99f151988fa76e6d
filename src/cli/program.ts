import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from '../config/config.ts'
import { type Flags, type Loaded, loadConfig } from '../config/load-config.ts'
import { LOG_LEVELS } from '../config/schema.ts'
import type { AccountStore } from '../engine/ports/account-store.ts'
import { systemClock } from '../system/clock.ts'
import { addChannels } from './channels.ts'
import { addContacts } from './contacts.ts'
import { EXIT } from './exit.ts'
import type { SendOptions } from './send.ts'
import { connect, type TargetOptions } from './target.ts'
import { Terminal } from './terminal.ts'
import { VERSION } from './version.ts'

/** What a command leaves behind when it is done. */
export type Report = (exitCode: number) => void

/** The commands. Each loads what it needs when it is called, so that `--help` and mistakes answer at once. */
export function createProgram(report: Report, terminal = new Terminal()): Command {
  const program = new Command('untilread')
    .description('Keeps trying until a message is read: one message, several channels, in the order that you say.')
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(untilread --help, or untilread COMMAND --help, tells how)')
    .addHelpText('after', EXAMPLES)
  addServe(program, report, terminal)
  addSend(program, report, terminal)
  addWatch(program, report, terminal)
  addStatus(program, terminal)
  addContacts(program, report, terminal, withTargetFlags)
  addChannels(program, report, terminal, { withTargetFlags, withConfigFlags, load })
  addKeys(program, terminal)
  addMigrate(program, terminal)
  addConfig(program, terminal)
  for (const command of [program, ...program.commands]) command.helpCommand(false) // --help does it
  return program
}

const EXAMPLES = `
Examples:
  untilread serve                                     start here, with simulated phones and SQLite
  untilread serve --port 4000 --config untilread.yaml
  untilread send --to +6590000001 --via "WhatsApp 60 Read, Viber 60 Delivered, SMS" "Hello" --watch
  untilread watch UMID

Exit codes: 0 done; 1 it could not be done; 2 the command line or the configuration is wrong; watch: 3 the message
ended without success.`

function addServe(program: Command, report: Report, terminal: Terminal): void {
  const command = program
    .command('serve')
    .description('run the service')
    .addOption(new Option('-p, --port <number>', 'where to listen; 0 for any free port (env PORT; default 3000)'))
    .addOption(new Option('--host <address>', 'the address to listen on (env HOST)'))
    .addOption(new Option('--public-url <url>', 'where providers and people reach it (env UNTILREAD_PUBLIC_URL)'))
    .addOption(
      new Option('--log-level <level>', 'least important lines to log (env UNTILREAD_LOG_LEVEL)').choices(LOG_LEVELS),
    )
    .addOption(new Option('--sandbox', 'simulated phones for every channel name (env UNTILREAD_SANDBOX)'))
    .addOption(new Option('--no-sandbox', 'no simulated phones'))
  withConfigFlags(command).action(async (flags: Flags) => {
    const loaded = load(flags)
    const { serve } = await import('./serve.ts')
    report(await serve(loaded, terminal))
  })
}

function addSend(program: Command, report: Report, terminal: Terminal): void {
  const sendCommand = program
    .command('send')
    .description('send a message')
    .argument('[text]', 'what it says')
    .option('--to <number>', 'the phone number, such as +6590000001')
    .option('--email <address>', 'the e-mail address; alone or beside --to')
    .option('--via <sequence>', 'channels in order, such as "WhatsApp 60 Read, SMS"; default: the subaccount\'s')
    .option('--body <file>', 'the whole message as JSON instead; - reads the standard input')
    .option('--idempotency-key <key>', 'the same key with the same message sends once')
    .option('--watch', 'go on to watch it')
    .option('--json', 'print JSON')
    .addHelpText('after', SEND_HELP)
  withTargetFlags(sendCommand).action(
    async (text: string | undefined, options: SendOptions & TargetOptions & { watch?: boolean }) => {
      const { readMessage, sendMessage } = await import('./send.ts')
      const message = readMessage(text, options)
      const client = connect(options, process.env)
      const { watch = false, json = false } = options
      const umid = await sendMessage(message, client, terminal, { ...options, watched: watch })
      if (watch) await watchUntilDone(umid, client, json, report, terminal)
    },
  )
}

const SEND_HELP = `
A step of --via is a channel, then the wait until the next step (seconds, or 5m, 2h) and the status that counts as
success (Accepted, Sent, Delivered, Read), in any order.

Examples:
  untilread send --to +6590000001 --via "WhatsApp 60 Read, SMS" "Your table is ready"
  untilread send --to +6590000001 --email ann@example.com --via "WhatsApp 2h Read, Email" "Your invoice"
  untilread send --body message.json --watch`

function addWatch(program: Command, report: Report, terminal: Terminal): void {
  const watchCommand = program
    .command('watch')
    .description('follow a message, live, until it has its outcome')
    .argument('<umid>', 'as the answer to sending gave it')
    .option('--json', 'print a line of JSON for each entry')
  withTargetFlags(watchCommand).action(async (umid: string, options: TargetOptions & { json?: boolean }) => {
    await watchUntilDone(umid, connect(options, process.env), options.json ?? false, report, terminal)
  })
}

async function watchUntilDone(
  umid: string,
  client: ReturnType<typeof connect>,
  json: boolean,
  report: Report,
  terminal: Terminal,
): Promise<void> {
  const { watchMessage } = await import('./watch.ts')
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)
  try {
    report(await watchMessage(umid, { client, terminal, clock: systemClock, signal: interrupted.signal, json }))
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    report(EXIT.interrupted)
  }
}

function addStatus(program: Command, terminal: Terminal): void {
  const statusCommand = program
    .command('status')
    .description('tell where a message stands')
    .argument('<umid>', 'as the answer to sending gave it')
    .option('--json', 'print JSON')
  withTargetFlags(statusCommand).action(async (umid: string, options: TargetOptions & { json?: boolean }) => {
    const { showStatus } = await import('./status.ts')
    await showStatus(umid, connect(options, process.env), terminal, options.json ?? false)
  })
}

type JsonFlag = { json?: boolean }

function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('make, list and revoke API keys, in the database')
  const room = (accounts: AccountStore, { json = false }: JsonFlag) => ({
    accounts,
    clock: systemClock,
    terminal,
    json,
  })
  const createCommand = keys
    .command('create')
    .description('make a key and print it, this once')
    .option('--subaccount <id>', 'the subaccount that it is for; "*" for all', 'default')
    .option('--json', 'print JSON')
  withConfigFlags(createCommand).action(
    async ({ subaccount, json, ...flags }: Flags & JsonFlag & { subaccount: string }) => {
      const { createKey } = await import('./keys.ts')
      await withAccounts(load(flags).config, (accounts) => createKey(subaccount, room(accounts, { json })))
    },
  )
  const listCommand = keys
    .command('list')
    .description('list all keys, by what they begin with')
    .option('--json', 'print JSON')
  withConfigFlags(listCommand).action(async ({ json, ...flags }: Flags & JsonFlag) => {
    const { listKeys } = await import('./keys.ts')
    await withAccounts(load(flags).config, (accounts) => listKeys(room(accounts, { json })))
  })
  const revokeCommand = keys
    .command('revoke')
    .description('end a key')
    .argument('<key>', 'its id, or what it begins with')
    .option('--json', 'print JSON')
  withConfigFlags(revokeCommand).action(async (which: string, { json, ...flags }: Flags & JsonFlag) => {
    const { revokeKey } = await import('./keys.ts')
    await withAccounts(load(flags).config, (accounts) => revokeKey(which, room(accounts, { json })))
  })
}

function addMigrate(program: Command, terminal: Terminal): void {
  const migrateCommand = program
    .command('migrate')
    .description('bring the database to this version; serve does it too')
    .option('--json', 'print JSON')
  withConfigFlags(migrateCommand).action(async ({ json, ...flags }: Flags & JsonFlag) => {
    const { openStore } = await import('../main.ts')
    const store = await openStore(load(flags).config)
    try {
      const applied = await store.migrate()
      if (json) terminal.print(JSON.stringify({ applied }))
      else for (const name of applied) terminal.print(`Applied ${name}`)
      if (applied.length === 0 && !json) terminal.print('The database is up to date.')
    } finally {
      await store.close()
    }
  })
}

function addConfig(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('look at the configuration')
  const checkCommand = config
    .command('check')
    .description('check it, and print each value and where it comes from')
    .option('--json', 'print JSON')
  withConfigFlags(checkCommand).action(async ({ json = false, ...flags }: Flags & JsonFlag) => {
    const { printSettings } = await import('./config-check.ts')
    printSettings(load(flags), terminal, json)
  })
}

async function withAccounts(config: Config, work: (accounts: AccountStore) => Promise<void>): Promise<void> {
  const { openStore } = await import('../main.ts')
  const store = await openStore(config)
  try {
    await store.migrate() // the first key is often made before the first start
    await work(store.accounts)
  } finally {
    await store.close()
  }
}

function load(flags: Flags): Loaded {
  return loadConfig({ flags, environment: process.env, readFile: (path) => readFileSync(path, 'utf8') })
}

function withConfigFlags(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'the configuration file (env UNTILREAD_CONFIG; default untilread.yaml, if it is there)',
    )
    .option('--data-dir <folder>', 'where it keeps its data (env UNTILREAD_DATA_DIR; default ./data)')
}

function withTargetFlags(command: Command): Command {
  return command
    .option('--url <url>', 'the service (env UNTILREAD_URL; default: the one started here)', httpUrl)
    .option('--api-key <key>', 'an API key (env UNTILREAD_API_KEY; default: that of the service started here)')
    .option('--data-dir <folder>', 'of the service started here (env UNTILREAD_DATA_DIR; default ./data)')
    .option('--subaccount <id>', 'for which subaccount; default "default"')
}

function httpUrl(value: string): string {
  if (/^https?:\/\/./.test(value) && URL.canParse(value)) return value
  throw new InvalidArgumentError('It must start with https:// or http://')
}
