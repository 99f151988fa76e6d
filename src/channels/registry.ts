import { eightByEight } from './8x8/8x8.ts'
import type { ChannelDefinition } from './define-channel.ts'
import { genesysEmail } from './genesys-email/genesys-email.ts'
import { infobip } from './infobip/infobip.ts'
import { mailchimpTransactional } from './mailchimp-transactional/mailchimp-transactional.ts'
import { rcs } from './rcs/rcs.ts'
import { sandbox } from './sandbox/sandbox.ts'
import { sendgrid } from './sendgrid/sendgrid.ts'
import { smpp } from './smpp/smpp.ts'
import { smtp } from './smtp/smtp.ts'
import { telegram } from './telegram/telegram.ts'
import { twilio } from './twilio/twilio.ts'
import { viber } from './viber/viber.ts'
import { vonage } from './vonage/vonage.ts'
import { webPush } from './web-push/web-push.ts'
import { webhook } from './webhook.ts'
import { whatsAppCloud } from './whatsapp-cloud/whatsapp-cloud.ts'

/** Every provider that a connection can name. Adding one is a file, a line here and a docs page. */
export const CHANNELS: readonly ChannelDefinition[] = [
  smtp,
  sendgrid,
  mailchimpTransactional,
  genesysEmail,
  twilio,
  vonage,
  infobip,
  eightByEight,
  smpp,
  whatsAppCloud,
  viber,
  rcs,
  telegram,
  webPush,
  webhook,
  sandbox,
]
