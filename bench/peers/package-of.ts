import { readFile } from 'node:fs/promises'
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

/** Whether all are there in the versions that were asked for. */
export async function isInstalled(): Promise<boolean> {
  // npm writes this list when everything else is in its place.
  const installed = await read<Lock>('node_modules/.package-lock.json').catch(() => undefined)
  const wanted = Object.entries(await versions())
  return wanted.every(([name, version]) => installed?.packages[`node_modules/${name}`]?.version === version)
}
type Lock = { packages: Record<string, { version?: string }> }

/** The versions that were asked for, which are those that are installed: they are exact. */
export async function versions(): Promise<Record<string, string>> {
  const { dependencies } = await read<{ dependencies: Record<string, string> }>('package.json')
  return dependencies
}

async function read<Json>(file: string): Promise<Json> {
  return JSON.parse(await readFile(new URL(file, import.meta.url), 'utf8')) as Json
}
