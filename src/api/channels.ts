import { CHANNEL_CATALOGUE } from '../domain/channel-catalogue.ts'
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
      channels: CHANNEL_CATALOGUE.map(({ name, aliases = [], reports, address, maxTextLength }) => {
        const here = engine.ability(name)
        return {
          channel: name,
          connected: here?.connected ?? false,
          successStatuses: (here?.reports ?? reports).map(titleCase),
          address,
          ...(maxTextLength !== undefined && { maxTextLength }),
          otherSpellings: [...aliases],
        }
      }),
    }),
  )
}
