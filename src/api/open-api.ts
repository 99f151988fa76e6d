import { STATUS_CODES } from 'node:http'
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

/** What the OpenAPI document says beside the routes. */
export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Untilread',
      version: '1',
      description:
        'Sends a message through a sequence of channels until it is read. The Send API takes the JSON of the 8x8 Messaging Apps ' +
        'API as it is; each extension is an optional field. Times are ISO 8601 in UTC. Every answer carries `x-request-id`.',
    },
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of the subaccount, or one for all (`*`).' },
      },
    },
    tags: [
      { name: 'Sending' },
      { name: 'Following' },
      { name: 'Cancelling' },
      { name: 'Watching' },
      { name: 'Contacts' },
      { name: 'Suppressions' },
      { name: 'Settings' },
      { name: 'Operating' },
    ],
  },
  transformObject: (given) => ('openapiObject' in given ? compact(given.openapiObject) : given.swaggerObject),
}

type Json = { [field: string]: unknown }

/** Shapes that carry `x-shape` are written once and referred to; answers are named after their status. */
function compact<T extends object>(document: T): T {
  const schemas: Json = {}
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    const { 'x-shape': shape, ...rest } = node as Json
    const walked = Object.fromEntries(Object.entries(rest).map(([name, child]) => [name, walk(child)]))
    if (typeof shape !== 'string') return nameAnswers(walked)
    schemas[shape] = walked
    return { $ref: `#/components/schemas/${shape}` }
  }
  const walked = walk(document) as Json
  return { ...walked, components: { ...(walked.components as Json), schemas } } as unknown as T
}

function nameAnswers(node: Json): Json {
  const { responses } = node
  if (typeof responses !== 'object' || responses === null) return node
  const named = Object.entries(responses as { [status: string]: Json }).map(([status, answer]) => {
    return [status, { ...answer, description: STATUS_CODES[status] ?? status }]
  })
  return { ...node, responses: Object.fromEntries(named) }
}
