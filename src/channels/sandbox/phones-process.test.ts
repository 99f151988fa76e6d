import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { adapter, outgoing, PHONE, SANDBOX_SECRET, startService } from '../../../test/support/sandbox-harness.ts'
import { systemClock } from '../../system/clock.ts'
import { MovableClock } from '../../system/movable-clock.ts'

test('handsets in another process outlive the service, and tell it afterwards what it missed', async () => {
  const args = ['test/support/phones-process.ts', '0', SANDBOX_SECRET]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    const [line] = await once(createInterface(child.stdout), 'line')
    const { url } = JSON.parse(line)
    const clock = new MovableClock(systemClock)
    const before = await startService(clock)
    const channel = adapter(url, before.callbackUrl, clock)
    await before.stop()
    expect(await channel.send(outgoing(), new AbortController().signal)).toMatchObject({ kind: 'accepted' })
    await channel.close?.()

    const after = await startService(clock, before.port)
    while (after.receipts.length < 2) {
      after.hold()()
      await after.called()
    }
    expect(after.statuses()).toEqual(['sent', 'delivered'])
    const handset = await (await fetch(`${url}/handsets/${PHONE}`)).json()
    expect(handset).toMatchObject({ messages: [{ status: 'delivered', duplicate: false }] })
    await after.stop()
  } finally {
    child.stdin.end()
    await ended
  }
})
