/**
 * Every code that the API answers with; docs/reference/errors.md has a heading for each. The numbers and titles are those
 * of the Send API that we are compatible with; 409 follows its habit of using the HTTP status where it has no number.
 */
export const ERRORS = {
  409: { status: 409, title: 'Conflict' },
  429: { status: 429, title: 'Too Many Requests' },
  1000: { status: 400, title: 'Invalid parameter' },
  1001: { status: 400, title: 'Illegal SubAccountId' },
  1002: { status: 400, title: 'Invalid MSISDN' },
  1003: { status: 400, title: 'Invalid Encoding' },
  1004: { status: 400, title: 'Invalid Text' },
  1005: { status: 400, title: 'Invalid Source' },
  1006: { status: 400, title: 'Invalid Expiry' },
  1008: { status: 400, title: 'Invalid ID' },
  1009: { status: 400, title: 'Invalid Country Code' },
  1010: { status: 400, title: 'Parameter out of range' },
  1011: { status: 400, title: 'Invalid Schedule Time' },
  1200: { status: 401, title: 'Unauthorized Access' },
  1201: { status: 403, title: 'Access forbidden' },
  1300: { status: 404, title: 'Not found' },
  2000: { status: 500, title: 'Internal Error' },
  2001: { status: 501, title: 'Function not implemented' },
  3001: { status: 400, title: 'Missed User' },
  3002: { status: 400, title: 'Missed MSISDN' },
  3004: { status: 400, title: 'Missed Content' },
  3005: { status: 400, title: 'Missed Text' },
  3006: { status: 400, title: 'Too long text' },
  3007: { status: 400, title: 'Missed Media URL' },
  3008: { status: 400, title: 'Invalid Media URL' },
  3009: { status: 400, title: 'Too long ClientMessageId' },
  3010: { status: 400, title: 'Invalid Content Type' },
  3011: { status: 400, title: 'Too long SMS Source' },
  3012: { status: 400, title: 'Missed messages' },
  3013: { status: 400, title: 'Too much messages' },
  3014: { status: 400, title: 'Too long ClientBatchId' },
  3015: { status: 400, title: 'Missed UserId' },
  3017: { status: 400, title: 'Too long Fallback text' },
  3020: { status: 400, title: 'Invalid DR Callback URL' },
  3021: { status: 400, title: 'Empty or Invalid Location' },
  3022: { status: 400, title: 'Invalid Fallback Channel' },
  3023: { status: 400, title: 'Invalid Fallback Delay range' },
  3024: { status: 400, title: 'Invalid Fallback Status' },
  3025: { status: 400, title: 'Invalid Fallback Status Delivered' },
  3026: { status: 400, title: 'Invalid Fallback Status Read' },
  3027: { status: 400, title: 'Invalid Fallback SubAccount Channel' },
  3029: { status: 400, title: 'Missed UMID' },
  3030: { status: 400, title: 'Empty Template' },
  3031: { status: 400, title: 'Invalid Template Name Length' },
  3032: { status: 400, title: 'Invalid Template Name' },
  3033: { status: 400, title: 'Too much template parameters passed' },
  3036: { status: 400, title: 'Empty Template language' },
  3037: { status: 400, title: 'Invalid Template language' },
  3039: { status: 400, title: 'Invalid Template Component type' },
  3040: { status: 400, title: 'Empty template parameters' },
  3041: { status: 400, title: 'Invalid Template parameter' },
  3042: { status: 400, title: 'Invalid Template parameter type' },
  3043: { status: 400, title: 'Template Text parameter length exceeded' },
  3044: { status: 400, title: 'Template Location parameter empty' },
  3046: { status: 400, title: 'Template parameter URL is invalid' },
  3049: { status: 400, title: 'Invalid button parameter' },
  3051: { status: 400, title: 'Invalid Fallback ChannelID' },
  3052: { status: 400, title: 'Invalid Template Component SubType' },
  3053: { status: 400, title: 'Invalid index' },
  7001: { status: 413, title: 'Request too large' },
} as const satisfies Record<number, { status: number; title: string }>

export type ErrorCode = keyof typeof ERRORS

/** A mistake of the caller: a stable code, where it is, and what would be right. Its message is only ever shown to him. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number

  /** `path` names the field, as in `channels[1].successStatus`; empty for the request as a whole. */
  constructor(code: ErrorCode, path: string, message: string, status?: number) {
    super(path === '' ? message : `${path}: ${message}`)
    this.name = 'ApiError'
    this.code = code
    this.status = status ?? ERRORS[code].status
  }
}

export type ErrorBody = { code: number; message: string; errorId: string; timestamp: string }
