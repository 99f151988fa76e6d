import { afterEach, describe, expect, it } from 'vitest'
import { type GenesysFake, startGenesys } from '../../../test/fakes/genesys.ts'
import type { AskedAbout, Source } from '../../engine/ports/source.ts'
import { SourceTrouble } from '../../engine/ports/source.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { genesys } from './genesys.ts'

type Config = Parameters<typeof genesys.create>[0]

const NOW = Date.parse('2024-05-02T09:21:00Z')
const ONE = '2f7bf00a-0fc2-4d6a-9b56-92238191433e'
const CONTACT = '12456349-b5c7-4d8f-9eb4-f4df18bce9a9'
const CUSTOMER = '9fb2ca78-8389-4758-b76a-9b0300de1fce'
const SECRET = 'the-secret-of-the-client'
const TOKEN = 'a-token-of-sixteen'
const MISSED_AT = Date.parse('2024-05-02T09:15:00Z')
const signal = () => new AbortController().signal

const closers: (() => Promise<void> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(over: Partial<Config> = {}): Promise<{ fake: GenesysFake; source: Source }> {
  const clock = new MovableClock(NOW)
  const fake = await startGenesys({ clientId: 'client', clientSecret: SECRET, now: () => clock.now() })
  closers.push(fake.close)
  fake.conversations.set(ONE, conversation())
  fake.contacts.set(CONTACT, {
    id: CONTACT,
    firstName: 'Lee',
    lastName: 'Doe',
    personalEmail: 'lee@example.com',
    workEmail: 'lee.doe@corp.example',
    cellPhone: { display: '+1 555-123-0000', e164: '+15551230000', acceptsSMS: true },
    canonicalContact: { id: CONTACT },
  })
  fake.texts.set('m-3', { id: 'm-3', conversationId: ONE, textBody: 'Your part is here.', status: 'delivery-failed' })
  const account = {
    region: 'eu-west-1',
    clientId: 'client',
    clientSecret: SECRET,
    apiUrl: fake.url,
    loginUrl: fake.url,
  }
  const world = { sourceId: 'chat', webhookUrl: 'http://127.0.0.1:1/sources/chat', clock, newNonce: () => 'nonce' }
  const source = genesys.create({ ...account, webhookToken: TOKEN, ...over }, world)
  closers.push(() => source.close?.())
  return { fake, source }
}

function conversation(): Record<string, unknown> {
  return {
    id: ONE,
    participants: [
      {
        id: CUSTOMER,
        purpose: 'customer',
        name: 'Lee',
        externalContactId: CONTACT,
        attributes: { 'context.email': 'lee@context.example', phone: '+1 (555) 999-0000' },
        messages: [
          {
            id: 'c-1',
            messages: [{ messageId: 'm-1', messageStatus: 'received', messageTime: '2024-05-02T09:00:01.000Z' }],
          },
        ],
      },
      {
        id: '1b7c5a10-1111-4222-8333-944455556666',
        purpose: 'agent',
        name: 'Ann Agent',
        messages: [
          {
            id: 'c-2',
            messages: [
              { messageId: 'm-2', messageStatus: 'delivery-success', messageTime: '2024-05-02T09:02:00.000Z' },
              { messageId: 'm-3', messageStatus: 'delivery-failed', messageTime: '2024-05-02T09:15:00.000Z' },
            ],
          },
        ],
      },
    ],
  }
}

const about = (over: Partial<AskedAbout> = {}): AskedAbout => ({
  conversation: ONE,
  person: 'customer',
  items: [{ id: 'end:session', at: NOW - 60_000 }],
  ...over,
})
const confirm = (source: Source, over: Partial<AskedAbout> = {}) => source.confirm?.(about(over), signal())
const personOf = (source: Source, over: Partial<AskedAbout> = {}) => source.personOf?.(about(over), signal())
const pathsOf = ({ requests }: GenesysFake) => requests.map(({ method, path }) => `${method} ${path}`)

/** The message of the trouble that is thrown, and its kind. */
async function troubleOf(call: Promise<unknown> | undefined): Promise<SourceTrouble> {
  try {
    await call
  } catch (error) {
    if (error instanceof SourceTrouble) return error
    throw error
  }
  throw new Error('there was no trouble')
}

const CONVERSATION_READ = /^GET \/api\/v2\/conversations\/[^/]+$/
const TEXTS_READ = /^POST .*\/messages\/bulk/
const CONTACT_READ = /^GET \/api\/v2\/externalcontacts/

describe('what is still unread', () => {
  it('is the failed messages in their own words, in place of what the event named', async () => {
    const { source } = await start()
    expect(await confirm(source)).toEqual({
      kind: 'unread',
      items: [{ id: 'm-3', text: 'Your part is here.', at: MISSED_AT, author: 'Ann Agent' }],
    })
  })

  it('is nothing when all got through', async () => {
    const { fake, source } = await start()
    fake.conversations.set(ONE, { id: ONE, participants: [] })
    expect(await confirm(source)).toEqual({ kind: 'read' })
    expect(pathsOf(fake).filter((line) => TEXTS_READ.test(line))).toEqual([])
  })

  it('is gone with the conversation', async () => {
    const { source } = await start()
    expect(await confirm(source, { conversation: 'another' })).toEqual({ kind: 'gone', why: 'conversation-gone' })
  })

  it('is asked by the other path where the role does not allow the first', async () => {
    const { fake, source } = await start()
    fake.permissions.delete('conversation:communication:view')
    expect(await confirm(source)).toMatchObject({ kind: 'unread', items: [{ id: 'm-3', at: MISSED_AT }] })
    expect(pathsOf(fake)).toContain(`GET /api/v2/conversations/messages/${ONE}`)
    expect(await confirm(source, { conversation: 'another' })).toMatchObject({ kind: 'gone' })
  })

  it.each([
    ['may not be read', (fake: GenesysFake) => fake.permissions.delete('conversation:webmessaging:view')],
    ['are not there', (fake: GenesysFake) => fake.trouble({ on: TEXTS_READ, do: 'answer', status: 404 })],
    [
      'are of another shape',
      (fake: GenesysFake) => fake.trouble({ on: TEXTS_READ, do: 'answer', status: 200, body: '[7]' }),
    ],
  ])('is told without texts where they %s', async (_, arrange) => {
    const { fake, source } = await start()
    arrange(fake)
    expect(await confirm(source)).toEqual({
      kind: 'unread',
      items: [{ id: 'm-3', at: MISSED_AT, author: 'Ann Agent' }],
    })
  })

  it('prefers the normalized text, and takes the time of the message where the conversation has none', async () => {
    const { fake, source } = await start()
    fake.texts.set('m-7', {
      id: 'm-7',
      conversationId: ONE,
      textBody: 'raw',
      normalizedMessage: { type: 'Text', text: 'Hello Lee' },
      timestamp: '2024-05-02T09:16:00.000Z',
    })
    fake.conversations.set(ONE, {
      participants: [{ purpose: 'bot', messages: [{ messageId: 'm-7', messageStatus: 'delivery-failed' }] }],
    })
    expect(await confirm(source)).toEqual({
      kind: 'unread',
      items: [{ id: 'm-7', text: 'Hello Lee', at: Date.parse('2024-05-02T09:16:00Z') }],
    })
  })

  it('is nothing when the message itself has got through in the meantime', async () => {
    const { fake, source } = await start()
    for (const later of [{ status: 'read' }, { normalizedReceipts: [{ status: 'Sent' }, { status: 'Delivered' }] }]) {
      fake.texts.set('m-3', { id: 'm-3', conversationId: ONE, textBody: 'x', ...later })
      expect(await confirm(source)).toEqual({ kind: 'read' })
    }
  })

  it('puts an id into a path as it is, and no more than that', async () => {
    const { fake, source } = await start()
    expect(await confirm(source, { conversation: '../users?x=1' })).toMatchObject({ kind: 'gone' })
    expect(pathsOf(fake)).toContain('GET /api/v2/conversations/..%2Fusers%3Fx%3D1')
  })
})

describe('marks on the conversation', () => {
  const MARKED = {
    'context.email': 'lee@context.example',
    WebMessagingNotificationTriggered: 'true',
    WebMessagingNotificationExternalContactFound: 'true',
  }
  const askBoth = [
    (source: Source) => confirm(source),
    (source: Source) => personOf(source, { known: { contactId: CONTACT } }),
  ]

  it.each([
    ['still unread?', 'where to?', askBoth],
    ['where to?', 'still unread?', askBoth.toReversed()],
  ])(
    'say that a notice is due and that the contact was found, each once, asked first "%s" and then "%s"',
    async (...[, , ask]) => {
      const { fake, source } = await start()
      for (const question of [...ask, ...ask]) await question(source)
      await source.close?.()
      const patches = fake.requests.filter(({ method }) => method === 'PATCH')
      expect(new Set(patches.map(({ path }) => path))).toEqual(
        new Set([`/api/v2/conversations/${ONE}/participants/${CUSTOMER}/attributes`]),
      )
      const set = patches.flatMap(({ body }) => Object.keys(JSON.parse(body).attributes))
      expect(set.sort()).toEqual(Object.keys(MARKED).slice(1).sort())
      expect(fake.conversations.get(ONE)?.participants).toMatchObject([{ attributes: MARKED }, {}])
    },
  )

  it('that stand there already are left alone', async () => {
    const { fake, source } = await start()
    const { participants } = conversation() as { participants: object[] }
    fake.conversations.set(ONE, { participants: participants.map((each) => ({ ...each, attributes: MARKED })) })
    for (const question of askBoth) await question(source)
    await source.close?.()
    expect(pathsOf(fake).filter((line) => line.startsWith('PATCH'))).toEqual([])
  })

  it('are not set where nothing is unread, nor where nobody wants them', async () => {
    const { fake, source } = await start()
    fake.conversations.set(ONE, { participants: [{ id: CUSTOMER, purpose: 'customer' }] })
    for (const question of askBoth) await question(source)
    const unmarked = await start({ markConversation: false })
    for (const question of askBoth) await question(unmarked.source)
    await Promise.all([source.close?.(), unmarked.source.close?.()])
    expect([...pathsOf(fake), ...pathsOf(unmarked.fake)].filter((line) => line.startsWith('PATCH'))).toEqual([])
  })

  it('keep nobody waiting, and fail without a word', async () => {
    const { fake, source } = await start()
    fake.trouble({ on: /^PATCH/, times: 1, do: 'hold' })
    fake.trouble({ on: /^PATCH/, do: 'answer', status: 500 })
    expect(await confirm(source)).toMatchObject({ kind: 'unread' })
    await fake.held()
    fake.release()
    expect(await personOf(source)).toMatchObject({ email: 'lee@example.com' })
    await source.close?.()
  })
})

describe('where a customer can be reached', () => {
  it('stands on the contact that the event named', async () => {
    const { fake, source } = await start()
    expect(await personOf(source, { known: { contactId: CONTACT } })).toEqual({
      name: 'Lee Doe',
      email: 'lee@example.com',
      msisdn: '+15551230000',
      contactId: CONTACT,
    })
    expect(pathsOf(fake)).toEqual(['POST /oauth/token', `GET /api/v2/externalcontacts/contacts/${CONTACT}`])
  })

  it.each([
    ['the conversation', undefined],
    ['the conversation’s other shape', 'conversation:communication:view'],
  ])('is found by %s where the event named no contact', async (_, withoutPermission = '') => {
    const { fake, source } = await start()
    fake.permissions.delete(withoutPermission)
    expect(await personOf(source)).toMatchObject({ email: 'lee@example.com', contactId: CONTACT })
  })

  it('is the first that is there, in the order that was configured', async () => {
    const { fake, source } = await start()
    const contact = { ...fake.contacts.get(CONTACT), personalEmail: 'not an address', otherEmail: 'lee@other.example' }
    fake.contacts.set(CONTACT, contact)
    expect(await personOf(source)).toMatchObject({ email: 'lee.doe@corp.example' })
    const other = await start({
      addresses: ['otherEmail', 'attribute:missing', 'attribute:context.email', 'workEmail'],
    })
    expect(await personOf(other.source)).toMatchObject({ email: 'lee@context.example' })
  })

  it('may be an attribute of the conversation alone, and then no contact is asked for', async () => {
    const { fake, source } = await start({ addresses: ['attribute:context.email'], phones: ['attribute:phone'] })
    expect(await personOf(source, { known: { contactId: CONTACT } })).toEqual({
      email: 'lee@context.example',
      msisdn: '+15559990000',
      contactId: CONTACT,
    })
    expect(pathsOf(fake).filter((line) => CONTACT_READ.test(line))).toEqual([])
  })

  it('is no phone that takes no SMS', async () => {
    const { fake, source } = await start()
    const phones = {
      cellPhone: { e164: '+15551230000', acceptsSMS: false },
      homePhone: { e164: 'unknown' },
      workPhone: { e164: '+15557770000' },
    }
    fake.contacts.set(CONTACT, { ...fake.contacts.get(CONTACT), ...phones })
    expect(await personOf(source)).toMatchObject({ msisdn: '+15557770000' })
  })

  it.each(['mergedTo', 'canonicalContact'])('is on the contact that this one became (%s)', async (field) => {
    const { fake, source } = await start()
    fake.contacts.set(CONTACT, { id: CONTACT, personalEmail: 'old@example.com', [field]: { id: 'merged' } })
    fake.contacts.set('merged', { id: 'merged', [field]: { id: 'last' } })
    fake.contacts.set('last', { id: 'last', personalEmail: 'new@example.com', [field]: { id: CONTACT } })
    expect(await personOf(source)).toMatchObject({ email: 'new@example.com' })
    fake.contacts.delete('merged')
    expect(await personOf(source)).toMatchObject({ email: 'old@example.com' })
  })

  it('is unknown where there is no contact, and where there is no conversation', async () => {
    const { fake, source } = await start()
    fake.contacts.clear()
    expect(await personOf(source)).toBeUndefined()
    expect(await personOf(source, { known: { contactId: 'nobody' } })).toBeUndefined()
    expect(await personOf(source, { conversation: 'another' })).toBeUndefined()
  })

  it('is unknown for an anonymous visitor, whose contact is known by name and id alone', async () => {
    const { fake, source } = await start()
    fake.contacts.set(CONTACT, { id: CONTACT, type: 'Ephemeral', firstName: 'Guest' })
    expect(await personOf(source)).toEqual({ name: 'Guest', contactId: CONTACT })
  })
})

describe('trouble', () => {
  it.each([
    [
      { status: 429, headers: { 'retry-after': '9' } },
      { kind: 'busy', retryAfterMs: 9_000 },
    ],
    [{ status: 503, body: '<html>' }, { kind: 'away' }],
    [{ status: 200, body: '<html>It works!</html>' }, { kind: 'unreadable' }],
    [{ status: 200, body: '{"participants":7}' }, { kind: 'unreadable' }],
    [{ status: 302, headers: { location: '/' } }, { kind: 'configuration' }],
    [{ status: 401 }, { kind: 'credentials' }],
    [
      { status: 400, body: '{"code":"bad.request"}' },
      { kind: 'unreadable', message: expect.stringContaining('bad.request') },
    ],
  ] as const)('is what a conversation that answers %j makes', async (answer, trouble) => {
    const { fake, source } = await start()
    fake.trouble({ on: CONVERSATION_READ, do: 'answer', ...answer })
    expect(await troubleOf(confirm(source))).toMatchObject(trouble)
    fake.heal()
    expect(await confirm(source)).toMatchObject({ kind: 'unread' })
  })

  it('is away when the connection is cut, also among the texts', async () => {
    const { fake, source } = await start()
    fake.trouble({ on: TEXTS_READ, times: 1, do: 'cut' })
    expect(await troubleOf(confirm(source))).toMatchObject({ kind: 'away' })
    expect(await confirm(source)).toMatchObject({ kind: 'unread' })
  })

  it('names the permission that is missing, and the correlation id', async () => {
    const { fake, source } = await start()
    fake.permissions.delete('externalContacts:contact:view')
    const { kind, message } = await troubleOf(personOf(source))
    expect(kind).toBe('credentials')
    expect(message).toContain("the client's role needs externalContacts:contact:view")
    expect(message).toContain('correlation id c0ffee-1')
  })

  it('is with the credentials when the login refuses them, and shows neither them nor anybody’s data', async () => {
    const { source } = await start({ clientSecret: 'another-secret' })
    const { kind, message } = await troubleOf(confirm(source))
    expect(kind).toBe('credentials')
    expect(message).not.toMatch(/another-secret|lee@|2f7bf00a/)
  })

  it('ends with a call that is called off', async () => {
    const { fake, source } = await start()
    fake.trouble({ on: CONVERSATION_READ, times: 1, do: 'hold' })
    const stop = new AbortController()
    const asked = source.confirm?.(about(), stop.signal)
    await fake.held()
    stop.abort()
    expect(await troubleOf(asked)).toMatchObject({ kind: 'away' })
    fake.release()
  })
})
