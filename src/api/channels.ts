import { type ChannelFacts, lookUpChannel } from '../domain/channel-catalogue.ts'
import { titleCase } from '../domain/sequence.ts'
import type { ConnectionView } from '../engine/engine-api.ts'
import { checkUse, type Gate } from './auth.ts'
import type { Api, ApiOptions } from './house.ts'
import { iso } from './iso.ts'
import { answers, ChannelsAnswer, ChannelsQuery } from './schemas.ts'

export function channelRoutes(app: Api, { engine }: ApiOptions, gate: Gate): void {
  app.get(
    '/channels',
    {
      schema: {
        summary: 'Channels',
        description: 'What each channel name can do here, and through which connections.',
        tags: ['Settings'],
        security: [{ apiKey: [] }],
        querystring: ChannelsQuery,
        response: answers(ChannelsAnswer, 400),
      },
    },
    async (request) => {
      const { subAccountId } = request.query
      if (subAccountId !== undefined) checkUse(await gate.identify(request), subAccountId)
      return {
        channels: engine.channelNames().map((name) => {
          const facts: Partial<ChannelFacts> = lookUpChannel(name) ?? {}
          const { connected = false, reports = facts.reports ?? [] } = engine.ability(name, subAccountId) ?? {}
          return {
            channel: name,
            connected,
            successStatuses: reports.map(titleCase),
            address: facts.address ?? 'any',
            ...(facts.maxTextLength !== undefined && { maxTextLength: facts.maxTextLength }),
            otherSpellings: [...(facts.aliases ?? [])],
            connections: engine.connectionsFor(name, subAccountId).map(connectionView),
          }
        }),
      }
    },
  )
}

function connectionView({ id, provider, abilities, health }: ConnectionView) {
  const { reports, address, carries, takesIdempotencyKey, validity, revokes = false, hearsReplies = false } = abilities
  return {
    id,
    provider,
    reports: reports.map(titleCase),
    address,
    carries: [...carries],
    ...(validity && { validity: { min: validity.minMs / 1000, max: validity.maxMs / 1000 } }),
    revokes,
    takesIdempotencyKey,
    hearsReplies,
    health: health.state,
    ...(health.because !== undefined && { because: health.because }),
    ...(health.since !== undefined && { since: iso(health.since) }),
  }
}
