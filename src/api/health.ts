import type { Api, ApiOptions } from './house.ts'
import { HealthAnswer } from './schemas.ts'

export function healthRoutes(app: Api, { messages }: ApiOptions): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Is the process alive?',
        tags: ['Operating'],
        security: [],
        response: { 200: HealthAnswer },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Can it work?',
        description: '503 while the database does not answer.',
        tags: ['Operating'],
        security: [],
        response: { 200: HealthAnswer, 503: HealthAnswer },
      },
    },
    async (request, reply) => {
      try {
        await messages.nextWakeAt()
        return { status: 'ready' }
      } catch (error) {
        request.log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'database does not answer')
        return reply.code(503).send({ status: 'database does not answer' })
      }
    },
  )
}
