import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { Held } from '../../src/engine/ports/message-store.ts'
import type { Delivery, ReceiptDelivery } from '../../src/engine/ports/outbox.ts'
import type { Store } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { deciding, intake, newMessage, ONE_SMS, T0, THREE_STEPS } from '../support/messages.ts'
import type { Place, PlaceMaker } from '../support/stores.ts'

/** What the engine relies on, whatever the database. What a database does not offer is skipped with its reason. */
export function describeStore(name: string, makePlace: PlaceMaker, skip: { twoNodes?: string } = {}): void {
  const twoNodes = (title: string, run: () => Promise<void>) =>
    skip.twoNodes === undefined ? test(title, run) : test.skip(`${title} (skipped: ${skip.twoNodes})`, run)

  describe(`store on ${name}`, () => {
    let place: Place
    let store: Store
    beforeEach(async () => {
      place = await makePlace(inject('postgresUrl'))
      store = await place.open()
    })
    afterEach(() => place.cleanUp())

    /** The ids of what is due, left as it is. */
    const claimed = async (now: number) => {
      const seen: string[] = []
      await store.messages.claimDue(now, 10, ({ message }) => {
        seen.push(message.id)
        return undefined
      })
      return seen
    }
    const moved = (to: number) => (held: Held) => {
      const message: Message = { ...held.message, progress: { state: 'live', phase: 'due', step: 0, wakeAt: to } }
      return { held, advanced: { message, entries: [], effects: [] } }
    }

    test('a database that a newer version has used is refused', async () => {
      await place.execute("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', 'later')")
      await expect(store.migrate()).rejects.toMatchObject({ code: 'NEWER_DATABASE' })
    })

    test('migrating again changes nothing', async () => {
      expect(await store.migrate()).toEqual([])
    })

    test('what was accepted is there for another connection, with its envelope and frozen sequence', async () => {
      const message = newMessage({ sequence: THREE_STEPS, clientMessageId: 'my-1', expiresAt: T0 + 999_000 })
      await store.messages.accept([intake(message)])
      const other = await place.open()
      expect(await other.messages.find(message.envelope.umid)).toEqual({ ...message, version: 0, heldBack: false })
    })

    test('ids that nobody knows are not found, also when they are no ids at all', async () => {
      expect(await store.messages.find(newId())).toBeUndefined()
      expect(await store.messages.find('+6590000001')).toBeUndefined()
      expect(await store.messages.timeline('%')).toEqual([])
      const nothing = await store.messages.update(['x', newId()], () => {
        throw new Error('nothing is there to decide on')
      })
      expect(nothing.changes).toEqual([])
    })

    test('texts come back as they were, in any script', async () => {
      const text = 'Größe "quoted" \\ 你好 🙂 \u2028 \n end'
      const message = newMessage({ content: { text, email: { subject: "'; drop table messages; --" } } })
      await store.messages.accept([intake(message)])
      expect((await store.messages.find(message.envelope.umid))?.envelope.content).toEqual(message.envelope.content)
    })

    test('claims take what is due, earliest first, and nothing else', async () => {
      const late = newMessage({ scheduledAt: T0 + 2000 })
      const early = newMessage({ scheduledAt: T0 + 1000 })
      const future = newMessage({ scheduledAt: T0 + 90_000 })
      await store.messages.accept([intake(late, future), intake(early)])
      expect(await store.messages.nextWakeAt()).toBe(T0 + 1000)
      const seen: string[] = []
      const decide = deciding(({ message }) => {
        seen.push(message.id)
        return { type: 'due', at: T0 + 5000 }
      })
      const { changes } = await store.messages.claimDue(T0 + 5000, 10, decide)
      expect(seen).toEqual([early.envelope.umid, late.envelope.umid])
      expect(changes).toHaveLength(2)
      expect(await store.messages.nextWakeAt()).toBe(T0 + 65_000)
      expect((await store.messages.claimDue(T0 + 5000, 10, decide)).changes).toEqual([])
    })

    test('a claim takes no more than its limit', async () => {
      await store.messages.accept([intake(newMessage(), newMessage(), newMessage())])
      const decide = deciding(() => ({ type: 'due', at: T0 }))
      expect((await store.messages.claimDue(T0, 2, decide)).changes).toHaveLength(2)
      expect((await store.messages.claimDue(T0, 2, decide)).changes).toHaveLength(1)
    })

    test('the wake-up of what was called off wakes nothing, and is cleared away when its time comes', async () => {
      const off = newMessage({ scheduledAt: T0 + 1000 })
      const on = newMessage({ scheduledAt: T0 + 2000 })
      await store.messages.accept([intake(off, on)])
      await store.messages.update(
        [off.envelope.umid],
        deciding(() => ({ type: 'cancel', at: T0 })),
      )
      expect(await store.messages.backlog(T0 + 1000)).toEqual({ overdue: 0, heldBack: 0 })
      expect(await claimed(T0 + 1000)).toEqual([])
      expect(await store.messages.nextWakeAt()).toBe(T0 + 2000)
      expect(await claimed(T0 + 2000)).toEqual([on.envelope.umid])
      expect(await store.messages.nextWakeAt()).toBe(T0 + 2000) // nothing was decided: it is still due
    })

    test('a wake-up that is put off and comes back is due once', async () => {
      const message = newMessage({ scheduledAt: T0 + 1000 })
      const { umid } = message.envelope
      await store.messages.accept([intake(message)])
      await store.messages.update([umid], moved(T0 + 9000))
      expect(await claimed(T0 + 1000)).toEqual([])
      await store.messages.update([umid], moved(T0 + 5000))
      await store.messages.update([umid], moved(T0 + 9000))
      await store.messages.update([umid], moved(T0 + 5000))
      expect(await claimed(T0 + 5000)).toEqual([umid])
      const { changes } = await store.messages.claimDue(T0 + 5000, 10, moved(T0 + 9000))
      expect(changes).toHaveLength(1)
      expect(await claimed(T0 + 5000)).toEqual([])
      expect(await claimed(T0 + 9000)).toEqual([umid])
    })

    test('what was decided on a message as it stood is saved unless it has changed since', async () => {
      const [a, b] = [newMessage(), newMessage()]
      await store.messages.accept([intake(a, b)])
      const first = await store.messages.claimDue(T0, 10, (held) => moved(T0 + 1000)(held))
      const known = first.changes.map(({ now }) => now)
      const second = await store.messages.saveUnlessChanged(known.map(moved(T0 + 2000)))
      expect(second?.changes.map(({ now: { version } }) => version)).toEqual([2, 2])
      expect(await store.messages.nextWakeAt()).toBe(T0 + 1000) // left over
      expect(await claimed(T0 + 1000)).toEqual([])

      const since = second?.changes.map(({ now }) => now) ?? []
      await store.messages.update([b.envelope.umid], moved(T0 + 3000))
      const refs = [{ connection: 'c', ref: 'r', umid: a.envelope.umid, step: 0 }]
      const entries = [{ at: T0, code: 'held' as const }]
      const late = since.map((held) => ({ held, advanced: { message: held.message, entries, effects: [] } }))
      expect(await store.messages.saveUnlessChanged(late, { refs })).toBeUndefined()
      expect((await store.messages.find(a.envelope.umid))?.version).toBe(2)
      expect(await store.messages.timeline(a.envelope.umid)).toEqual([])
      expect((await store.messages.resolveRefs(refs)).size).toBe(0)
      expect(await store.messages.saveUnlessChanged(late.slice(0, 1), { refs })).toBeDefined()
      expect((await store.messages.timeline(a.envelope.umid)).map(({ version }) => version)).toEqual([3])
      expect((await store.messages.resolveRefs(refs)).size).toBe(1)
    })

    test('a transition is kept as a new version with its timeline entries', async () => {
      const { envelope } = newMessage()
      await store.messages.accept([intake(newMessage({ umid: envelope.umid, sequence: THREE_STEPS }))])
      await store.messages.claimDue(
        T0,
        10,
        deciding(() => ({ type: 'due', at: T0 })),
      )
      await store.messages.update(
        [envelope.umid],
        deciding(() => ({
          type: 'receipt',
          at: T0 + 5,
          step: 0,
          report: { status: 'delivered', providerAt: T0 + 3 },
        })),
      )
      const record = await store.messages.find(envelope.umid)
      expect(record?.version).toBe(2)
      expect(record?.message.attempts[0]).toMatchObject({
        status: 'delivered',
        times: { delivered: [T0 + 5, T0 + 3] },
      })
      const pages = await store.messages.timeline(envelope.umid)
      expect(pages.map(({ version, entries }) => [version, entries.map(({ code }) => code)])).toEqual([
        [1, ['step-opened']],
        [2, ['receipt']],
      ])
      expect((await store.messages.timeline(envelope.umid, 1)).map(({ version }) => version)).toEqual([2])
    })

    test('a decision that fails leaves everything of its transaction undone', async () => {
      const [a, b] = [newMessage(), newMessage()]
      await store.messages.accept([intake(a, b)])
      const decide = deciding(({ message }) => {
        if (message.id === b.envelope.umid) throw new Error('poison')
        return { type: 'cancel', at: T0 }
      })
      await expect(store.messages.update([a.envelope.umid, b.envelope.umid], decide)).rejects.toThrow('poison')
      expect((await store.messages.find(a.envelope.umid))?.message.progress.state).toBe('live')
      expect(await store.messages.timeline(a.envelope.umid)).toEqual([])
    })

    test('a claim is wanted until something moves the wake-up of its message', async () => {
      const kept = newMessage()
      const cancelled = newMessage()
      await store.messages.accept([intake(kept, cancelled)])
      const { changes } = await store.messages.claimDue(
        T0,
        10,
        deciding(() => ({ type: 'due', at: T0 })),
      )
      const claims = changes.map(({ held }) => ({ umid: held.message.id, fence: T0 + 60_000 }))
      expect((await store.messages.stillWanted(claims)).size).toBe(2)
      await store.messages.update(
        [cancelled.envelope.umid],
        deciding(() => ({ type: 'cancel', at: T0 + 1 })),
      )
      expect([...(await store.messages.stillWanted(claims))]).toEqual([kept.envelope.umid])
      expect((await store.messages.stillWanted([{ umid: kept.envelope.umid, fence: T0 + 59_999 }])).size).toBe(0)
    })

    twoNodes('two nodes that claim at once never get the same message', async () => {
      const messages = Array.from({ length: 60 }, () => newMessage())
      await store.messages.accept([intake(...messages)])
      const other = await place.open()
      const decide = deciding(() => ({ type: 'due', at: T0 }))
      const claims = await Promise.all(
        [store, other, store, other].map((node) =>
          node.messages.claimDue(T0, 20, decide).then(({ changes }) => changes),
        ),
      )
      const ids = claims.flat().map(({ held }) => held.message.id)
      expect(new Set(ids).size).toBe(ids.length)
      const rest = await store.messages.claimDue(T0, 100, decide)
      expect(ids.length + rest.changes.length).toBe(60)
    })

    twoNodes('two nodes that decide on one message decide one after the other', async () => {
      const { envelope } = newMessage({ sequence: THREE_STEPS })
      await store.messages.accept([intake(newMessage({ umid: envelope.umid, sequence: THREE_STEPS }))])
      await store.messages.claimDue(
        T0,
        10,
        deciding(() => ({ type: 'due', at: T0 })),
      )
      const other = await place.open()
      const receipt = (status: 'accepted' | 'sent' | 'delivered' | 'read') =>
        deciding(() => ({ type: 'receipt', at: T0 + 1, step: 0, report: { status } }))
      await Promise.all([
        store.messages.update([envelope.umid], receipt('sent')),
        other.messages.update([envelope.umid], receipt('delivered')),
        store.messages.update([envelope.umid], receipt('read')),
        other.messages.update([envelope.umid], receipt('accepted')),
      ])
      const record = await store.messages.find(envelope.umid)
      expect(record?.message.progress).toMatchObject({ state: 'succeeded', step: 0, status: 'read' })
      const heard = (await store.messages.timeline(envelope.umid)).flatMap(({ entries }) => entries)
      expect(heard.filter(({ code }) => code === 'receipt')).toHaveLength(4)
    })

    test('a provider’s own id leads to its attempt, and a receipt that came first waits for it', async () => {
      const message = newMessage()
      const { umid } = message.envelope
      await store.messages.accept([intake(message)])
      const ref = { connection: 'fake', ref: 'provider-1' }
      const parked = { id: newId(), ...ref, report: { status: 'delivered' as const, native: 'DLVRD' }, arrivedAt: T0 }
      expect((await store.messages.resolveRefs([ref])).size).toBe(0)
      await store.messages.park([parked])
      expect(await store.messages.matchParked([ref])).toEqual([])
      const decide = deciding(() => ({ type: 'due', at: T0 }))
      await store.messages.update([umid], decide, { refs: [{ ...ref, umid, step: 0 }] })
      expect(await store.messages.resolveRefs([ref])).toEqual(new Map([['fake provider-1', { umid, step: 0 }]]))
      expect(await store.messages.matchParked([{ connection: 'other', ref: 'provider-1' }])).toEqual([])
      expect(await store.messages.matchParked([ref])).toEqual([{ ...parked, umid, step: 0 }])
      expect(await store.messages.matchParked()).toHaveLength(1)
      await store.messages.update([umid], () => undefined, { unpark: [parked.id] })
      expect(await store.messages.matchParked()).toEqual([])
    })

    test('the same idempotency key with the same body gets the first answer, with another body a conflict', async () => {
      const request = (bodyHash: string, answer: string) => ({
        ...intake(newMessage()),
        idempotency: { key: 'k-1', bodyHash, answer, at: T0 },
      })
      const [first, again, other] = [request('h1', 'one'), request('h1', 'two'), request('h2', 'three')]
      expect(await store.messages.accept([first, again, other])).toEqual([
        { kind: 'accepted' },
        { kind: 'replayed', answer: 'one' },
        { kind: 'conflict' },
      ])
      expect(await store.messages.accept([request('h1', 'four')])).toEqual([{ kind: 'replayed', answer: 'one' }])
      expect(await store.messages.answerTo('default', 'k-1')).toEqual({ bodyHash: 'h1', answer: 'one' })
      expect(await store.messages.answerTo('default', 'k-9')).toBeUndefined()
      expect(await store.messages.find(again.messages[0]?.envelope.umid ?? '')).toBeUndefined()
      const elsewhere = { ...request('h9', 'five'), subAccountId: 'another' }
      expect(await store.messages.accept([elsewhere])).toEqual([{ kind: 'accepted' }])
    })

    twoNodes('two nodes that get the same idempotency key at once accept it once', async () => {
      const other = await place.open()
      const request = () => ({
        ...intake(newMessage()),
        idempotency: { key: 'k-2', bodyHash: 'h', answer: 'first', at: T0 },
      })
      const answers = await Promise.all(
        [store, other, store, other].map((node) => node.messages.accept([request()]).then(([only]) => only?.kind)),
      )
      expect(answers.filter((kind) => kind === 'accepted')).toHaveLength(1)
      expect(answers.filter((kind) => kind === 'replayed')).toHaveLength(3)
    })

    test('a batch is found by its id within its subaccount', async () => {
      const batchId = newId()
      const messages = [newMessage({ batchId }), newMessage({ batchId })]
      await store.messages.accept([intake(...messages, newMessage())])
      const ids = messages.map(({ envelope }) => envelope.umid)
      expect((await store.messages.batch('default', batchId)).sort()).toEqual(ids.sort())
      expect(await store.messages.batch('another', batchId)).toEqual([])
    })

    test('an operator who holds all live messages back, as after a restore, releases them one by one', async () => {
      const [one, other] = [newMessage(), newMessage()]
      await store.messages.accept([intake(one, other)])
      await place.execute("insert into held_back select id from messages where state = 'live' and wake_at is not null")
      await place.execute("update messages set wake_at = null where state = 'live'")
      expect(await claimed(T0)).toEqual([])
      expect(await store.messages.backlog(T0)).toEqual({ overdue: 0, heldBack: 2 })
      await store.messages.update([other.envelope.umid], (held) => {
        return { held, heldBack: false, advanced: { message: held.message, entries: [], effects: [] } }
      })
      expect(await claimed(T0)).toEqual([other.envelope.umid])
      expect(await store.messages.backlog(T0)).toEqual({ overdue: 1, heldBack: 1 })
    })

    test('a message that is held back has no wake-up until it is released', async () => {
      const message = newMessage()
      await store.messages.accept([intake(message)])
      const entries = [{ at: T0, code: 'held' as const }]
      await store.messages.update([message.envelope.umid], (held) => ({
        held,
        failures: 5,
        heldBack: true,
        advanced: { message: held.message, entries, effects: [] },
      }))
      expect(await claimed(T0)).toEqual([])
      expect(await store.messages.backlog(T0)).toEqual({ overdue: 0, heldBack: 1 })
      expect((await store.messages.find(message.envelope.umid))?.heldBack).toBe(true)
      // What comes meanwhile is recorded, and wakes nothing up.
      await store.messages.update(
        [message.envelope.umid],
        deciding(() => ({ type: 'receipt', at: T0, step: 0, report: { status: 'sent' } })),
      )
      expect(await claimed(T0)).toEqual([])
      await store.messages.update([message.envelope.umid], (held) => {
        expect(held.heldBack).toBe(true)
        return { held, heldBack: false, advanced: { message: held.message, entries: [], effects: [] } }
      })
      expect(await store.messages.backlog(T0)).toEqual({ overdue: 1, heldBack: 0 })
    })

    test('sweeping drops what is older than its keeping and nothing else', async () => {
      const park = (arrivedAt: number) => ({
        id: newId(),
        connection: 'fake',
        ref: newId(),
        report: { status: 'sent' as const },
        arrivedAt,
      })
      await store.messages.park([park(T0), park(T0 + 1000)])
      const request = { ...intake(newMessage()), idempotency: { key: 'k', bodyHash: 'h', answer: 'a', at: T0 } }
      await store.messages.accept([request])
      expect(await store.messages.sweep({ parked: T0 + 500, idempotency: T0 })).toEqual({ parked: 1, idempotency: 0 })
      expect(await store.messages.sweep({ parked: T0, idempotency: T0 + 1 })).toEqual({ parked: 0, idempotency: 1 })
    })

    test('a thousand messages in one request are stored together', async () => {
      const messages = Array.from({ length: 1000 }, () => newMessage({ sequence: ONE_SMS }))
      await store.messages.accept([intake(...messages)])
      expect(await store.messages.backlog(T0)).toEqual({ overdue: 1000, heldBack: 0 })
    })

    describe('outbox', () => {
      const changeStatus = (umid: string) =>
        store.messages.update(
          [umid],
          deciding(() => ({ type: 'due', at: T0 })),
        )
      const take = (now: number, busy: string[] = []) => store.messages.claimDeliveries(now, 10, now + 30_000, busy)

      test('nothing is written for messages whose sender asked for no receipts', async () => {
        const message = newMessage()
        await store.messages.accept([intake(message)])
        expect((await changeStatus(message.envelope.umid)).deliveries).toBe(0)
        expect(await store.messages.nextDeliveryAt([])).toBeUndefined()
      })

      test('a message’s own URL gets a receipt for each change of status, with rising numbers', async () => {
        await store.accounts.signingSecret(() => 'whsec_abc')
        const message = newMessage({
          sequence: THREE_STEPS,
          dlrCallbackUrl: 'https://own.example/dlr',
          clientMessageId: 'c-1',
        })
        await store.messages.accept([intake(message)])
        const { umid } = message.envelope
        expect((await changeStatus(umid)).deliveries).toBe(1)
        await store.messages.update(
          [umid],
          deciding(() => ({ type: 'receipt', at: T0 + 1, step: 0, report: { status: 'delivered' } })),
        )
        const claimed = (await take(T0 + 1)).map(({ lane, delivery }) => ({ lane, delivery: receiptOf(delivery) }))
        expect(claimed.map(({ lane, delivery }) => [lane, delivery.channel, delivery.status, delivery.step])).toEqual([
          ['https://own.example/dlr', 'WhatsApp', 'queued', 0],
          ['https://own.example/dlr', 'WhatsApp', 'delivered', 0],
        ])
        const [first, second] = claimed.map(({ delivery }) => delivery)
        expect(first?.envelope.clientMessageId).toBe('c-1')
        expect(first?.endpoint).toEqual({ url: 'https://own.example/dlr', signingSecret: 'whsec_abc' })
        expect(second?.eventNumber).toBeGreaterThan(first?.eventNumber ?? 0)
      })

      test('a subaccount’s webhook is used as it is configured when the receipt goes out', async () => {
        const hook = { subAccountId: '*', enabled: true, url: 'https://old.example' }
        await store.accounts.putWebhook(hook)
        const message = newMessage()
        await store.messages.accept([intake(message)])
        await changeStatus(message.envelope.umid)
        await store.accounts.putWebhook({ ...hook, url: 'https://new.example', httpAuthorization: 'Basic x' })
        const [claimed] = await take(T0)
        expect(claimed?.lane).toBe('default')
        expect(claimed?.delivery.endpoint).toMatchObject({ url: 'https://new.example', httpAuthorization: 'Basic x' })
        await store.accounts.deleteWebhook('*')
        expect((await take(T0 + 30_000))[0]?.delivery.endpoint).toBeUndefined()
      })

      test('a disabled webhook and one for inbound messages get no receipts', async () => {
        await store.accounts.putWebhook({ subAccountId: 'default', enabled: false, url: 'https://a.example' })
        await store.accounts.putWebhook({
          subAccountId: 'default',
          enabled: true,
          url: 'https://b.example',
          type: 'MSG',
        })
        const message = newMessage()
        await store.messages.accept([intake(message)])
        expect((await changeStatus(message.envelope.umid)).deliveries).toBe(0)
      })

      test('a claimed delivery comes again after its lease, a settled one as its result says', async () => {
        const message = newMessage({ dlrCallbackUrl: 'https://own.example' })
        await store.messages.accept([intake(message)])
        await changeStatus(message.envelope.umid)
        const [claimed] = await take(T0)
        const id = claimed?.delivery.id ?? ''
        expect(await take(T0 + 29_999)).toEqual([])
        expect(await store.messages.nextDeliveryAt([])).toBe(T0 + 30_000)
        expect(await store.messages.nextDeliveryAt(['https://own.example'])).toBeUndefined()
        expect(await take(T0 + 30_000, ['https://own.example'])).toEqual([])
        expect(await take(T0 + 30_000)).toHaveLength(1)
        await store.messages.settleDeliveries([{ id, kind: 'again', at: T0 + 50_000, error: 'HTTP 500' }])
        expect(await take(T0 + 49_999)).toEqual([])
        expect((await take(T0 + 50_000))[0]?.delivery.attempts).toBe(1)
        await store.messages.settleDeliveries([{ id, kind: 'delivered' }])
        expect(await take(T0 + 999_000)).toEqual([])
      })

      test('a delivery that is given up is never taken again', async () => {
        const message = newMessage({ dlrCallbackUrl: 'https://own.example' })
        await store.messages.accept([intake(message)])
        await changeStatus(message.envelope.umid)
        const [claimed] = await take(T0)
        const id = claimed?.delivery.id ?? ''
        await store.messages.settleDeliveries([{ id, kind: 'given-up', error: 'HTTP 410' }])
        expect(await store.messages.nextDeliveryAt([])).toBeUndefined()
      })
    })

    describe('accounts', () => {
      test('a key is found by its hash until it is revoked', async () => {
        const key = { id: newId(), subAccountId: 'default', prefix: 'utr_abc', createdAt: T0 }
        await store.accounts.addKey(key, 'hash-1')
        expect(await store.accounts.findKey('hash-1')).toEqual(key)
        expect(await store.accounts.findKey('hash-2')).toBeUndefined()
        expect(await store.accounts.revokeKey(key.id, T0 + 5)).toBe(true)
        expect(await store.accounts.revokeKey(key.id, T0 + 6)).toBe(false)
        expect(await store.accounts.revokeKey('no such id', T0 + 6)).toBe(false)
        expect(await store.accounts.findKey('hash-1')).toBeUndefined()
        expect(await store.accounts.listKeys()).toEqual([{ ...key, revokedAt: T0 + 5 }])
      })

      test('a subaccount’s default sequence is replaced as a whole', async () => {
        expect(await store.accounts.defaultSequence('default')).toBeUndefined()
        await store.accounts.setDefaultSequence('default', [{ channel: 'SMS' }])
        await store.accounts.setDefaultSequence('default', [{ channel: 'Viber' }, { channel: 'SMS' }])
        expect(await store.accounts.defaultSequence('default')).toEqual([{ channel: 'Viber' }, { channel: 'SMS' }])
      })

      test('webhooks are kept per subaccount and type', async () => {
        const receipts = { subAccountId: 'default', enabled: true, url: 'https://a.example', type: 'CADR' as const }
        const both = { subAccountId: 'default', enabled: true, url: 'https://b.example' }
        await store.accounts.putWebhook(receipts)
        await store.accounts.putWebhook(both)
        expect(await store.accounts.webhooks()).toEqual([both, receipts])
        expect(await store.accounts.deleteWebhook('default', 'CADR')).toBe(1)
        expect(await store.accounts.deleteWebhook('default')).toBe(1)
        expect(await store.accounts.webhooks()).toEqual([])
      })

      test('the signing secret is made once', async () => {
        expect(await store.accounts.signingSecret(() => 'first')).toBe('first')
        expect(await store.accounts.signingSecret(() => 'second')).toBe('first')
      })
    })
  })
}

function receiptOf(delivery: Delivery): Delivery & ReceiptDelivery {
  if (delivery.kind !== 'receipt') throw new Error('it is no receipt')
  return delivery
}
