import type { ChannelDefinition } from './define-channel.ts'
import { genesysEmail } from './genesys-email/genesys-email.ts'
import { mailchimpTransactional } from './mailchimp-transactional/mailchimp-transactional.ts'
import { sandbox } from './sandbox/sandbox.ts'
import { sendgrid } from './sendgrid/sendgrid.ts'
import { smtp } from './smtp/smtp.ts'
import { twilio } from './twilio/twilio.ts'
import { webhook } from './webhook.ts'

/** Every provider that a connection can name. Adding one is a file, a line here and a docs page. */
export const CHANNELS: readonly ChannelDefinition[] = [
  smtp,
  sendgrid,
  mailchimpTransactional,
  twilio,
  genesysEmail,
  webhook,
  sandbox,
]
