import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of the benchmark's own. It goes with the process at the latest, also where that is ended at once. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'untilread-bench-'))
  const options = { recursive: true, force: true }
  const atExit = () => rmSync(path, options)
  process.once('exit', atExit)
  return {
    path,
    async remove() {
      await rm(path, options)
      process.off('exit', atExit)
    },
  }
}
