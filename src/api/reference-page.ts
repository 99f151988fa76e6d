import type { Api } from './house.ts'
import { renderReference } from './render-reference.ts'

/** The OpenAPI document, and a page made from it: one HTML file that needs no script and nothing from elsewhere. */
export function referencePageRoutes(app: Api): void {
  let document: string | undefined
  let page: string | undefined

  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return reply.header('content-type', 'application/json; charset=utf-8').send(document)
  })

  // Whoever opens the address in a browser finds something to read.
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))

  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    page ??= renderReference(app.swagger())
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header(
        'content-security-policy',
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      .header('referrer-policy', 'no-referrer')
      .send(page)
  })
}
