import { type Logger, pino } from 'pino'

/**
 * One JSON object a line, on standard error: standard output belongs to the person at the terminal. Of an error only its
 * kind, words and place are written; drivers hang whole rows on their errors, and those hold people's texts.
 */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, serializers: { error: describeError, err: describeError } }, pino.destination(2))
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'something that is no error'
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    code,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
