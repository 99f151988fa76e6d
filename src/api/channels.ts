import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { titleCase } from '../domain/sequence.ts'
import type { Api, ApiOptions } from './house.ts'
import { answers, ChannelsAnswer } from './schemas.ts'

export function channelRoutes(app: Api, { engine }: ApiOptions): void {
  app.get(
    '/channels',
    {
      schema: {
        summary: 'Channels',
        description: 'What each channel name can do here.',
        tags: ['Settings'],
        security: [{ apiKey: [] }],
        response: answers(ChannelsAnswer),
      },
    },
    async () => ({
      channels: engine.channelNames().map((name) => {
        const { reports: most = [], address, aliases = [], maxTextLength } = lookUpChannel(name) ?? {}
        const { connected = false, reports = most } = engine.ability(name) ?? {}
        return {
          channel: name,
          connected,
          successStatuses: reports.map(titleCase),
          address: address ?? 'any',
          ...(maxTextLength !== undefined && { maxTextLength }),
          otherSpellings: [...aliases],
        }
      }),
    }),
  )
}
