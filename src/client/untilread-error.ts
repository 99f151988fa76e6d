/** Why a call came to nothing. Without a `status` the service could not be reached, and `cause` says why. */
export class UntilreadError extends Error {
  override readonly name = 'UntilreadError'
  /** The HTTP status. */
  readonly status: number | undefined
  /** The service's own code, see the list of errors in the documentation. */
  readonly code: number | undefined
  /** By which the service's log is searched. */
  readonly errorId: string | undefined

  constructor(message: string, facts: { status?: number; code?: number; errorId?: string; cause?: unknown } = {}) {
    super(message, { cause: facts.cause })
    this.status = facts.status
    this.code = facts.code
    this.errorId = facts.errorId
  }
}

export async function errorOf(response: Response): Promise<UntilreadError> {
  const { status } = response
  const body: unknown = await response.json().catch(() => undefined)
  const { code, message, errorId } = (body ?? {}) as Record<string, unknown>
  if (typeof message !== 'string')
    return new UntilreadError(`The service answered ${status} without a reason`, { status })
  return new UntilreadError(message, {
    status,
    ...(typeof code === 'number' && { code }),
    ...(typeof errorId === 'string' && { errorId }),
  })
}

/** The host is told and nothing else of the URL, which may hold a password. */
export function unreachable(url: string, cause: unknown): UntilreadError {
  const reason = rootOf(cause)
  return new UntilreadError(`${new URL(url).origin} cannot be reached (${reason})`, { cause })
}

function rootOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { code } = error as NodeJS.ErrnoException
  if (error.cause !== undefined && code === undefined) return rootOf(error.cause)
  return code ?? error.message
}
