import { UntilreadClient } from '../client/client.ts'
import { usageFailure } from './exit.ts'
import { type LocalAccess, readLocalAccess } from './local-file.ts'

export type TargetOptions = { url?: string; apiKey?: string; dataDir?: string; subaccount?: string }
type Environment = Readonly<Record<string, string | undefined>>

const USUAL_URL = 'http://localhost:3000'

/** Which service to speak to, and with which key: flags first, then the environment, then the server of this machine. */
export function findTarget(options: TargetOptions, environment: Environment): LocalAccess {
  const local = readLocalAccess(options.dataDir ?? (environment.UNTILREAD_DATA_DIR || './data'))
  const given = options.url ?? (environment.UNTILREAD_URL || undefined)
  if (given !== undefined && !/^https?:\/\/./.test(given)) {
    throw usageFailure('The URL of the service must start with https:// or http://')
  }
  const url = given ?? local?.url ?? USUAL_URL
  if (!URL.canParse(url)) throw usageFailure('The URL of the service cannot be read')
  // The key of the local server is for the local server.
  const localKey = local !== undefined && sameOrigin(local.url, url) ? local.apiKey : undefined
  const apiKey = options.apiKey ?? (environment.UNTILREAD_API_KEY || undefined) ?? localKey
  if (apiKey === undefined) {
    throw usageFailure(
      `There is no API key for ${new URL(url).origin}: give one with --api-key or UNTILREAD_API_KEY, ` +
        'or start the service here ("untilread serve") and run this in the same folder',
    )
  }
  return { url, apiKey, subAccountId: options.subaccount ?? local?.subAccountId ?? 'default' }
}

export function connect(options: TargetOptions, environment: Environment): UntilreadClient {
  return new UntilreadClient(findTarget(options, environment))
}

function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin
}
