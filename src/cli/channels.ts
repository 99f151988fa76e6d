import type { Command } from 'commander'
import type { Flags, Loaded } from '../config/load-config.ts'
import { connect, type TargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

type JsonFlag = { json?: boolean }
type House = {
  withTargetFlags(command: Command): Command
  withConfigFlags(command: Command): Command
  load(flags: Flags): Loaded
}

/** `untilread channels …`: what each channel can do, as the running service sees it, and whether its logins are good. */
export function addChannels(
  program: Command,
  report: (exitCode: number) => void,
  terminal: Terminal,
  { withTargetFlags, withConfigFlags, load }: House,
): void {
  const channels = program
    .command('channels')
    .description('what each channel can do here, and whether its login is good')
  const listCommand = channels
    .command('list', { isDefault: true })
    .description('what each channel can do here, and through which connections (also without "list")')
    .argument('[channel...]', 'which; default: all')
    .option('--json', 'print JSON')
    .addHelpText('after', LIST_HELP)
  withTargetFlags(listCommand).action(
    async (names: string[], { json = false, ...options }: TargetOptions & JsonFlag) => {
      const { chooseChannels, printChannels } = await import('./channels-table.ts')
      const { channels: all } = await connect(options, process.env).channels()
      const channels = chooseChannels(all, names)
      if (json) terminal.print(JSON.stringify({ channels }))
      else printChannels(channels, terminal)
    },
  )
  const checkCommand = channels
    .command('check')
    .description('try the credentials of connections; nothing is sent')
    .argument('[connection...]', 'by the names of the configuration; default: all of it')
    .option('--json', 'print a line of JSON for each')
    .addHelpText('after', CHECK_HELP)
  withConfigFlags(checkCommand).action(async (ids: string[], { json = false, ...flags }: Flags & JsonFlag) => {
    const { config } = load(flags)
    const { checkChannels } = await import('./channels-check.ts')
    report(await checkChannels(ids, config, terminal, json))
  })
}

const LIST_HELP = `
Reports: the highest status that comes back.     Lifetime: the shortest and longest of one message.
Recall: what has not arrived can be taken back.  Key: a repeated send goes out once.
Hears: what people answer comes in.              Carries: goes out as it is; of the rest, the text.

Examples:
  untilread channels
  untilread channels sms whatsapp`

const CHECK_HELP = `
good: the provider takes the login. refused: it does not. unknown: it gave no answer that tells.
The exit code is 0 when none is refused or unknown.

Examples:
  untilread channels check
  untilread channels check sms backup`
