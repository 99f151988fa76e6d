import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  customerEnd,
  EVENT_FORMS,
  type EventForm,
  type GenesysEvent,
  undeliveredMessages,
} from '../fakes/genesys-events.ts'
import { startService } from '../support/service.ts'
import {
  accountAt,
  type Conversation,
  DELIVERED,
  FAILED,
  startWebchat,
  WEBHOOK_TOKEN,
  type Webchat,
} from '../support/webchat.ts'

const BOTH = [
  ['real SMTP', 'mail'],
  ['agentless e-mail', 'genesys-mail'],
] as const
const TRIGGERS = ['undelivered.messages', 'customer.end'] as const
const CONVERSATION = /^GET \/api\/v2\/conversations\//
const ANYTHING = / \/(api|oauth)\//

/** What Genesys Cloud tells of a conversation by one of its triggers, now. */
function eventOf(
  { service }: Webchat,
  trigger: (typeof TRIGGERS)[number],
  { id, contactId }: Pick<Conversation, 'id' | 'contactId'>,
  messages: readonly string[],
  over: Record<string, unknown> = {},
): GenesysEvent {
  const at = service.now()
  const common = { conversationId: id, externalContactId: contactId }
  return trigger === 'customer.end'
    ? customerEnd({
        ...common,
        sessionId: `session-of-${id}`,
        eventTime: at,
        conversationExternalContactIds: [contactId],
        ...over,
      })
    : undeliveredMessages({
        ...common,
        communicationId: `communication-of-${id}`,
        messages: messages.map((message) => ({ id: message, eventTimeMs: at })),
        eventTimeMs: at,
        ...over,
      })
}

describe.each(BOTH)('the notice of missed web messages, by %s', (_, via) => {
  let chat: Webchat
  beforeAll(async () => {
    chat = await startWebchat({ via })
  })
  afterAll(() => chat.cleanUp())

  describe.each(TRIGGERS)('told by %s', (trigger) => {
    test.each(EVENT_FORMS)('as %s: one e-mail with all that was missed, though it is told twice', async (form) => {
      const conversation = chat.converse()
      conversation.say({ by: 'customer', status: 'received', secondsAgo: 30, text: 'Where is my order?' })
      conversation.say({ status: DELIVERED, secondsAgo: 20, text: 'I have a look.' })
      const missed = [10, 5].map((secondsAgo) =>
        conversation.say({ status: FAILED, secondsAgo, text: `It left ${secondsAgo} days ago.` }),
      )
      const told = { event: eventOf(chat, trigger, conversation, missed), form }
      // EventBridge has a header of its own for its key.
      const headers = form === 'event-bridge' ? { 'x-untilread-token': WEBHOOK_TOKEN } : undefined
      expect(await chat.tell([told, told], headers)).toEqual([200, 200])
      await chat.service.advance(59)
      expect(chat.mailsTo(conversation.address)).toEqual([])
      await chat.service.advance(2)
      const [mail, ...more] = chat.mailsTo(conversation.address)
      expect(more).toEqual([])
      expect(mail?.subject).toContain('2')
      expect(mail?.text).toMatch(/Ann Agent.*It left 10 days ago\..*It left 5 days ago\./s)
      expect(mail?.text).not.toMatch(/Where is my order|I have a look|attachment/)
      await chat.service.advance(3600)
      expect(chat.mailsTo(conversation.address)).toHaveLength(1)
    })

    test.each([
      ['was delivered after all', (it: Conversation, message: string) => it.becomes(message, DELIVERED)],
      ['was read', (it: Conversation, message: string) => it.becomes(message, 'read')],
      ['was seen by who wrote again', (it: Conversation) => it.say({ by: 'customer', status: 'received' })],
      ['was seen by who got a later one', (it: Conversation) => it.say({ status: DELIVERED, text: 'Are you there?' })],
    ])('what %s is not told', async (_, comesBack) => {
      const conversation = chat.converse()
      const message = conversation.say({ status: FAILED, text: 'It is ready.', secondsAgo: 5 })
      await chat.tell([{ event: eventOf(chat, trigger, conversation, [message]), form: 'json' }])
      await chat.service.advance(30)
      comesBack(conversation, message)
      await chat.service.advance(3600)
      expect(chat.mailsTo(conversation.address)).toEqual([])
    })
  })

  test('both triggers, and one event by both ways, are one e-mail', async () => {
    const conversation = chat.converse()
    const message = conversation.say({ status: FAILED, text: 'It is ready.' })
    const [undelivered, ended] = TRIGGERS.map((trigger) => eventOf(chat, trigger, conversation, [message]))
    const forms = ['event-bridge', 'json', 'event-bridge'] as const satisfies readonly EventForm[]
    for (const event of [undelivered, ended]) {
      if (event !== undefined) await chat.tell(forms.map((form) => ({ event, form })))
      await chat.service.advance(20)
    }
    await chat.service.advance(7200)
    expect(chat.mailsTo(conversation.address)).toHaveLength(1)
    // Agents and reports see that the customer was told.
    const { participants } = chat.genesys.conversations.get(conversation.id) as { participants: object[] }
    expect(participants[0]).toMatchObject({
      attributes: {
        WebMessagingNotificationTriggered: 'true',
        WebMessagingNotificationExternalContactFound: 'true',
      },
    })
  })
})

describe('whom Genesys Cloud tells of', () => {
  let chat: Webchat
  const start = async (options?: Parameters<typeof startWebchat>[0]) => {
    chat = await startWebchat(options)
  }
  afterEach(() => chat.cleanUp())
  const ends = (conversation: Pick<Conversation, 'id' | 'contactId'>, over: Record<string, unknown> = {}) =>
    chat.tell([{ event: eventOf(chat, 'customer.end', conversation, [], over), form: 'json' }])

  test('a bot, and an agent in his second communication, are missed like any other', async () => {
    await start()
    const conversation = chat.converse()
    conversation.say({ by: 'bot', status: FAILED, text: 'Please hold the line.', secondsAgo: 9 })
    conversation.say({ status: DELIVERED, text: 'Hello.', secondsAgo: 20 })
    conversation.say({ status: FAILED, text: 'Your part is here.', communication: 1, secondsAgo: 3 })
    await ends(conversation)
    await chat.service.advance(61)
    const [mail] = chat.mailsTo(conversation.address)
    expect(mail?.text).toMatch(/Robby.*Please hold the line\..*Ann Agent.*Your part is here\./s)
  })

  test('a session that is no web messaging is of no concern', async () => {
    await start()
    const conversation = chat.converse()
    conversation.say({ status: FAILED, text: 'It is ready.' })
    expect(await ends(conversation, { messageType: 'WHATSAPP' })).toEqual([200])
    expect(await ends(conversation, { mediaType: 'VOICE' })).toEqual([200])
    await chat.service.advance(3600)
    expect(chat.genesys.requests).toEqual([])
    expect(chat.mailsTo(conversation.address)).toEqual([])
    expect(await sourceOf(chat)).toMatchObject({ state: 'quiet', events: 0, ignored: 2 })
  })

  test('a wrong token and a body without a conversation are refused, and the source says why', async () => {
    await start()
    const event = customerEnd()
    expect(await chat.tell([{ event, form: 'json' }], { 'x-untilread-token': 'not-the-token-at-all' })).toEqual([401])
    expect(await sourceOf(chat)).toMatchObject({ refused: 1, trouble: { what: 'refused' } })
    const without = customerEnd({ conversationId: undefined })
    expect(await chat.tell([{ event: without, form: 'json' }])).toEqual([400])
    expect(await sourceOf(chat)).toMatchObject({
      unreadable: 1,
      trouble: { what: 'unreadable', detail: expect.stringContaining('conversationId') },
    })
    await chat.tell([{ event: customerEnd(), form: 'json' }])
    expect(await sourceOf(chat)).toMatchObject({ state: 'working', refused: 1, unreadable: 1 })
  })

  test('a customer whom the event does not name is found in the conversation', async () => {
    await start()
    const conversation = chat.converse()
    conversation.say({ status: FAILED, text: 'It is ready.' })
    await ends(conversation, { externalContactId: undefined, conversationExternalContactIds: [] })
    await chat.service.advance(61)
    expect(chat.mailsTo(conversation.address)).toHaveLength(1)
  })

  test('a contact without the first address gets it at the next one', async () => {
    await start()
    const contact = { personalEmail: ' ', workEmail: 'lee@corp.example.test', otherEmail: 'lee@other.example.test' }
    const conversation = chat.converse({ contact })
    conversation.say({ status: FAILED, text: 'It is ready.' })
    await ends(conversation)
    await chat.service.advance(61)
    expect(chat.service.mailServer.mails.flatMap(({ to }) => to)).toEqual(['lee@corp.example.test'])
  })

  const NO_ADDRESS: Record<string, { contact?: Record<string, unknown> | null; isGone?: true; source?: string }> = {
    'no contact id': { contact: null },
    'a contact that is not found': { isGone: true },
    'a contact without the one address that is asked for': {
      contact: { personalEmail: '', workEmail: 'lee@corp.example.test' },
      source: ', addresses: [personalEmail]',
    },
  }
  test.each(Object.entries(NO_ADDRESS))(
    '%s: nobody is told, and the timeline says that there is no address',
    async (_, { contact, isGone, source = '' }) => {
      await start({ source })
      const conversation = chat.converse(contact === undefined ? {} : { contact })
      if (isGone) chat.genesys.contacts.delete(conversation.contactId)
      conversation.say({ status: FAILED, text: 'It is ready.' })
      const nameless = { externalContactId: undefined, conversationExternalContactIds: [] }
      await ends(conversation, contact === null ? nameless : {})
      const umid = await chat.openReminder(conversation.id)
      await chat.service.advance(61)
      expect((await chat.service.timeline(umid)).state).toBe('exhausted')
      const said = await chat.saidOf(umid)
      expect(said).toContainEqual(expect.stringMatching(/^inquired: .*no address of the person is known/))
      expect(said).toContainEqual(expect.stringMatching(/^step-skipped: Email was skipped: no address is known/))
      expect(chat.service.mailServer.mails).toEqual([])
    },
  )

  test('the timeline counts what was missed, and not the event that told of it', async () => {
    await start()
    const conversation = chat.converse()
    for (const text of ['It is ready.', 'Come and see.']) conversation.say({ status: FAILED, text })
    await ends(conversation)
    const umid = await chat.openReminder(conversation.id)
    await chat.service.advance(61)
    const said = await chat.saidOf(umid)
    expect(said).toContainEqual('inquired: The platform confirms it: 2 wait to be read; addresses known: email.')
    // Nobody has read anything.
    expect(said).not.toContainEqual(expect.stringMatching(/^items-left/))
  })
})

describe('when Genesys Cloud cannot be asked', () => {
  let chat: Webchat
  beforeEach(async () => {
    chat = await startWebchat()
  })
  afterEach(() => chat.cleanUp())
  const tell = (trigger: (typeof TRIGGERS)[number], conversation: Conversation, messages: string[] = []) =>
    chat.tell([{ event: eventOf(chat, trigger, conversation, messages), form: 'event-bridge' }])

  test('a login that is refused shows in the source, and the notice goes once it is mended', async () => {
    const conversation = chat.converse()
    conversation.say({ status: FAILED, text: 'It is ready.' })
    await tell('customer.end', conversation)
    const refused = JSON.stringify({ error: 'invalid_client' })
    chat.genesys.trouble({ on: /oauth/, times: Number.POSITIVE_INFINITY, do: 'answer', status: 401, body: refused })
    await chat.service.advance(180)
    const trouble = { what: 'credentials', detail: expect.stringMatching(/answered 401.*check clientId, clientSecret/) }
    expect(await sourceOf(chat)).toMatchObject({ state: 'in-trouble', trouble })
    expect(chat.service.output()).not.toMatch(/secret-of-the-client|It is ready|customer-1@/)
    chat.genesys.heal()
    await chat.service.advance(300)
    expect(chat.mailsTo(conversation.address)).toHaveLength(1)
    const source = await sourceOf(chat)
    expect(source).toMatchObject({ state: 'working' })
    expect(source).not.toHaveProperty('trouble')
  })

  test('a permission that is missing is named, and the notice goes once it is given', async () => {
    const conversation = chat.converse()
    conversation.say({ status: FAILED, text: 'It is ready.' })
    await tell('customer.end', conversation)
    chat.genesys.permissions.delete('externalContacts:contact:view')
    await chat.service.advance(300)
    const detail = expect.stringContaining('needs externalContacts:contact:view')
    expect(await sourceOf(chat)).toMatchObject({ state: 'in-trouble', trouble: { what: 'credentials', detail } })
    chat.genesys.permissions.add('externalContacts:contact:view')
    await chat.service.advance(600)
    expect(chat.mailsTo(conversation.address)).toHaveLength(1)
  })

  test('tokens that end before their time are asked for anew', async () => {
    for (const round of [1, 2]) {
      const conversation = chat.converse()
      conversation.say({ status: FAILED, text: 'It is ready.' })
      await tell('customer.end', conversation)
      await chat.service.advance(61)
      expect(chat.mailsTo(conversation.address)).toHaveLength(1)
      expect(chat.genesys.tokensGiven()).toBe(round)
      chat.genesys.revokeTokens()
    }
  })

  test.each([
    ['breaks down', { do: 'answer', status: 503, body: '<h1>no</h1>' }],
    ['is too busy', { do: 'answer', status: 429, headers: { 'retry-after': '30' } }],
    ['hangs up', { do: 'cut' }],
  ] as const)(
    'it %s for ten minutes: who missed nothing is not told, who missed something is told once',
    async (_, trouble) => {
      const [fine, back, missed] = [chat.converse(), chat.converse(), chat.converse()]
      fine.say({ status: DELIVERED, text: 'It is ready.', secondsAgo: 5 })
      const seen = back.say({ status: FAILED, text: 'It is ready.', secondsAgo: 5 })
      missed.say({ status: FAILED, text: 'It is late.', secondsAgo: 5 })
      for (const conversation of [fine, back, missed]) await tell('customer.end', conversation)
      chat.genesys.trouble({ on: ANYTHING, times: Number.POSITIVE_INFINITY, ...trouble })
      await chat.service.advance(300)
      back.becomes(seen, DELIVERED)
      await chat.service.advance(300)
      expect(chat.service.mailServer.mails).toEqual([])
      expect(await sourceOf(chat)).toMatchObject({ state: 'in-trouble' })
      chat.genesys.heal()
      await chat.service.advance(1200)
      expect(chat.service.told(/It is/)).toEqual([expect.stringContaining(`${missed.address}: It is late.`)])
    },
  )

  test('of two whom an event named, the one who is back by then is not told, and the other is', async () => {
    const [missed, back] = [chat.converse(), chat.converse()]
    const messages = [missed, back].map((each) => each.say({ status: FAILED, text: 'It is late.', secondsAgo: 5 }))
    for (const [index, each] of [missed, back].entries()) {
      await tell('undelivered.messages', each, messages.slice(index, index + 1))
    }
    chat.genesys.trouble({ on: ANYTHING, times: Number.POSITIVE_INFINITY, do: 'answer', status: 503, body: '' })
    await chat.service.advance(300)
    back.say({ by: 'customer', status: 'received', text: 'Hello?' })
    await chat.service.advance(300)
    chat.genesys.heal()
    await chat.service.advance(1200)
    expect(chat.service.told(/It is/)).toEqual([expect.stringContaining(`${missed.address}: It is late.`)])
  })

  test('who is a contact of ours is told after two minutes of what an event named, without the texts', async () => {
    const conversation = chat.converse()
    const contact = `/api/v1/subaccounts/default/contacts/${conversation.contactId}`
    await chat.service.call('PUT', contact, { email: conversation.address })
    const message = conversation.say({ status: FAILED, text: 'It is late.' })
    await tell('undelivered.messages', conversation, [message])
    await tell('customer.end', conversation)
    chat.genesys.trouble({ on: ANYTHING, times: Number.POSITIVE_INFINITY, do: 'cut' })
    await chat.service.advance(120)
    expect(chat.mailsTo(conversation.address)).toEqual([])
    await chat.service.advance(120)
    const [mail] = chat.mailsTo(conversation.address)
    expect(mail?.subject).toContain('1')
    expect(mail?.text).not.toContain('It is late.')
    chat.genesys.heal()
    await chat.service.advance(3600)
    expect(chat.mailsTo(conversation.address)).toHaveLength(1)
  })

  test('a conversation that is gone is not told of', async () => {
    const conversation = chat.converse()
    conversation.say({ status: FAILED, text: 'It is ready.' })
    await tell('customer.end', conversation)
    const umid = await chat.openReminder(conversation.id)
    chat.genesys.conversations.delete(conversation.id)
    await chat.service.advance(3600)
    expect(await chat.service.timeline(umid)).toMatchObject({ state: 'cancelled' })
    expect(chat.service.mailServer.mails).toEqual([])
  })

  test('texts that it does not give leave a notice without them', async () => {
    chat.genesys.permissions.delete('conversation:webmessaging:view')
    chat.genesys.permissions.delete('conversation:communication:view')
    const conversation = chat.converse()
    conversation.say({ status: FAILED, text: 'It is ready.' })
    await tell('customer.end', conversation)
    await chat.service.advance(61)
    expect(chat.genesys.requests.filter(({ method, path }) => CONVERSATION.test(`${method} ${path}`))).toHaveLength(2)
    const [mail] = chat.mailsTo(conversation.address)
    expect(mail?.subject).toContain('1')
    expect(mail?.text).not.toContain('It is ready.')
  })
})

test.each([59, 901])('a delay of %i seconds is refused at the start, with its place', async (delay) => {
  const config = `sources:
  webchat:
    {platform: genesys, ${accountAt('http://127.0.0.1:9')}, webhookToken: a-token-for-the-webhook,
     delaySeconds: ${delay}}
`
  await expect(startService({ config })).rejects.toThrow(
    new RegExp(`untilread\\.yaml:4:20 +sources\\.webchat\\.delaySeconds.*${delay}.*from 60 to 900`),
  )
})

async function sourceOf({ service }: Webchat): Promise<unknown> {
  const { json } = await service.call('GET', '/api/v1/subaccounts/default/sources')
  return (json.sources as { id: string }[]).find(({ id }) => id === 'webchat')
}
