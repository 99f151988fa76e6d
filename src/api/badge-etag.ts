import type { IncomingHttpHeaders } from 'node:http'

/** Does the caller have this version already? `W/` makes no difference to that. */
export function isUnchanged(headers: IncomingHttpHeaders, etag: string): boolean {
  const known = headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return known !== undefined && (known.includes(etag) || known.includes('*'))
}
