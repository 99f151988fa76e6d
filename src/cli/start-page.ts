import type { Config } from '../config/config.ts'
import type { Terminal } from './terminal.ts'

export type Started = { version: string; url: string; config: Config; apiKey?: string }

/** The message that a newcomer sends first. */
export const FIRST_MESSAGE =
  '{"channels":[{"channel":"WhatsApp","fallbackAfter":60,"successStatus":"Read"},' +
  '{"channel":"Viber","fallbackAfter":60,"successStatus":"Delivered"},{"channel":"SMS"}],' +
  '"user":{"msisdn":"+65000000"},"type":"text",' +
  '"content":{"text":"Hello World!","sms":{"encoding":"AUTO","source":"SENDERID"}}}'

/** What somebody who has just started the service wants to know, and what to paste next. */
export function printStartPage(started: Started, terminal: Terminal): void {
  const { version, url, config, apiKey } = started
  const facts: [string, string][] = [
    ['Listens on', url],
    ['Database', config.databaseUrl === undefined ? `SQLite in ${config.dataDir}` : 'PostgreSQL'],
    ['Channels', channelsText(config)],
    ['Watches', watchesText(config)],
    ['API key', keyText(started, terminal)],
  ]
  const indent = terminal.interactive ? '  ' : ''
  const bold = (text: string) => terminal.paint('bold', text)
  terminal.print(`${indent}${bold(`Untilread ${version} is ready`)}`)
  for (const [name, value] of facts) terminal.print(`${indent}${name.padEnd(10)}  ${value}`)
  if (!config.sandbox && config.publicUrl === undefined) {
    const note = 'Providers cannot reach it at localhost: set publicUrl, so that their receipts find the way.'
    terminal.print(indent + terminal.paint('yellow', note))
  }
  if (!config.sandbox) return
  terminal.print(`\n${indent}Send a message:\n`)
  terminal.print(curl(url, apiKey ?? 'YOUR_API_KEY'))
  terminal.print(`\n${indent}and watch it, in another terminal, with the umid of the answer:\n`)
  const where = config.dataDir === './data' ? '' : ` --data-dir ${config.dataDir}`
  terminal.print(`npx untilread watch UMID${where}\n`)
}

function curl(url: string, apiKey: string): string {
  return [
    `curl -sS ${url}/api/v1/subaccounts/default/messages \\`,
    `  -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' \\`,
    `  -d '${FIRST_MESSAGE}'`,
  ].join('\n')
}

function channelsText({ sandbox, connections }: Config): string {
  const real = connections.map(({ id, channels }) => `${id} (${channels.join(', ')})`).join(', ')
  if (!sandbox) return real === '' ? 'none: add a connection to the configuration' : real
  const phones = `simulated phones: nothing leaves this machine`
  return real === '' ? phones : `${real}; simulated phones for the others`
}

function watchesText({ sources, subaccounts }: Config): string {
  const rules = Object.values(subaccounts).reduce((sum, { reminders }) => sum + reminders.length, 0)
  const names = sources.map(({ id, definition }) => (id === definition.id ? id : `${id} (${definition.id})`))
  const words = rules === 1 ? '1 reminder rule' : `${rules} reminder rules`
  return `${[...names, 'your own chat'].join(', ')}; ${words} in the configuration`
}

/** A real key stays out of a log that is kept somewhere. */
function keyText({ apiKey, config }: Started, terminal: Terminal): string {
  if (apiKey === undefined) return 'as before; make another with: untilread keys create'
  if (config.sandbox || terminal.interactive) return apiKey
  return 'not shown here; make one with: untilread keys create'
}
