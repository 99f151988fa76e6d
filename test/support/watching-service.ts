import { systemClock } from '../../src/system/clock.ts'
import { type ReceivedMail, type SmtpFake, startSmtpServer } from '../fakes/smtp-server.ts'
import { type Service, startService } from './service.ts'

/** The built service with a mail server, and a clock that platforms' fakes can read too. */
export type WatchingService = Service & {
  mailServer: SmtpFake
  /** The service's time, in epoch milliseconds. */
  now(): number
  /** `to: the lines of the mail that tell of messages`, in the order of the addresses. */
  told(lines?: RegExp): string[]
}

export async function startWatchingService(options: {
  config: string
  environment?: Record<string, string>
  reminders?: string
  mailServer?: SmtpFake
}): Promise<WatchingService> {
  const mailServer = options.mailServer ?? (await startSmtpServer())
  const config = `sandbox: true
logLevel: warn
connections:
  mail: {provider: smtp, host: 127.0.0.1, port: ${mailServer.port}, tls: none, from: Shop <shop@example.test>}
${options.config}`
  const service = await startService({ config, ...(options.environment && { environment: options.environment }) })
  let ahead = 0
  return {
    ...service,
    mailServer,
    now: () => systemClock.now() + ahead,
    async advance(seconds) {
      ahead += seconds * 1000
      await service.advance(seconds)
    },
    told: (lines = /./) => mailServer.mails.map((mail) => toldBy(mail, lines)).sort(),
    async cleanUp() {
      await service.cleanUp()
      await mailServer.close()
    },
  }
}

function toldBy({ to, mail }: ReceivedMail, lines: RegExp): string {
  const found = (mail.text ?? '').split('\n').filter((line) => lines.test(line))
  return `${to.join(', ')}: ${found.map((line) => line.trim()).join(' | ')}`
}
