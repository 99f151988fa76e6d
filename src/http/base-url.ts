/** An address that paths are put behind; people write it with a slash at its end, and without. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
