import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as engine } from 'playwright-core'

const PACKAGE = '@sparticuz/chromium'
/** Beside the package that it comes from, and gone with it. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))
// The package's own list is for a cloud function; it turns off what pages are kept apart by, and that is tested here.
const FLAGS = ['--headless=shell', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars']

/**
 * A real Chromium, from the npm package alone. Unpacked once for each version, by whichever test comes first. Close it
 * when you are done. Each test should open a context of its own: `browser.newContext()`.
 */
export async function openBrowser(): Promise<Browser> {
  const folder = await unpacked()
  const launch = (env: Record<string, string> = {}) =>
    engine.launch({
      executablePath: join(folder, 'chromium'),
      args: FLAGS,
      // The package's fonts: the same text on each machine, also where there is none.
      env: { ...definedOnly(process.env), FONTCONFIG_PATH: join(folder, 'fonts'), ...env },
    })
  try {
    return await launch()
  } catch (error) {
    // A bare machine lacks a few libraries; the package brings those of one system.
    if (!String(error).includes('error while loading shared libraries')) throw error
    return await launch({ LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') })
  }
}

/** The package unpacks into the folder for temporary files and takes a half-written file for a whole one; so we move it there. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(await readFile(findPackageJSON(PACKAGE, import.meta.url) ?? '', 'utf8'))
  const folder = join(CACHE, `chromium-${version}-${process.arch}`)
  if (await exists(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const fresh = await mkdtemp(`${folder}-`)
  const before = { TMPDIR: process.env.TMPDIR, AWS_EXECUTION_ENV: process.env.AWS_EXECUTION_ENV }
  // The second makes it unpack the libraries, too.
  Object.assign(process.env, { TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' })
  try {
    await chromium.executablePath()
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  await rename(fresh, folder).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true })
    if (!(await exists(folder))) throw error // else another test was quicker
  })
  return folder
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
