import { isSupportedCountry } from 'libphonenumber-js/min'
import type { AskedAbout, Source } from '../../engine/ports/source.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { defineSource, type SourceWorld } from '../define-source.ts'
import { createApi, type Identity } from './api.ts'
import { confirmationOf } from './conversations.ts'
import { createHosts, type Hosts } from './discovery.ts'
import { createInteractions } from './interactions.ts'
import { createPoll } from './polling.ts'
import { type Conversation, readConversation } from './record.ts'
import { type Config, checkConfig, config, DEFAULTS } from './settings.ts'
import { createSkills } from './skills.ts'
import { createTokens } from './token.ts'
import { receive } from './webhooks.ts'

/**
 * LivePerson Conversational Cloud. The account's open conversations are polled through the Messaging Interactions API; the
 * connector webhooks, where there are some, bring the same sooner. docs/guides/liveperson.md tells how to set it up.
 */
export const liveperson = defineSource({
  id: 'liveperson',
  summary:
    'LivePerson Conversational Cloud: open conversations that wait for the consumer, polled, and webhooks beside.',
  config,
  check: checkConfig,
  accountOf: ({ account }) => account,
  waitSeconds: 3600,
  reportsDelivered: false,
  isPolled: true,
  create: (config, world) => createSource(config, world),
})

const DAY_MS = 24 * 3_600_000
const CALL_TIMEOUT_MS = 60_000 // a search over a month of conversations takes its time
const MAX_ANSWER_BYTES = 64 * 1024 * 1024 // a hundred conversations with all that was said in them

function createSource(config: Config, world: SourceWorld): Source {
  const { account, callOff = DEFAULTS.callOff, defaultCountry } = config
  const { clock } = world
  const http = createHttpClient({ timeoutMs: CALL_TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES })
  const hosts = createHosts({ account, domainUrl: config.domainUrl ?? DEFAULTS.domainUrl }, { http, clock })
  const scheme = config.scheme ?? DEFAULTS.scheme
  const api = createApi({ scheme, identity: identityOf(config, world, http, hosts) }, { http, hosts, clock })
  const contacts = {
    trustUnauthenticated: config.trustUnauthenticated ?? DEFAULTS.trustUnauthenticated,
    defaultCountry: defaultCountry !== undefined && isSupportedCountry(defaultCountry) ? defaultCountry : undefined,
  }
  const interactions = createInteractions(
    { account, sourceName: config.sourceName ?? DEFAULTS.sourceName, ...contacts },
    api,
  )
  const secrets = typeof config.webhookSecret === 'string' ? [config.webhookSecret] : (config.webhookSecret ?? [])

  /** Undefined while LivePerson has not heard of it: a conversation shows up there within a minute. */
  const find = async ({ conversation }: AskedAbout, signal: AbortSignal): Promise<Conversation | undefined> => {
    const { records } = await interactions.byId([conversation], signal)
    return records.map((record) => readConversation(record, contacts)).find((each) => each?.id === conversation)
  }

  return {
    poll: createPoll(
      {
        ...contacts,
        skills: config.skills?.map(String),
        callOff,
        lookBackMs: (config.lookBackDays ?? DEFAULTS.lookBackDays) * DAY_MS,
        pollMs: (config.pollSeconds ?? DEFAULTS.pollSeconds) * 1000,
      },
      { interactions, skills: createSkills({ account }, api, clock), clock },
    ),
    handle: (request) => receive(request, { account, secrets, callOff }, clock),
    givesUpWhenRefused: true, // LivePerson switches off what does not answer well
    confirm: async (asked, signal) => {
      const conversation = await find(asked, signal)
      return conversation === undefined ? { kind: 'unknown' } : confirmationOf(conversation, asked, callOff)
    },
    personOf: async (asked, signal) => (await find(asked, signal))?.consumer?.known,
    close: http.close,
  }
}

function identityOf(config: Config, world: SourceWorld, http: HttpClient, hosts: Hosts): Identity {
  const { consumerKey = '', consumerSecret = '', token = '', tokenSecret = '', clientId, clientSecret = '' } = config
  if (clientId === undefined) {
    return { kind: 'oauth1', keys: { consumerKey, consumerSecret, token, tokenSecret }, newNonce: world.newNonce }
  }
  const client = { clientId, clientSecret, scope: config.scope, account: config.account }
  const tokens = createTokens(
    { ...client, scheme: config.scheme ?? DEFAULTS.scheme },
    { http, hosts, clock: world.clock },
  )
  return { kind: 'oauth2', tokens }
}
