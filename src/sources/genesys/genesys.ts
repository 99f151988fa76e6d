import { type Static, Type } from 'typebox'
import type { KnownPerson } from '../../domain/source-event.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { AskedAbout, Confirmation, Source } from '../../engine/ports/source.ts'
import { SourceTrouble } from '../../engine/ports/source.ts'
import { accountFields, accountProblems } from '../../genesys-cloud/account.ts'
import { type Cloud, createCloud } from '../../genesys-cloud/cloud.ts'
import { defineSource } from '../define-source.ts'
import { ask } from './ask.ts'
import { type Conversation, customerOf, readConversation } from './conversation.ts'
import { readHook } from './hook.ts'
import { createMarks, type Marks } from './marks.ts'
import { asksFor, EMAIL_FIELDS, emailIn, fetchContact, firstAddress, msisdnIn, nameOf, PHONE_FIELDS } from './person.ts'
import { fetchTexts } from './texts.ts'
import { findUndelivered } from './undelivered.ts'

/**
 * Web messaging of Genesys Cloud. Its events say that something may be unread; whether it is, and what it says, is asked of
 * the conversation right before a notice: that answer is the whole truth, and takes the place of what the events named.
 */
const DELAY_SECONDS = { min: 60, max: 900, default: 60 } as const

const token = Type.String({
  pattern: '^[\\x21-\\x7e]{16,200}$',
  expected: 'at least 16 printable characters without spaces',
  secret: true,
})

const places = (fields: readonly string[], description: string) =>
  Type.Optional(
    Type.Array(
      Type.String({
        pattern: `^(${fields.join('|')}|attribute:\\S(.{0,98}\\S)?)$`,
        expected: `${fields.join(', ')} or attribute: and the name of a participant attribute`,
      }),
      { minItems: 1, default: [...fields], description },
    ),
  )

const config = Type.Object({
  ...accountFields,
  webhookToken: Type.Union([token, Type.Array(token, { minItems: 1 })], {
    description:
      'Comes with every event, as `Authorization: Bearer <token>` or `x-untilread-token: <token>`. A list while it is ' +
      'being changed: any is good.',
  }),
  delaySeconds: Type.Optional(
    Type.Integer({
      minimum: DELAY_SECONDS.min,
      maximum: DELAY_SECONDS.max,
      default: DELAY_SECONDS.default,
      description: 'How long the customer has to come back, from the message or the end on, where no rule says so.',
    }),
  ),
  addresses: places(
    EMAIL_FIELDS,
    'Where to look for an e-mail address, in this order: on the external contact, or `attribute:<name>` of the customer.',
  ),
  phones: places(
    PHONE_FIELDS,
    'Where to look for a phone number, likewise. Numbers that are marked as taking no SMS are passed over.',
  ),
  markConversation: Type.Optional(
    Type.Boolean({
      default: true,
      description:
        'Set the attributes `WebMessagingNotificationTriggered` and `WebMessagingNotificationExternalContactFound` on ' +
        'the conversation when a notice is due.',
    }),
  ),
  deployments: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      unset: 'all',
      description: 'Ids of the messenger deployments to watch. An event that names none of them is ignored.',
    }),
  ),
})
type Config = Static<typeof config>

export const genesys = defineSource({
  id: 'genesys',
  summary: 'Web messaging of Genesys Cloud: messages that did not reach the customer.',
  config,
  check: accountProblems,
  waitSeconds: DELAY_SECONDS.default,
  reportsDelivered: true,
  create: (config, { clock }) => {
    const { webhookToken, delaySeconds = DELAY_SECONDS.default, deployments } = config
    const cloud = createCloud(config, clock)
    const marks = config.markConversation === false ? undefined : createMarks(cloud)
    const options = {
      tokens: typeof webhookToken === 'string' ? [webhookToken] : webhookToken,
      waitMs: delaySeconds * 1000,
      ...(deployments !== undefined && { deployments }),
    }
    return {
      handle: (request) => readHook(request, options, clock.now()),
      confirm: (asked, signal) => confirm({ cloud, clock, marks }, asked, signal),
      personOf: (asked, signal) => personOf({ cloud, clock, marks, config }, asked, signal),
      close: cloud.close,
    } satisfies Source
  },
})

type House = { cloud: Cloud; clock: Clock; marks: Marks | undefined }

async function confirm(house: House, asked: AskedAbout, signal: AbortSignal): Promise<Confirmation> {
  const { cloud, clock, marks } = house
  const conversation = await fetchConversation(house, asked.conversation, signal)
  if (conversation === undefined) return { kind: 'gone', why: 'conversation-gone' }
  const missed = findUndelivered(conversation, asked.items)
  if (missed.length === 0) return { kind: 'read' }
  const ids = missed.map(({ id }) => id)
  const texts = await fetchTexts(cloud, clock, { conversation: asked.conversation, ids }, signal)
  const items = missed
    .filter(({ id }) => texts.get(id)?.gotThrough !== true)
    .map(({ id, at = texts.get(id)?.at, author }) => {
      const text = texts.get(id)?.text
      return {
        id,
        at: at ?? clock.now(), // an item without a time would not be told
        ...(text !== undefined && { text }),
        ...(author !== undefined && { author }),
      }
    })
  if (items.length === 0) return { kind: 'read' }
  marks?.noticeDue(asked.conversation, customerOf(conversation))
  return { kind: 'unread', items }
}

async function personOf(
  house: House & { config: Config },
  asked: AskedAbout,
  signal: AbortSignal,
): Promise<KnownPerson | undefined> {
  const { cloud, clock, marks, config } = house
  const emails = config.addresses ?? EMAIL_FIELDS
  const phones = config.phones ?? PHONE_FIELDS
  const wanted = [...emails, ...phones]
  const known = asked.known?.contactId
  const asksConversation = known === undefined || asksFor(wanted, 'attribute')
  const conversation = asksConversation ? await fetchConversation(house, asked.conversation, signal) : undefined
  const customer = conversation && customerOf(conversation)
  const contactId = known ?? customer?.externalContactId
  const contact =
    contactId !== undefined && asksFor(wanted, 'contact')
      ? await fetchContact(cloud, clock, contactId, signal)
      : undefined
  if (contact !== undefined) marks?.contactFound(asked.conversation)
  const from = { contact, attributes: customer?.attributes }
  const email = firstAddress(emails, emailIn, from)
  const msisdn = firstAddress(phones, msisdnIn, from)
  const found = {
    ...nameOf(contact),
    ...(email !== undefined && { email }),
    ...(msisdn !== undefined && { msisdn }),
  }
  if (contact === undefined && Object.keys(found).length === 0) return undefined
  return { ...found, ...(contactId !== undefined && { contactId }) }
}

/** Undefined when there is no such conversation any more. */
async function fetchConversation(
  { cloud, clock }: House,
  id: string,
  signal: AbortSignal,
): Promise<Conversation | undefined> {
  const question = { method: 'GET', what: 'the conversation', permission: 'conversation:communication:view' } as const
  const path = `/api/v2/conversations/${encodeURIComponent(id)}`
  const first = await ask(cloud, clock, { ...question, path }, signal, [403, 404])
  // The same by another path, which asks for no permission of its own.
  const other = `/api/v2/conversations/messages/${encodeURIComponent(id)}`
  const answer = first.status === 403 ? await ask(cloud, clock, { ...question, path: other }, signal, [404]) : first
  if (answer.status === 404) return undefined
  const conversation = readConversation(answer.json)
  if (conversation === undefined)
    throw new SourceTrouble('unreadable', 'the conversation: it has no list of participants')
  return conversation
}
