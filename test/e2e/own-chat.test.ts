import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { systemClock } from '../../src/system/clock.ts'
import { newSigningSecret } from '../../src/system/ids.ts'
import { type SmtpFake, startSmtpServer } from '../fakes/smtp-server.ts'
import { startUserDatabase, type UserDatabase } from '../fakes/user-database.ts'
import { type Service, startService } from '../support/service.ts'
import { createDatabase } from '../support/stores.ts'
import { openReminder, saidOf } from '../support/webchat.ts'

const HOME = '/api/v1/subaccounts/default'
const CONTACTS = `id;name;email;msisdn;language
ann;Ann;ann@example.test;+6590000001;en
bob;Bob;bob@example.test;;de
cem;Cem;cem@example.test;;tr
eve;Eve;not an address;;en
`
const STRIDE = 180
const AN_HOUR = { after: '1h', steps: [{ channel: 'Email' }] }

describe.each(['SQLite', 'PostgreSQL'])('an own chat on %s', (database) => {
  const secret = newSigningSecret()
  let mailServer: SmtpFake
  let users: UserDatabase
  let dataDir: string
  let databaseUrl: string | undefined
  let drop: () => Promise<void>
  let service: Service
  let ahead = 0

  const now = () => systemClock.now() + ahead
  /** In strides, so that the user database, which refuses what is five minutes off, has about the time of the service. */
  const advance = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= STRIDE) {
      const stride = Math.min(left, STRIDE)
      ahead += stride * 1000
      await service.advance(stride)
    }
  }
  const createWorld = async () => {
    mailServer = await startSmtpServer()
    users = await startUserDatabase({ secrets: [secret], now })
    dataDir = await mkdtemp(join(tmpdir(), 'untilread-own-chat-'))
    const created = database === 'PostgreSQL' ? await createDatabase(inject('postgresUrl')) : undefined
    databaseUrl = created?.url
    drop = created?.drop ?? (async () => {})
  }
  const start = async (timeout: string) => {
    ahead = 0
    service = await startService({
      dataDir,
      environment: databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl },
      config: `sandbox: true
logLevel: warn
connections:
  mail: {provider: smtp, host: 127.0.0.1, port: ${mailServer.port}, tls: none, from: Shop <shop@example.test>}
directory: {url: '${users.url}', secret: ${secret}, timeout: ${timeout}, cacheFor: 1m}
`,
    })
  }
  const cleanUp = async () => {
    await service.cleanUp()
    await Promise.all([mailServer.close(), users.close(), drop(), rm(dataDir, { recursive: true, force: true })])
  }

  const ok = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const { status, json } = await service.call(method, `${HOME}${path}`, body, headers)
    expect(json, `${method} ${path}`).not.toHaveProperty('code')
    expect(status).toBeLessThan(300)
    return json
  }
  const importContacts = () => ok('POST', '/contacts/import', CONTACTS, { 'content-type': 'text/csv' })
  const setRule = (id: string, rule: object) => ok('PUT', `/reminders/${id}`, rule)
  const post = (...events: object[]) => ok('POST', '/events', { events })
  const umidOf = (conversation: string, person: string) =>
    openReminder({ call: service.call, now }, 'events', conversation, person)
  const mailsTo = (address: string) => mailServer.mails.filter(({ to }) => to.includes(address))

  let conversations = 0
  /** Somebody writes to these people, in a conversation of its own unless told otherwise. */
  const wrote = (text: string, recipients: string[], over: Record<string, unknown> = {}) => {
    const conversation = `order-${++conversations}`
    return {
      type: 'message.sent',
      conversation,
      id: `m-${conversations}`,
      text,
      ...BY_KIM,
      recipients,
      ...over,
    }
  }

  describe('with contacts, rules and a user database', () => {
    beforeAll(async () => {
      await createWorld()
      await start('300ms')
      users.people.set('default/dora', { name: 'Dora', email: 'dora@users.example.test', language: 'de' })
      users.people.set('default/ann', { email: 'another@users.example.test', timeZone: 'Asia/Singapore' })
    })
    afterAll(cleanUp)
    beforeEach(async () => {
      users.behave({ do: 'look-up' })
      mailServer.mails.length = 0
      await setRule('missed', AN_HOUR)
    })

    test('contacts come by CSV, and a line with a mistake is refused by itself', async () => {
      expect(await importContacts()).toMatchObject({
        created: 3,
        refused: 1,
        problems: [{ line: 5, field: 'email' }],
      })
      expect(await ok('GET', '/contacts')).toMatchObject({ contacts: [{ id: 'ann' }, { id: 'bob' }, { id: 'cem' }] })
    })

    test('what is unread is told to whom it is for; a read in time calls it off', async () => {
      const first = wrote('Your table is ready.', ['ann', 'bob'], { position: 1 })
      const { conversation } = first
      await post(first, wrote('Shall we keep it?', ['ann', 'bob'], { conversation, position: 2 }))
      await advance(1800)
      await post({ type: 'message.read', conversation, person: 'bob', upTo: 2 })
      await advance(1801)
      expect(mailServer.mails.flatMap(({ to }) => to)).toEqual(['ann@example.test'])
      expect(mailServer.mails[0]?.mail.text).toMatch(/Your table is ready\..*Shall we keep it\?/s)
      await advance(3 * 3600)
      expect(mailServer.mails).toHaveLength(1)
    })

    describe('a dry run says what then happens', () => {
      const steps = [{ channel: 'SMS', fallbackAfter: '2h' }, { channel: 'Email' }]
      const KNOWN = { name: 'Fay', email: 'fay@platform.example.test' }
      test.each([
        ['who has all addresses', 'ann', {}, ['SMS', 'Email']],
        ['who has only an e-mail address', 'bob', {}, ['Email']],
        ['whom the user database knows', 'dora', {}, ['Email']],
        ['whom only the event knows', 'fay', { people: { fay: KNOWN } }, ['Email']],
        ['whom nobody knows', 'gus', {}, []],
      ])('for %s', async (_, person, over, channels) => {
        await setRule('missed', { after: '15m', steps })
        // A moment that is over, so that it is the same whenever it is told.
        const event = wrote('Your table is ready.', [person], { ...over, at: now() - 60_000 })
        const answers = [await dryRun(event), await dryRun(event)]
        expect(answers[1]).toEqual(answers[0])
        const planned = (answers[0]?.steps ?? []).filter(({ address }) => address !== 'missing')
        await post(event)
        const umid = await umidOf(event.conversation, person)
        await advance(15 * 60 + 7200 + 60)
        const { timeline, steps: shown } = await service.timeline(umid)
        const happened = timeline
          .filter(({ code }) => code === 'step-opened')
          .map(({ step, at }) => ({ channel: shown.find((each) => each.step === step)?.channel, at }))
        expect(happened.map(({ channel }) => channel)).toEqual(channels)
        expect(planned.map(({ channel }) => channel)).toEqual(channels)
        for (const [index, { at }] of happened.entries()) {
          const said = Date.parse(planned[index]?.at ?? '')
          expect(Math.abs(Date.parse(at) - said), `${channels[index]}: ${at}, said ${planned[index]?.at}`).toBeLessThan(
            2000,
          )
        }
      })
      type Answer = { steps: { channel: string; at: string; address: string }[] }
      const dryRun = async (event: object) => {
        const { people } = (await ok('POST', '/reminders/dry-run', { event })) as { people: Answer[] }
        expect(people).toHaveLength(1)
        return people[0]
      }
    })

    test('the user database fails in three ways and then answers: one notice, and the timeline tells of each', async () => {
      const event = wrote('Your table is ready.', ['dora'])
      await advance(61) // what it said of her before is forgotten
      await post(event)
      const umid = await umidOf(event.conversation, 'dora')
      users.behave({ do: 'answer', status: 500, body: 'oh' })
      await advance(3600)
      const html = { 'content-type': 'text/html' }
      users.behave({ do: 'answer', status: 200, headers: html, body: '<!doctype html><p>Log in</p>' })
      await advance(5)
      users.behave({ do: 'hold' })
      await advance(5)
      expect(mailServer.mails).toEqual([])
      users.behave({ do: 'look-up' })
      await advance(60)
      expect(mailServer.mails.flatMap(({ to }) => to)).toEqual(['dora@users.example.test'])
      const failures = (await saidOf(service, umid)).filter((line) => line.startsWith('inquiry-failed'))
      expect(failures).toEqual([
        expect.stringContaining('answered 500'),
        expect.stringContaining('with a web page'),
        expect.stringContaining('did not answer'),
      ])
      expect(users.refused).toEqual([])
      expect(service.output()).not.toMatch(/dora@|table is ready/)
    })

    test('contacts are enough while the user database is away', async () => {
      await post(wrote('Your table is ready.', ['bob']))
      users.behave({ do: 'answer', status: 500 })
      await advance(3601)
      expect(mailsTo('bob@example.test')).toHaveLength(1)
    })

    test('a contact wins over the user database, field by field', async () => {
      const text = 'It is {{ items[0].at | date: "%z" }}'
      await setRule('missed', { ...AN_HOUR, texts: { body: text } })
      await post(wrote('Your table is ready.', ['ann']))
      await advance(3601)
      expect(mailServer.mails.map(({ to, mail }) => [to, mail.text?.trim()])).toEqual([
        [['ann@example.test'], 'It is +0800'],
      ])
    })

    test('who is unknown to all is not told, and the timeline says that there is no address', async () => {
      const event = wrote('Your table is ready.', ['nobody'])
      await post(event)
      const umid = await umidOf(event.conversation, 'nobody')
      await advance(3601)
      expect((await service.timeline(umid)).state).toBe('exhausted')
      const said = await saidOf(service, umid)
      expect(said).toContainEqual(expect.stringMatching(/^inquired: .*no address of the person is known/))
      expect(said).toContainEqual(expect.stringMatching(/^step-skipped: Email was skipped: no address is known/))
      expect(mailServer.mails).toEqual([])
    })

    test('what was edited is told as it reads now, and what was deleted is not told', async () => {
      const first = wrote('Your tabel is ready.', ['ann'])
      const { conversation, id } = first
      const second = wrote('Forget it!', ['ann'], { conversation })
      await post(first, second)
      await post({ type: 'message.edited', conversation, id, text: 'Your table is ready.' })
      await post({ type: 'message.deleted', conversation, ids: [second.id] })
      await advance(3601)
      const [{ mail } = { mail: { text: '' } }] = mailsTo('ann@example.test')
      expect(mail.text).toContain('Your table is ready.')
      expect(mail.text).not.toMatch(/tabel|Forget/)
    })

    test('when all is deleted nobody is told', async () => {
      const event = wrote('Forget it!', ['ann'])
      await post(event)
      const umid = await umidOf(event.conversation, 'ann')
      await post({ type: 'message.deleted', conversation: event.conversation, ids: [event.id] })
      await advance(3 * 3600)
      expect(await service.timeline(umid)).toMatchObject({ state: 'cancelled' })
      expect(mailServer.mails).toEqual([])
    })

    test('each is told in their own language', async () => {
      const german = { subject: '{{ count }} ungelesen', body: 'Hallo {{ person.name }}: {{ items[0].text }}' }
      await setRule('missed', {
        ...AN_HOUR,
        texts: { subject: '{{ count }} unread', body: 'Hello {{ person.name }}: {{ items[0].text }}' },
        translations: { de: german },
      })
      await post(wrote('Ready!', ['ann', 'bob', 'cem', 'dora']))
      await advance(3601)
      const told = mailServer.mails.map(({ mail }) => `${mail.subject} / ${mail.text?.trim()}`).sort()
      expect(told).toEqual([
        '1 ungelesen / Hallo Bob: Ready!',
        '1 ungelesen / Hallo Dora: Ready!',
        '1 unread / Hello Ann: Ready!',
        '1 unread / Hello Cem: Ready!',
      ])
    })
  })

  describe('killed between event and notice, and started again', () => {
    beforeEach(async () => {
      await createWorld()
      await start('20s')
      users.people.set('default/dora', { name: 'Dora', email: 'dora@users.example.test' })
      await setRule('missed', AN_HOUR)
      await post(wrote('Your table is ready.', ['dora']))
    })
    afterEach(cleanUp)
    /** Time flies until something has happened in it. Where the service is killed meanwhile, nobody answers. */
    const advanceUntil = async (happened: Promise<unknown>) => {
      const answered = service.advance(3601).catch(() => {})
      await happened
      await service.kill()
      await answered
    }
    const startAgain = async () => {
      await start('20s') // at the time on the wall again
      await advance(2 * 3600)
      expect(mailServer.messageIds()).toHaveLength(1)
      expect(mailServer.mails.flatMap(({ to }) => to)).toContain('dora@users.example.test')
    }

    test('while it waits: one notice', async () => {
      await advance(600)
      await service.kill()
      await startAgain()
      expect(mailServer.mails).toHaveLength(1)
    })

    test('while it asks the user database: one notice', async () => {
      ahead = 3601_000
      users.behave({ do: 'hold' })
      await advanceUntil(users.askedFor(1))
      users.behave({ do: 'look-up' })
      await startAgain()
      expect(mailServer.mails).toHaveLength(1)
    })

    test('when the mail is handed over and the answer is not there: one notice, by its Message-ID', async () => {
      ahead = 3601_000
      mailServer.behave({ do: 'hold' })
      await advanceUntil(mailServer.arrived())
      mailServer.behave({ do: 'accept' })
      await startAgain()
    })
  })
})

const BY_KIM = { author: { id: 'kim', name: 'Kim' } }
