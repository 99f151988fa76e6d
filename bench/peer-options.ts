import { Command, Option } from 'commander'
import { ENTRANT_NAMES, type EntrantName, PARTS, type Part } from './entrants.ts'
import { HUGE, PEERS_FULL, PEERS_SMALL, type PeerSizes } from './peer-session.ts'
import { positive } from './positive.ts'

export type PeerOptions = {
  small?: true
  huge?: true
  writePage?: true
  only?: readonly EntrantName[]
  parts?: readonly Part[]
  n?: number
  rounds?: number
}

export function readOptions(words: readonly string[]): PeerOptions {
  const command = new Command('npm run bench:peers --')
    .description('Measures the engine beside BullMQ, pg-boss and graphile-worker on the same job, in one run.')
    .addOption(new Option('--only <entrants...>', 'who takes part').choices(ENTRANT_NAMES))
    .addOption(new Option('--parts <parts...>', 'what is measured').choices(PARTS))
    .option('--n <messages>', `messages of each throughput round (default: ${PEERS_FULL.messages})`, positive)
    .option('--rounds <rounds>', `rounds of each throughput measurement (default: ${PEERS_FULL.rounds})`, positive)
    .option('--huge', `also with ${HUGE.toLocaleString('en')} messages pending`)
    .option('--small', 'everything once and tiny, to see that it works')
    .option('--write-page', 'write docs/reference/benchmark-results.md')
    .exitOverride()
    .parse(words, { from: 'user' })
  const options = command.opts<PeerOptions>()
  if (options.small && options.writePage) {
    command.error('error: --small measures nothing that a page could tell; leave out --small or --write-page')
  }
  return options
}

export function sizesFor({ small, huge, n, rounds }: PeerOptions): PeerSizes {
  const base = small ? PEERS_SMALL : PEERS_FULL
  return {
    ...base,
    messages: n ?? base.messages,
    rounds: rounds ?? base.rounds,
    http: { ...base.http, rounds: rounds ?? base.http.rounds },
    pending: huge ? [...base.pending, HUGE] : base.pending,
  }
}
