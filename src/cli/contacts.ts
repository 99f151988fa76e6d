import type { Command } from 'commander'
import type { Contact, UntilreadClient } from '../client/client.ts'
import { connect, type TargetOptions } from './target.ts'
import { harmless, type Terminal } from './terminal.ts'

type JsonFlag = { json?: boolean }

/** `untilread contacts …`: the people of a subaccount, through the API. */
export function addContacts(
  program: Command,
  report: (exitCode: number) => void,
  terminal: Terminal,
  withTargetFlags: (command: Command) => Command,
): void {
  const contacts = program.command('contacts').description('import, list, show and remove contacts')
  const importCommand = contacts
    .command('import')
    .description('import contacts from a CSV file')
    .argument('<file>', 'with a header line; - reads the standard input')
    .option('--default-country <code>', 'the country that national phone numbers belong to, such as DE')
    .option('--report <file>', 'write the lines that were refused to a CSV file')
    .option('--json', 'print JSON')
    .addHelpText('after', IMPORT_HELP)
  withTargetFlags(importCommand).action(
    async (file: string, options: TargetOptions & JsonFlag & { defaultCountry?: string; report?: string }) => {
      const { importFile } = await import('./import-contacts.ts')
      report(await importFile(file, connect(options, process.env), terminal, options))
    },
  )
  const listCommand = contacts
    .command('list')
    .description('list all contacts, in the order of their ids')
    .option('--json', 'print a line of JSON for each')
  withTargetFlags(listCommand).action(async ({ json = false, ...options }: TargetOptions & JsonFlag) => {
    await listContacts(connect(options, process.env), terminal, json)
  })
  const getCommand = contacts
    .command('get')
    .description('show a contact')
    .argument('<id>', 'your id for the person')
    .option('--json', 'print JSON')
  withTargetFlags(getCommand).action(async (id: string, { json = false, ...options }: TargetOptions & JsonFlag) => {
    const contact = await connect(options, process.env).contact(id)
    if (json) terminal.print(JSON.stringify(contact))
    else printContact(contact, terminal)
  })
  const deleteCommand = contacts
    .command('delete')
    .description('remove a contact')
    .argument('<id>', 'your id for the person')
    .option('--json', 'print JSON')
  withTargetFlags(deleteCommand).action(async (id: string, { json = false, ...options }: TargetOptions & JsonFlag) => {
    await connect(options, process.env).deleteContact(id)
    terminal.print(json ? JSON.stringify({ id, deleted: true }) : `Removed ${harmless(id)}.`)
  })
}

const IMPORT_HELP = `
Columns: id, and any of name, email, msisdn, lineUserId, channelUserId, language, timeZone. Each line sets one contact as
a whole. Lines with mistakes are refused by themselves and told at the end; the exit code is then 1.

Examples:
  untilread contacts import people.csv --default-country DE --report refused.csv
  zcat people.csv.gz | untilread contacts import - --subaccount shop`

const PER_PAGE = 1_000

async function listContacts(client: UntilreadClient, terminal: Terminal, json: boolean): Promise<void> {
  let after: string | undefined
  let any = false
  do {
    const page = await client.contacts({ limit: PER_PAGE, ...(after !== undefined && { after }) })
    for (const contact of page.contacts) terminal.print(json ? JSON.stringify(contact) : lineOf(contact))
    any ||= page.contacts.length > 0
    after = page.next ?? undefined
  } while (after !== undefined)
  if (!any) terminal.complain('There are no contacts. Import some with: untilread contacts import FILE')
}

function lineOf({ id, name, email, msisdn, lineUserId, channelUserId, language, timeZone }: Contact): string {
  const facts = [name, email, msisdn, lineUserId, channelUserId, language, timeZone]
  return [id, ...facts.filter((fact) => fact !== undefined)].map(harmless).join('  ')
}

function printContact({ id, createdAt, updatedAt, ...person }: Contact, terminal: Terminal): void {
  const fields = Object.entries({ id, ...person, createdAt, updatedAt })
  const width = Math.max(...fields.map(([field]) => field.length))
  for (const [field, value] of fields) terminal.print(`${field.padEnd(width)}  ${harmless(String(value))}`)
}
