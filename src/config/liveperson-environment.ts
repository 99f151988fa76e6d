import { WAIT_MS } from '../domain/reminder-rule.ts'
import type { Outside } from './environment.ts'
import type { Located, Origin, Problem } from './located.ts'
import { BY_DEFAULT, environment, group, literal, Variables } from './variables.ts'

/**
 * The variables of LivePerson's "Alternate Messaging Notifications", as a configuration: who comes from there sets what was
 * set there, writes no file, and reminders run. That program had no variables for the sender of an SMS and for the mail
 * server, so there are some more; what is not given is as it was there (Gmail's mail server) or as is usual.
 *
 *   LE_ACCOUNT; LE_CONSUMER_KEY, LE_CONSUMER_SECRET, LE_TOKEN, LE_TOKEN_SECRET, or LE_CLIENT_ID, LE_CLIENT_SECRET (OAuth 2);
 *   LE_SKILLS, LE_DOMAIN_URL, LE_SCHEME; REMIND_AFTER_MINUTES
 *   TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN; TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID; TWILIO_BASE_URL
 *   SMTP_USER, SMTP_PASS; SMTP_HOST, SMTP_PORT, SMTP_TLS, SMTP_FROM
 */
export type LivePersonConfiguration = {
  /** What a file would have said: `sources`, `connections`, `subaccounts`. Each value knows its variable. */
  tree: Located
  /** It runs, but perhaps not as it was meant. */
  warnings: readonly Problem[]
}

const SOURCE = 'liveperson'
const REMIND_AFTER_MINUTES = { usual: 60, most: WAIT_MS.max / 60_000 }
const EMAIL_AFTER_SMS_SECONDS = 2 * 3_600

/**
 * The configuration that these variables make; undefined without `LE_ACCOUNT`. For each there is `<NAME>_FILE`. What is
 * missing or unreadable is added to `problems` under its field, with the variable as its origin, and its place in the tree
 * is marked as faulty, so that nobody reports it again. What is given but wrong is left for the schema to find.
 */
export function livePersonFromEnvironment(outside: Outside, problems: Problem[]): LivePersonConfiguration | undefined {
  const variables = new Variables(outside, problems)
  const origin = variables.originOf('LE_ACCOUNT')
  if (origin === undefined) return undefined
  const warnings: Problem[] = []
  const smtp = readSmtp(variables)
  const twilio = readTwilio(variables, smtp === undefined ? problems : warnings)
  if (smtp === undefined && twilio === undefined && !variables.anySet(...TWILIO)) {
    warnings.push({ name: 'connections', origin, message: NOTHING_TO_SEND_WITH })
  }
  const reminders: Located = { value: [readRule(variables, origin, { smtp, twilio })], origin, keyOrigin: origin }
  const tree = group(origin, {
    sources: group(origin, { [SOURCE]: readSource(variables, origin) }),
    connections: group(origin, { twilio, smtp }),
    subaccounts: group(origin, { default: group(origin, { reminders }) }),
  })
  return { tree, warnings }
}

const NOTHING_TO_SEND_WITH =
  'none, so reminders go to the simulated phones: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM for SMS, or ' +
  'SMTP_USER and SMTP_PASS for e-mail'

function readSource(variables: Variables, origin: Origin): Located {
  const at = (field: string) => `sources.${SOURCE}.${field}`
  const needed = (name: string, field: string) => variables.needed(name, at(field))
  const login = variables.anySet('LE_CLIENT_ID', 'LE_CLIENT_SECRET')
    ? { clientId: needed('LE_CLIENT_ID', 'clientId'), clientSecret: needed('LE_CLIENT_SECRET', 'clientSecret') }
    : {
        consumerKey: needed('LE_CONSUMER_KEY', 'consumerKey'),
        consumerSecret: needed('LE_CONSUMER_SECRET', 'consumerSecret'),
        token: needed('LE_TOKEN', 'token'),
        tokenSecret: needed('LE_TOKEN_SECRET', 'tokenSecret'),
      }
  return group(origin, {
    platform: literal(SOURCE, origin),
    account: needed('LE_ACCOUNT', 'account'),
    ...login,
    skills: variables.list('LE_SKILLS', at('skills')),
    domainUrl: variables.value('LE_DOMAIN_URL', at('domainUrl')),
    scheme: variables.value('LE_SCHEME', at('scheme')),
  })
}

const TWILIO = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'] as const

/**
 * Undefined without an account, and without a sender: the program that we stand in for knew it from elsewhere. Who has
 * e-mail is reminded by that, and told; for others it is a problem. `tell` is where that is noted.
 */
function readTwilio(variables: Variables, tell: Problem[]): Located | undefined {
  const origin = variables.originOf(...TWILIO)
  if (origin === undefined) return undefined
  const at = (field: string) => `connections.twilio.${field}`
  const from = variables.value('TWILIO_FROM', at('from'))
  const messagingServiceSid = variables.value('TWILIO_MESSAGING_SERVICE_SID', at('messagingServiceSid'))
  const fields = {
    provider: literal('twilio', origin),
    accountSid: variables.needed('TWILIO_ACCOUNT_SID', at('accountSid')),
    authToken: variables.needed('TWILIO_AUTH_TOKEN', at('authToken')),
    from,
    messagingServiceSid,
    baseUrl: variables.value('TWILIO_BASE_URL', at('baseUrl')),
  }
  if (from !== undefined || messagingServiceSid !== undefined) return group(origin, fields)
  tell.push({
    name: at('from'),
    origin: environment('TWILIO_FROM'),
    message: 'missing, so no SMS are sent: set it to your Twilio number, or set TWILIO_MESSAGING_SERVICE_SID',
  })
  return undefined
}

const GMAIL = { host: 'smtp.gmail.com', port: 465, tls: 'implicit' } as const
const IMPLICIT_TLS_PORT = '465'
const THIS_MACHINE = ['localhost', '127.0.0.1', '::1']

/** Gmail's server unless another is named, as in the instructions of the program that we stand in for. */
function readSmtp(variables: Variables): Located | undefined {
  const origin = variables.originOf('SMTP_USER', 'SMTP_PASS', 'SMTP_HOST')
  if (origin === undefined) return undefined
  const value = (name: string, field: string) => variables.value(name, `connections.smtp.${field}`)
  const needed = (name: string, field: string) => variables.needed(name, `connections.smtp.${field}`)
  const logsIn = variables.anySet('SMTP_USER', 'SMTP_PASS')
  const user = logsIn ? needed('SMTP_USER', 'user') : undefined
  const host = value('SMTP_HOST', 'host')
  const port = value('SMTP_PORT', 'port')
  return group(origin, {
    provider: literal('smtp', origin),
    host: host ?? literal(GMAIL.host, BY_DEFAULT),
    port: port ?? (host === undefined ? literal(GMAIL.port, BY_DEFAULT) : undefined),
    tls: value('SMTP_TLS', 'tls') ?? usualTls(host, port),
    user,
    password: logsIn ? needed('SMTP_PASS', 'password') : undefined,
    from: value('SMTP_FROM', 'from') ?? senderIn(user) ?? needed('SMTP_FROM', 'from'),
  })
}

/** Undefined: as the mail connection has it, encrypted after a greeting. */
function usualTls(host: Located | undefined, port: Located | undefined): Located | undefined {
  const implicit = port === undefined ? host === undefined : port.value === IMPLICIT_TLS_PORT
  if (implicit) return literal(GMAIL.tls, BY_DEFAULT)
  return THIS_MACHINE.includes(String(host?.value)) ? literal('none', BY_DEFAULT) : undefined
}

/** Most log in with their address. Of a login that could not be read it is not known. */
function senderIn(user: Located | undefined): Located | undefined {
  return user?.faulty || String(user?.value).includes('@') ? user : undefined
}

/** One rule for everybody: what is there is used, SMS before e-mail. */
function readRule(
  variables: Variables,
  origin: Origin,
  { smtp, twilio }: { smtp: Located | undefined; twilio: Located | undefined },
): Located {
  const both = (smtp === undefined) === (twilio === undefined) // with neither, the simulated phones do both
  const sms = {
    channel: literal('SMS', origin),
    ...(both && { fallbackAfter: literal(EMAIL_AFTER_SMS_SECONDS, BY_DEFAULT) }),
    // Where Twilio cannot reach us, nobody tells that an SMS arrived, and it would be waited for in vain.
    ...(!both && !variables.anySet('UNTILREAD_PUBLIC_URL') && { successStatus: literal('Accepted', BY_DEFAULT) }),
  }
  const steps = [
    ...(both || twilio !== undefined ? [group(origin, sms)] : []),
    ...(both || smtp !== undefined ? [group(origin, { channel: literal('Email', origin) })] : []),
  ]
  return group(origin, {
    id: literal(SOURCE, origin),
    match: group(origin, { source: literal(SOURCE, origin) }),
    after: variables.minutes('REMIND_AFTER_MINUTES', 'subaccounts.default.reminders[0].after', REMIND_AFTER_MINUTES),
    steps: { value: steps, origin, keyOrigin: origin },
  })
}
