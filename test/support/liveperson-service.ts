import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/system/clock.ts'
import { FAKE_CREDENTIALS, type FakeOptions, type LivePersonFake, startLivePerson } from '../fakes/liveperson.ts'
import { type SmtpFake, type SmtpFakeOptions, startSmtpServer } from '../fakes/smtp-server.ts'
import { startTwilio, TWILIO_SENDER, type TwilioFake } from '../fakes/twilio.ts'
import { type Service, startService } from './service.ts'

/** LivePerson, Twilio and a mail server, all by the time of a service that watches the one and sends by the others. */
export type House = {
  liveperson: LivePersonFake
  twilio: TwilioFake
  mailServer: SmtpFake
  /** The time of all of them, in epoch milliseconds. */
  now(): number
  /** Starts the built service; again after it was stopped: with the same data, and at the time of the house. */
  start(how: { config?: object; environment?: Record<string, string> }): Promise<Service>
  /** Ends the service as an operator would; its data stay. */
  stop(): Promise<void>
  /** Time passes for all, in steps that LivePerson's check of signed times does not mind; also while the service is down. */
  pass(seconds: number): Promise<void>
  /** How the source is doing, as the service says. */
  source(): Promise<Record<string, unknown>>
  /** The SMS that were sent: `number: text`, in the order of the numbers. */
  texted(): string[]
  /** The mails that were sent: `address: the lines that match`, in the order of the addresses. */
  mailed(lines?: RegExp): string[]
  close(): Promise<void>
}

/** Less than a poll, so that each poll has a moment of its own. */
const STEP_SECONDS = 30

export async function openHouse(
  options: { liveperson?: Partial<FakeOptions>; mail?: SmtpFakeOptions } = {},
): Promise<House> {
  let ahead = 0
  const now = () => systemClock.now() + ahead
  const liveperson = await startLivePerson({ now, ...options.liveperson })
  const twilio = await startTwilio()
  const mailServer = await startSmtpServer(options.mail)
  const dataDir = await mkdtemp(join(tmpdir(), 'untilread-liveperson-'))
  let service: Service | undefined
  const running = () => {
    if (service === undefined) throw new Error('the service was not started')
    return service
  }
  return {
    liveperson,
    twilio,
    mailServer,
    now,
    async start({ config, environment = {} }) {
      service = await startService({
        dataDir,
        ...(config && { config: JSON.stringify(config) }), // JSON is YAML
        environment,
      })
      if (ahead > 0) await service.advance(ahead / 1000)
      return service
    },
    async stop() {
      await running().stop()
      service = undefined
    },
    async pass(seconds) {
      for (let left = seconds; left > 0; left -= STEP_SECONDS) {
        const step = Math.min(left, STEP_SECONDS)
        ahead += step * 1000
        await service?.advance(step)
      }
    },
    async source() {
      const { json } = await running().call('GET', '/api/v1/subaccounts/default/sources')
      const [found] = (json.sources as Record<string, unknown>[]).filter(({ platform }) => platform === 'liveperson')
      return found ?? {}
    },
    texted: () => twilio.messages.map(({ fields }) => `${fields.To}: ${fields.Body}`).sort(),
    mailed: (lines = /./) =>
      mailServer.mails
        .map(({ to, mail }) => {
          const found = (mail.text ?? '').split('\n').filter((line) => lines.test(line))
          return `${to.join(', ')}: ${found.map((line) => line.trim()).join(' | ')}`
        })
        .sort(),
    async close() {
      await service?.stop()
      await mailServer.close()
      await twilio.close()
      await liveperson.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export const SALES = { id: 3072159530, name: 'Sales' }
export const SUPPORT = { id: 3072159531, name: 'Support' }
export const BILLING = { id: 3072159532, name: 'Billing' }
export const WEBHOOK_PATH = '/sources/webchat'

export const LOGINS = {
  'an API key (OAuth 1.0)': FAKE_CREDENTIALS.oauth1,
  'an install (OAuth 2.0)': FAKE_CREDENTIALS.oauth2,
}

/** A configuration with the source `webchat` and one rule, for the skill Sales: an SMS after an hour, an e-mail two hours later. */
export function salesConfig(
  { liveperson, twilio, mailServer }: Pick<House, 'liveperson' | 'twilio' | 'mailServer'>,
  source: object = FAKE_CREDENTIALS.oauth1,
): object {
  return {
    sandbox: true,
    logLevel: 'warn',
    connections: {
      mail: {
        provider: 'smtp',
        host: '127.0.0.1',
        port: mailServer.port,
        tls: 'none',
        from: 'Shop <shop@example.test>',
      },
      text: {
        provider: 'twilio',
        accountSid: twilio.accountSid,
        authToken: twilio.authToken,
        from: TWILIO_SENDER,
        baseUrl: twilio.url,
      },
    },
    sources: {
      webchat: {
        platform: 'liveperson',
        account: liveperson.account,
        domainUrl: liveperson.url,
        scheme: 'http',
        skills: [SALES.name, SUPPORT.name],
        ...source,
      },
    },
    subaccounts: {
      default: {
        reminders: [
          {
            id: 'sales',
            match: { source: 'webchat', skill: 'Sales' },
            after: '1h',
            steps: [{ channel: 'SMS', fallbackAfter: '2h' }, { channel: 'Email' }],
            texts: {
              text: 'Our sales team has answered: {{ count }} unread',
              subject: 'Our sales team has answered you',
              body: '{% for item in items %}\n- {{ item.text }}\n{% endfor %}',
            },
          },
        ],
      },
    },
  }
}
