import { type GenesysFake, startGenesys } from '../fakes/genesys.ts'
import { type EventForm, emitEvents, type GenesysEvent } from '../fakes/genesys-events.ts'
import type { Service } from './service.ts'
import { startWatchingService, type WatchingService } from './watching-service.ts'

/** Web messaging of Genesys Cloud, watched by the built service, with mail by SMTP and by Genesys Cloud itself. */
export type Webchat = {
  genesys: GenesysFake
  service: WatchingService
  /** Conversations whose customer is a contact; each with a mail address of its own. */
  converse(options?: ConversationOptions): Conversation
  /** Posts these events as Genesys Cloud would; answers the statuses. */
  tell(events: readonly { event: GenesysEvent; form: EventForm }[], headers?: Record<string, string>): Promise<number[]>
  /** All mails to an address, however they were sent: subject and plain text. */
  mailsTo(address: string): { subject: string; text: string }[]
  /** The reminder of a conversation that is open now. */
  openReminder(conversation: string): Promise<string>
  /** The timeline of a message, as lines of code and text. */
  saidOf(umid: string): Promise<string[]>
  cleanUp(): Promise<void>
}

export type Conversation = {
  id: string
  contactId: string
  /** The personal address of the contact. */
  address: string
  /** Says something, `secondsAgo` before now; answers the id of the message. */
  say(line: Line): string
  /** The status of a message in all its copies from now on. */
  becomes(message: string, status: string): void
}
export type ConversationOptions = {
  /** Fields of the external contact; `null`: the customer is linked to none. */
  contact?: Record<string, unknown> | null
}
export type Line = {
  text?: string
  status: string
  by?: 'agent' | 'bot' | 'customer'
  secondsAgo?: number
  /** Which of the author's communications it stands in, counted from 0. */
  communication?: number
}

export const WEBHOOK_TOKEN = 'a-token-for-the-webhook'
export const FAILED = 'delivery-failed'
export const DELIVERED = 'delivery-success'
const [CLIENT_ID, CLIENT_SECRET] = ['client-for-tests', 'secret-of-the-client']

export async function startWebchat(
  options: { via?: 'mail' | 'genesys-mail'; source?: string; rule?: string } = {},
): Promise<Webchat> {
  const { via = 'mail', source = '', rule = '' } = options
  const genesys = await startGenesys({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    now: () => service.now(),
    tokenLifeSeconds: 600,
  })
  genesys.domains.add('shop.example.test')
  const account = accountAt(genesys.url)
  const service: WatchingService = await startWatchingService({
    config: `  genesys-mail:
    {provider: genesys-email, ${account}, from: Shop <chat@shop.example.test>}
sources:
  webchat: {platform: genesys, ${account}, webhookToken: ${WEBHOOK_TOKEN}${source}}
subaccounts:
  default:
    channels: {Email: [${via}]}
    reminders:
      - {id: missed, match: {source: webchat}, until: delivered, steps: [{channel: Email}], gap: once${rule}}
`,
  })
  let conversations = 0
  const mailsTo: Webchat['mailsTo'] = (address) => [
    ...service.mailServer.mails
      .filter(({ to }) => to.includes(address))
      .map(({ mail }) => ({ subject: mail.subject ?? '', text: mail.text ?? '' })),
    ...genesys.mails
      .filter(({ body }) => JSON.stringify(body.toAddresses).includes(`"${address}"`))
      .map(({ body }) => ({ subject: String(body.subject), text: String(body.textBody) })),
  ]
  return {
    genesys,
    service,
    mailsTo,
    converse: (given) => converse(genesys, service, ++conversations, given),
    tell: (events, headers = { authorization: `Bearer ${WEBHOOK_TOKEN}` }) =>
      emitEvents(`${service.url}/sources/webchat`, events, headers),
    openReminder: (conversation) => openReminder(service, 'webchat', conversation, 'customer'),
    saidOf: (umid) => saidOf(service, umid),
    async cleanUp() {
      await service.cleanUp()
      await genesys.close()
    },
  }
}

/** Settings of source and connection alike, for a flow mapping of YAML. */
export function accountAt(url: string): string {
  return `region: eu-west-1, clientId: ${CLIENT_ID}, clientSecret: ${CLIENT_SECRET}, apiUrl: '${url}', loginUrl: '${url}'`
}

/** The umid of a person's open reminder: what a read of everything would call off. */
export async function openReminder(
  service: Pick<WatchingService, 'call' | 'now'>,
  source: string,
  conversation: string,
  person: string,
): Promise<string> {
  const event = { type: 'message.read', conversation, person, until: service.now() + 60_000 }
  const { json } = await service.call('POST', '/api/v1/subaccounts/default/reminders/dry-run', { source, event })
  const [found] = (json.people ?? []) as { umids: string[] }[]
  const [umid, ...others] = found?.umids ?? []
  if (umid === undefined || others.length > 0) throw new Error(`not one open reminder: ${JSON.stringify(json)}`)
  return umid
}

/** The timeline of a message, as lines of code and text. */
export async function saidOf(service: Pick<Service, 'timeline'>, umid: string): Promise<string[]> {
  return (await service.timeline(umid)).timeline.map(({ code, text }) => `${code}: ${text}`)
}

function converse(
  { conversations, contacts, texts }: GenesysFake,
  { now }: WatchingService,
  serial: number,
  { contact = {} }: ConversationOptions = {},
): Conversation {
  const id = uuid(1, serial)
  const contactId = uuid(2, serial)
  const address = `customer-${serial}@example.test`
  if (contact !== null) contacts.set(contactId, { id: contactId, firstName: 'Lee', personalEmail: address, ...contact })
  type Said = { messageId: string; messageStatus: string; messageTime: string }
  const saidBy = { customer: [[]] as Said[][], agent: [[]] as Said[][], bot: [[]] as Said[][] }
  const participants = (['customer', 'agent', 'bot'] as const).map((purpose, index) => ({
    id: uuid(3 + index, serial),
    purpose,
    name: { customer: 'Lee', agent: 'Ann Agent', bot: 'Robby' }[purpose],
    ...(purpose === 'customer' && contact !== null && { externalContactId: contactId }),
    get messages() {
      return saidBy[purpose].map((messages, at) => ({ id: `${purpose}-${at}`, messages }))
    },
  }))
  conversations.set(id, { id, participants })
  let lines = 0
  return {
    id,
    contactId,
    address,
    say: ({ text, status, by = 'agent', secondsAgo = 0, communication = 0 }) => {
      const messageId = `m-${serial}-${++lines}`
      const messageTime = new Date(now() - secondsAgo * 1000).toISOString()
      const communications = saidBy[by]
      while (communications.length <= communication) communications.push([])
      communications[communication]?.push({ messageId, messageStatus: status, messageTime })
      if (text !== undefined) texts.set(messageId, { id: messageId, conversationId: id, textBody: text, status })
      return messageId
    },
    becomes: (message, status) => {
      for (const said of Object.values(saidBy).flat(2)) if (said.messageId === message) said.messageStatus = status
      const known = texts.get(message)
      if (known !== undefined) texts.set(message, { ...known, status })
    },
  }
}

function uuid(kind: number, serial: number): string {
  return `0000000${kind}-0000-4000-8000-${String(serial).padStart(12, '0')}`
}
