import { nearest } from '../words/nearest.ts'

/** Where a region of Genesys Cloud is reached: `login.<domain>` and `api.<domain>`. Each AWS region has one. */
export const REGIONS: Readonly<Record<string, string>> = {
  'us-east-1': 'mypurecloud.com',
  'us-east-2': 'use2.us-gov-pure.cloud',
  'us-west-2': 'usw2.pure.cloud',
  'ca-central-1': 'cac1.pure.cloud',
  'sa-east-1': 'sae1.pure.cloud',
  'mx-central-1': 'mxc1.pure.cloud',
  'eu-west-1': 'mypurecloud.ie',
  'eu-west-2': 'euw2.pure.cloud',
  'eu-central-1': 'mypurecloud.de',
  'eu-central-2': 'euc2.pure.cloud',
  'eusc-de-east-1': 'edee1.eusc-pure.cloud',
  'ap-southeast-1': 'apse1.pure.cloud',
  'ap-southeast-2': 'mypurecloud.com.au',
  'ap-northeast-1': 'mypurecloud.jp',
  'ap-northeast-2': 'apne2.pure.cloud',
  'ap-northeast-3': 'apne3.pure.cloud',
  'ap-south-1': 'aps1.pure.cloud',
  'me-central-1': 'mec1.pure.cloud',
}

/** The domain of a region that is named by AWS's name or by its domain, in any case; undefined for one we do not know. */
export function domainOf(region: string): string | undefined {
  const name = region.trim().toLowerCase()
  if (Object.hasOwn(REGIONS, name)) return REGIONS[name]
  return Object.values(REGIONS).find((domain) => domain === name)
}

/** What is wrong with a region, and what would be right; undefined for a good one. */
export function regionProblem(region: string): string | undefined {
  if (domainOf(region) !== undefined) return undefined
  const meant = nearest(region.trim(), [...Object.keys(REGIONS), ...Object.values(REGIONS)])
  const suggestion = meant === undefined ? '' : `; did you mean ${meant}?`
  return `got ${JSON.stringify(region)}, want an AWS region such as eu-west-1 or its domain such as mypurecloud.ie${suggestion}`
}
