import type { CancelResult } from '../domain/message.ts'
import { ApiError } from './errors.ts'
import { type Api, type ApiOptions, findMessage, isUuid } from './house.ts'
import { iso } from './iso.ts'
import { answers, BatchParams, CancelAnswer, CancelBatchAnswer, MessageParams, ReleaseAnswer } from './schemas.ts'

const AT_ONCE = 500 // cancels of a batch that share commits
const BATCH_PATIENCE_MS = 1_000 // a batch may hold many calls that are under way; its answer must not take minutes

export function cancelRoutes(app: Api, { engine, messages }: ApiOptions): void {
  const security = [{ apiKey: [] }]
  const noSuchMessage = () => new ApiError(1300, 'umid', 'no such message in this subaccount')

  app.delete(
    '/subaccounts/:subAccountId/messages/:umid',
    {
      schema: {
        summary: 'Cancel a message',
        description: 'Calls the message off for good, at any moment, and tells what that achieved.',
        tags: ['Cancelling'],
        security,
        params: MessageParams,
        response: answers(CancelAnswer, 404),
      },
    },
    async ({ params }) => {
      const { envelope } = await findMessage(messages, params.subAccountId, params.umid)
      const result = await engine.cancel(envelope.umid)
      if (result === undefined) throw noSuchMessage()
      return cancelView(result)
    },
  )

  app.delete(
    '/subaccounts/:subAccountId/messages/batch/:batchId',
    {
      schema: {
        summary: 'Cancel a batch',
        description: '`tooLateCount` counts the messages of which a step had left, or that had ended.',
        tags: ['Cancelling'],
        security,
        params: BatchParams,
        response: answers(CancelBatchAnswer, 404),
      },
    },
    async ({ params: { subAccountId, batchId } }) => {
      const umids = isUuid(batchId) ? await messages.batch(subAccountId, batchId.toLowerCase()) : []
      if (umids.length === 0) throw new ApiError(1300, 'batchId', 'no such batch in this subaccount')
      let cancelledCount = 0
      for (let from = 0; from < umids.length; from += AT_ONCE) {
        const some = umids.slice(from, from + AT_ONCE)
        const results = await Promise.all(some.map((umid) => engine.cancel(umid, BATCH_PATIENCE_MS)))
        cancelledCount += results.filter((result) => result?.result === 'cancelled').length
      }
      return { cancelledCount, tooLateCount: umids.length - cancelledCount }
    },
  )

  app.post(
    '/subaccounts/:subAccountId/messages/:umid/release',
    {
      schema: {
        summary: 'Release a message that was held back',
        description: 'A message that failed repeatedly on our side is held back; this takes it up again.',
        tags: ['Cancelling'],
        security,
        params: MessageParams,
        response: answers(ReleaseAnswer, 404, 409),
      },
    },
    async ({ params }) => {
      const { envelope } = await findMessage(messages, params.subAccountId, params.umid)
      if (await engine.release(envelope.umid)) return { released: true }
      throw new ApiError(409, 'umid', 'this message is not held back')
    },
  )
}

function cancelView(result: CancelResult) {
  switch (result.result) {
    case 'cancelled':
      return { cancelledCount: 1, result: result.result }
    case 'too-late':
      return { cancelledCount: 0, result: result.result, step: result.step + 1, at: iso(result.at) }
    case 'ended':
      return { cancelledCount: 0, result: result.result, outcome: result.outcome }
    case 'undecided':
      return { cancelledCount: 0, result: result.result, step: result.step + 1 }
  }
}
