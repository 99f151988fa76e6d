#!/usr/bin/env node
// Plain JavaScript for old versions of Node too: it looks for a Node that can run the service, and says so if there is none.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = 24
const here = dirname(fileURLToPath(import.meta.url))
const built = join(here, '../dist/cli/untilread.js')
const program = existsSync(built) ? built : join(here, '../src/cli/untilread.ts')

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  await import(pathToFileURL(program).href)
} else {
  const node = pinnedNode(here)
  if (node === undefined) {
    console.error(
      `Untilread needs Node ${NEEDED} or newer; this is ${process.version}. See https://nodejs.org/en/download`,
    )
    process.exitCode = 1
  } else {
    runWith(node)
  }
}

/** The Node that `npm ci` has put beside this package, if it is there. */
function pinnedNode(folder) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const candidate = join(folder, 'node_modules/node/bin', name)
  if (existsSync(candidate)) return candidate
  const parent = dirname(folder)
  return parent === folder ? undefined : pinnedNode(parent)
}

function runWith(node) {
  const child = spawn(node, [...process.execArgv, program, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`${node} could not be started (${error.code || error.message})`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    // To die of the same signal tells the shell the truth.
    if (signal !== null) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    } else {
      process.exitCode = code === null ? 1 : code
    }
  })
}
