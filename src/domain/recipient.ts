import type { AddressKind } from './channel-catalogue.ts'

/** The person a message goes to, as the sender named them. */
export type User = {
  /** E.164 with `+`. */
  msisdn?: string
  country?: string
  email?: string
  lineUserId?: string
  /** WhatsApp's business-scoped user id; `msisdn` wins where both are given. */
  channelUserId?: string
  /** The sender's own id for the person. */
  contactId?: string
}

/** All that a person can be addressed by, whichever the channel. */
export function addressesOf({ msisdn, email, lineUserId, channelUserId, contactId }: User): string[] {
  return [msisdn, email, lineUserId, channelUserId, contactId].filter((address) => address !== undefined)
}

/** Where a channel of this kind finds the person, or undefined when the sender gave nothing that it can use. */
export function addressOf(user: User, channel: string, kind: AddressKind): string | undefined {
  switch (kind) {
    case 'phone':
      return user.msisdn ?? (channel === 'WhatsApp' ? user.channelUserId : undefined)
    case 'email':
      return user.email
    case 'line':
      return user.lineUserId
    case 'any':
      return user.channelUserId ?? user.contactId ?? user.msisdn ?? user.email ?? user.lineUserId
  }
}
