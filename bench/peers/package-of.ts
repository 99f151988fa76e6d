import { access, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The peers' packages are installed for this folder alone, and only by the benchmark. The types beside each peer say as
 * much of its package as is used, so that they can be checked where nothing is installed.
 */
const require = createRequire(import.meta.url)
export const FOLDER = fileURLToPath(new URL('.', import.meta.url))

export async function load<Package>(name: string): Promise<Package> {
  return (await import(pathToFileURL(require.resolve(name)).href)) as Package
}

export async function isInstalled(): Promise<boolean> {
  return access(new URL('node_modules/.package-lock.json', import.meta.url)).then(
    () => true,
    () => false,
  )
}

/** The versions that were asked for, which are those that are installed: they are exact. */
export async function versions(): Promise<Record<string, string>> {
  const text = await readFile(new URL('package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies
}
