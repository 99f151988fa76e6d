import type { ApiKey, Webhook } from '../engine/ports/account-store.ts'
import { type Gate, isSubAccountId, mayUse } from './auth.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { isHttpUrl } from './read-url.ts'
import {
  AccountParams,
  answers,
  SecretAnswer,
  WebhooksAnswer,
  WebhooksBody,
  WebhooksDeleteAnswer,
  WebhooksDeleteBody,
  WebhooksSetAnswer,
} from './schemas.ts'

export function webhookRoutes(app: Api, { accounts, newSigningSecret }: ApiOptions, gate: Gate): void {
  const common = { tags: ['Settings'], security: [{ apiKey: [] }], params: AccountParams }
  const visible = async (key: ApiKey) => {
    const all = await accounts.webhooks()
    return all.filter(({ subAccountId }) => mayUse(key, subAccountId)).map(masked)
  }
  app.get(
    '/accounts/:accountId/webhooks',
    {
      schema: {
        ...common,
        summary: 'Webhooks',
        description: 'Where receipts go, of the subaccounts that your key may act for. Secrets are masked.',
        response: answers(WebhooksAnswer),
      },
    },
    async (request) => visible(await gate.identify(request)),
  )

  app.post(
    '/accounts/:accountId/webhooks',
    {
      schema: {
        ...common,
        summary: 'Set webhooks',
        description: 'Each replaces the one of the same subaccount and type.',
        body: WebhooksBody,
        response: answers(WebhooksSetAnswer, 400, 501),
      },
    },
    async (request) => {
      const key = await gate.identify(request)
      const webhooks = request.body.map(({ oauth, enabled = true, ...webhook }, index) => {
        checkScope(key, webhook.subAccountId, index)
        if (!isHttpUrl(webhook.url)) throw new ApiError(1000, `[${index}].url`, 'must be an http or https URL')
        if (/[^\t\x20-\x7e\x80-\xff]/.test(webhook.httpAuthorization ?? '')) {
          throw new ApiError(1000, `[${index}].httpAuthorization`, 'must be a header value on one line')
        }
        if (oauth !== undefined) {
          throw new ApiError(
            2001,
            `[${index}].oauth`,
            'is not supported here; use httpAuthorization, or check the signature',
          )
        }
        return { ...webhook, enabled }
      })
      for (const webhook of webhooks) await accounts.putWebhook(webhook)
      return { webhooks: await visible(key), signingSecret: await accounts.signingSecret(newSigningSecret) }
    },
  )

  app.delete(
    '/accounts/:accountId/webhooks',
    {
      schema: {
        ...common,
        summary: 'Remove webhooks',
        description: 'Without `type`, all of the subaccount.',
        body: WebhooksDeleteBody,
        response: answers(WebhooksDeleteAnswer, 400),
      },
    },
    async (request) => {
      const key = await gate.identify(request)
      for (const [index, { subAccountId }] of request.body.entries()) checkScope(key, subAccountId, index)
      let deletedCount = 0
      for (const { subAccountId, type } of request.body) {
        deletedCount += await accounts.deleteWebhook(subAccountId, type)
      }
      return { deletedCount }
    },
  )

  app.get(
    '/accounts/:accountId/webhooks/secret',
    {
      schema: {
        ...common,
        summary: 'Signing secret',
        description: 'The secret that every call to a webhook or a `dlrCallbackUrl` is signed with.',
        response: answers(SecretAnswer),
      },
    },
    async (request) => {
      await gate.identify(request)
      return { signingSecret: await accounts.signingSecret(newSigningSecret) }
    },
  )
}

function checkScope(key: ApiKey, subAccountId: string, index: number): void {
  if (subAccountId !== '*' && !isSubAccountId(subAccountId)) {
    throw new ApiError(1001, `[${index}].subAccountId`, 'must be 3 to 50 letters, digits or - . _ &, or *')
  }
  if (!mayUse(key, subAccountId)) {
    throw new ApiError(1201, `[${index}].subAccountId`, 'this API key belongs to another subaccount')
  }
}

function masked({ httpAuthorization, ...webhook }: Webhook): Webhook {
  return { ...webhook, ...(httpAuthorization !== undefined && { httpAuthorization: '***' }) }
}
