import { type TProperties, Type } from 'typebox'
import { withoutSlash } from '../http/base-url.ts'
import { domainOf, regionProblem } from './region.ts'

/** How an organisation of Genesys Cloud is reached, and as whom. */
export type Account = {
  region: string
  clientId: string
  clientSecret: string
  apiUrl?: string
  loginUrl?: string
}

const url = (description: string, unset: string) =>
  Type.Optional(
    Type.String({ pattern: '^https?://', expected: 'a URL that starts with https:// or http://', description, unset }),
  )

/** The fields of an account, as everything that speaks with Genesys Cloud asks for them. */
export const accountFields = {
  region: Type.String({
    minLength: 1,
    example: 'eu-west-1',
    description: 'Where the organisation lives: the AWS region, or its domain such as `mypurecloud.ie`.',
  }),
  clientId: Type.String({
    minLength: 1,
    description: 'The OAuth client (client credentials) by which we ask. Its roles say what we may.',
  }),
  clientSecret: Type.String({ minLength: 1, secret: true, description: 'The secret of the OAuth client.' }),
  apiUrl: url(
    'Where the API answers, when it is not the region’s usual address.',
    '`https://api.` and the region’s domain',
  ),
  loginUrl: url('Where tokens are given out, likewise.', '`https://login.` and the region’s domain'),
} satisfies TProperties

/** What is wrong with an account beyond the shape of its fields. A region that we do not know yet may give both addresses. */
export function accountProblems({ region, apiUrl, loginUrl }: Account): { field: string; message: string }[] {
  const problem = regionProblem(region)
  if (problem === undefined || (apiUrl !== undefined && loginUrl !== undefined)) return []
  return [{ field: 'region', message: `${problem} (for a region that is newer than we are, give apiUrl and loginUrl)` }]
}

/** Without a slash at their ends. */
export function addressesOf({ region, apiUrl, loginUrl }: Account): { api: string; login: string } {
  const domain = domainOf(region) ?? region
  return {
    api: withoutSlash(apiUrl ?? `https://api.${domain}`),
    login: withoutSlash(loginUrl ?? `https://login.${domain}`),
  }
}
