import type { WatchApi } from '../engine/watch-api.ts'

/** What the badge is given; without it the service has no badge. */
export type BadgeOptions = {
  config: BadgeConfig
  /** Whose conversations an account's badge counts; undefined for an account that is not ours. */
  findSource: (account: string) => { subAccountId: string; source: string } | undefined
  watch: Pick<WatchApi, 'unread' | 'onUnread'>
}

export type BadgeConfig = {
  /** Pages that may ask, such as `https://www.example.com`; `*` for all. Pages of the service's own origin always may. */
  origins: readonly string[]
  /** With it, whoever asks must show a token of the consumer. */
  jwt?: BadgeJwt
  /** Most requests of one client address in a minute, while no token is asked for. */
  perMinute: number
  /** How many proxies of our own stand before the service: the client's address is what the outermost of them saw. 0 without. */
  proxies?: number
}

/** Exactly one of `secret` and `jwksUrl`. */
export type BadgeJwt = {
  /** Its UTF-8 bytes are the key of HS256, HS384 or HS512. Several while it is changed: a token may be signed with any. */
  secret?: string | readonly string[]
  /** Where the public keys are, for RS, PS and ES algorithms and EdDSA. */
  jwksUrl?: string
  issuer?: string
  audience?: string
}
