import { readFileSync } from 'node:fs'

/** Of this package; its file lies two folders up, from `src/cli` as from `dist/cli`. */
export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
