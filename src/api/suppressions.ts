import { Type } from 'typebox'
import { e164Of } from '../domain/address.ts'
import { listedAs, SUPPRESSION_REASONS } from '../domain/suppression.ts'
import type { Suppression, SuppressionKey } from '../engine/ports/suppression-store.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { iso } from './iso.ts'
import { answers, SubAccountParams } from './schemas.ts'

const Address = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'As messages go to it: a phone number in E.164 with `+`, an e-mail address, or an id of the channel.',
  examples: ['+6591234567'],
})
const Channel = Type.String({ description: 'Channel name, in any case.', examples: ['SMS'] })
const Reason = Type.Enum([...SUPPRESSION_REASONS], {
  description: '`opted-out`: the person said stop. `blocked`: has shut the sender out. `bad-address`: leads nowhere.',
})
const SuppressionShape = Type.Object({
  channel: Channel,
  address: Address,
  reason: Reason,
  connection: Type.String({ description: 'Who heard of it.' }),
  since: Type.String({ format: 'date-time' }),
})
const ListAnswer = Type.Object({
  suppressions: Type.Array(SuppressionShape),
  next: Type.Optional(Type.String({ description: 'Give it as `after` for the next page; absent on the last.' })),
})
const ListQuery = Type.Object({
  address: Type.Optional(Address),
  limit: Type.Optional(Type.String({ description: '1 to 1000; 100 unless told otherwise.' })),
  after: Type.Optional(Type.String({ description: 'The `next` of the page before.' })),
})
const Body = Type.Object(
  { channel: Channel, address: Address, reason: Type.Optional(Reason) },
  { additionalProperties: false, title: 'an object such as {"channel":"SMS","address":"+6591234567"}' },
)
const Which = Type.Object({ channel: Type.Optional(Channel), address: Address })

/** Who is not written to any more, and on which channel: to be looked up, added to and lifted by people. */
export function suppressionRoutes(app: Api, { engine, suppressions, clock }: ApiOptions): void {
  const common = { tags: ['Suppressions'], security: [{ apiKey: [] }], params: SubAccountParams }
  const path = '/subaccounts/:subAccountId/suppressions'
  const spelled = (channel: string, subAccountId: string) => engine.ability(channel, subAccountId)?.name ?? channel

  app.get(
    path,
    {
      schema: {
        ...common,
        summary: 'Suppressions',
        description: 'Addresses to which nothing more goes on a channel, in the order of the addresses.',
        querystring: ListQuery,
        response: answers(ListAnswer, 400),
      },
    },
    async ({ params, query }) => {
      const { address, limit: asked, after } = query
      const limit = readLimit(asked)
      const found = await suppressions.list(engine.connectionsOf(params.subAccountId), {
        limit: limit + 1,
        ...(address !== undefined && { address: listed(address) }),
        ...(after !== undefined && { after: readPlace(after) }),
      })
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      return { suppressions: page.map(view), ...(last && { next: showPlace(last) }) }
    },
  )

  app.post(
    path,
    {
      schema: {
        ...common,
        summary: 'Suppress an address',
        description: 'From now on nothing goes to it on this channel, through no connection of the subaccount.',
        body: Body,
        response: answers(Type.Object({ suppressions: Type.Array(SuppressionShape) }), 400),
      },
    },
    async ({ params: { subAccountId }, body }) => {
      const { reason = 'opted-out' } = body
      const channel = spelled(body.channel, subAccountId)
      const address = listed(body.address, engine.connectionsFor(channel, subAccountId)[0]?.abilities.address)
      const at = clock.now()
      const connections = engine.connectionsOf(subAccountId, channel)
      if (connections.length === 0)
        throw new ApiError(3027, 'channel', `${channel} has no connection in this subaccount`)
      await suppressions.suppress(connections.map((connection) => ({ connection, channel, address, reason, at })))
      const found = await suppressions.list(connections, { address, limit: connections.length * 20 })
      return { suppressions: found.filter((each) => each.channel === channel).map(view) }
    },
  )

  app.delete(
    path,
    {
      schema: {
        ...common,
        summary: 'Lift suppressions',
        description: 'Messages go to this address again: on one channel, or on all. Ask the person first.',
        querystring: Which,
        response: answers(Type.Object({ liftedCount: Type.Integer() }), 400),
      },
    },
    async ({ params: { subAccountId }, query: { address: given, channel } }) => {
      if (!given)
        throw new ApiError(
          1000,
          'address',
          'is missing; give the address, percent-encoded, as in ?address=%2B6591234567',
        )
      const connections = engine.connectionsOf(subAccountId)
      const wanted = channel === undefined ? undefined : spelled(channel, subAccountId)
      const kind = wanted && engine.connectionsFor(wanted, subAccountId)[0]?.abilities.address
      const known = await suppressions.list(connections, { address: listed(given, kind), limit: 1000 })
      const keys = known.filter((each) => wanted === undefined || each.channel === wanted)
      return { liftedCount: await suppressions.lift(keys, { all: true }) }
    },
  )
}

/**
 * An address as it stands in the list, however somebody wrote it. `kind` is what the channel needs, where it is known; without
 * it a number tells by its `+`, or by the space that becomes of one in a query which nobody encoded.
 */
function listed(address: string, kind?: string): string {
  const text = address.trim()
  if (text === '') throw new ApiError(1000, 'address', 'must not be empty')
  const isPhone = kind === 'phone' || /^[+ ]/.test(address)
  return (isPhone ? e164Of(text) : undefined) ?? listedAs(text)
}

function view({ at, ...suppression }: Suppression) {
  return { ...suppression, since: iso(at) }
}

function readLimit(text = '100'): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit
  throw new ApiError(1000, 'limit', 'must be a whole number from 1 to 1000')
}

function showPlace({ address, channel, connection }: SuppressionKey): string {
  return Buffer.from(JSON.stringify([address, channel, connection])).toString('base64url')
}

function readPlace(text: string): SuppressionKey {
  try {
    const [address, channel, connection, ...more] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (
      typeof address === 'string' &&
      typeof channel === 'string' &&
      typeof connection === 'string' &&
      more.length === 0
    )
      return { address, channel, connection }
  } catch {
    // as below
  }
  throw new ApiError(1000, 'after', 'must be the `next` of the page before, as it was answered')
}
