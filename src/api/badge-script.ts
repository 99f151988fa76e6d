import { readFileSync } from 'node:fs'
import { isUnchanged } from './badge-etag.ts'
import type { Api, ApiOptions } from './house.ts'

/** Two folders up and down again: the same from `src/api` as from `dist/api`. */
export const BADGE_SCRIPT = new URL('../../web/badge/badge.min.js', import.meta.url)

const FRESH_SECONDS = 3600 // how long after an upgrade a page may still run the script of before

/** The script that pages embed. It is the same for all, and holds nothing of anybody. */
export function badgeScriptRoute(app: Api, { sha256 }: Pick<ApiOptions, 'sha256'>): void {
  const script = readFileSync(BADGE_SCRIPT)
  const etag = `"${sha256(script.toString()).slice(0, 16)}"`

  app.get('/badge.js', { schema: { hide: true } }, async ({ headers }, reply) => {
    reply
      .header('cache-control', `public, max-age=${FRESH_SECONDS}`)
      .header('etag', etag)
      // Also for pages that are isolated, or that check the script's hash.
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
    if (isUnchanged(headers, etag)) return reply.code(304).send()
    return reply.header('content-type', 'text/javascript; charset=utf-8').send(script)
  })
}
