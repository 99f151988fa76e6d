import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `local.json` in the data directory: where the server with the simulated phones is and how to get in, so that `send` and
 * `watch` on the same machine need no flags. For its owner only. It stays after a stop: the key is stored hashed, and
 * the next start has nowhere else to read it from.
 */
export type LocalAccess = { url: string; apiKey: string; subAccountId: string }

const NAME = 'local.json'

export function writeLocalAccess(dataDir: string, access: LocalAccess): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, NAME)
  const draft = `${path}.${process.pid}`
  try {
    // A new file each time: an old one might be readable by others, and a reader never sees half of it.
    writeFileSync(draft, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Undefined when there is none, or none that makes sense. */
export function readLocalAccess(dataDir: string): LocalAccess | undefined {
  try {
    const { url, apiKey, subAccountId } = JSON.parse(readFileSync(join(dataDir, NAME), 'utf8'))
    if (![url, apiKey, subAccountId].every((each) => typeof each === 'string') || !URL.canParse(url)) return undefined
    return { url, apiKey, subAccountId }
  } catch {
    return undefined
  }
}
