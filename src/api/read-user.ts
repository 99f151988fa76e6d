import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { addressOf, type User } from '../domain/recipient.ts'
import type { Sequence } from '../domain/sequence.ts'
import { type Country, readPhone } from '../phone/phone.ts'
import { ApiError } from './errors.ts'
import { DOUBTFUL, readCountry } from './read-phone.ts'

/** The person as the rules know them: the number in E.164. Takes what has the right shape. */
export function readUser(given: User, warnings: string[]): User {
  const { msisdn, country, ...rest } = given
  if (msisdn !== undefined && rest.lineUserId !== undefined) {
    throw new ApiError(1000, 'user.lineUserId', 'cannot go with user.msisdn; give one of the two')
  }
  const code = country === undefined ? undefined : readCountry(country, 'user.country')
  const user: User = {
    ...(msisdn !== undefined && { msisdn: readNumber(msisdn, code, warnings) }),
    ...(code !== undefined && { country: code }),
    ...rest,
  }
  const { country: _, ...addresses } = user
  if (Object.keys(addresses).length === 0) {
    throw new ApiError(3002, 'user', 'has no address; give msisdn, or email, lineUserId, channelUserId or contactId')
  }
  return user
}

function readNumber(msisdn: string, country: Country | undefined, warnings: string[]): string {
  const phone = readPhone(msisdn, country)
  if (phone === undefined) {
    const national = country !== undefined && !msisdn.trimStart().startsWith('+')
    throw refusal(national ? 'is not a phone number of user.country' : 'is not a phone number')
  }
  if (!phone.exists) warnings.push(`user.msisdn: ${DOUBTFUL}`)
  return phone.number
}

function refusal(what: string): ApiError {
  return new ApiError(
    1002,
    'user.msisdn',
    `${what}; give E.164, which is + and 7 to 15 digits from the country code on, or a national number with user.country`,
  )
}

/**
 * Compares the addresses with the sequence. A message that no step can reach is refused; a step that will probably be
 * skipped is worth a warning. Only probably, as the operator's own connection may take any address.
 */
export function checkReach(user: User, sequence: Sequence, warnings: string[]): void {
  const unreached = sequence.filter(({ channel }) => {
    const kind = lookUpChannel(channel)?.address ?? 'any'
    return addressOf(user, channel, kind) === undefined
  })
  if (unreached.length === 0) return
  const names = [...new Set(unreached.map(({ channel }) => channel))]
  const kinds = new Set(names.map((channel) => lookUpChannel(channel)?.address))
  const wanted = [...kinds].map((kind) => (kind === 'phone' ? 'msisdn' : kind === 'line' ? 'lineUserId' : kind))
  const verb = names.length === 1 ? 'needs' : 'need'
  if (unreached.length === sequence.length && user.contactId === undefined) {
    const code = kinds.has('phone') ? 3002 : 3015
    throw new ApiError(code, `user.${wanted[0]}`, `is missing: ${names.join(' and ')} ${verb} ${wanted.join(' or ')}`)
  }
  warnings.push(
    `channels: ${names.join(' and ')} usually ${verb} user.${wanted.join(' or user.')}; a step without an address is skipped`,
  )
}
