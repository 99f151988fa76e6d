import { Type } from 'typebox'
import type { DefaultSequences } from './default-sequences.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { judge } from './judge.ts'
import { readSequence } from './read-sequence.ts'
import { answers, SequenceAnswer, SequenceBody, SubAccountParams } from './schemas.ts'

// The domain judges the steps.
const judgeBody = judge(
  Type.Object(
    { channels: Type.Unknown() },
    { additionalProperties: false, title: 'an object such as {"channels":[…]}' },
  ),
)

export function sequenceRoutes(app: Api, { engine }: ApiOptions, defaults: DefaultSequences): void {
  const security = [{ apiKey: [] }]
  const show = async (subAccountId: string) => {
    const { channels = null, setBy = null } = (await defaults.of(subAccountId)) ?? {}
    return { channels: channels as object[] | null, setBy }
  }

  app.get(
    '/subaccounts/:subAccountId/sequence',
    {
      schema: {
        summary: 'Default sequence',
        description: 'The sequence for messages of this subaccount that give no `channels`.',
        tags: ['Settings'],
        security,
        params: SubAccountParams,
        response: answers(SequenceAnswer),
      },
    },
    ({ params }) => show(params.subAccountId),
  )

  app.put(
    '/subaccounts/:subAccountId/sequence',
    {
      validatorCompiler: () => () => true,
      schema: {
        summary: 'Set the default sequence',
        description: 'Counts for messages that are accepted from now on; those under way keep theirs.',
        tags: ['Settings'],
        security,
        params: SubAccountParams,
        body: SequenceBody,
        response: answers(SequenceAnswer, 400, 409),
      },
    },
    async ({ params: { subAccountId }, body }) => {
      const { channels } = judgeBody(body)
      if (defaults.isConfigured(subAccountId)) {
        const message = `the sequence of ${subAccountId} is set in the configuration file; change it there`
        throw new ApiError(409, 'channels', message)
      }
      if (channels !== null) readSequence(channels, (name) => engine.ability(name, subAccountId), 'channels')
      await defaults.set(subAccountId, channels)
      return show(subAccountId)
    },
  )
}
