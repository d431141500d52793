import { destination, pino } from 'pino'
import { withoutSecrets } from '#schemas'
import { limitedLog } from './process-limited-log.ts'
import type { Logger } from './stage.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Hidden whatever they hold; secrets inside of other texts are found by withoutSecrets. */
const SECRET_FIELDS = ['password', 'token', 'secret', 'authorization'].flatMap((field) => [
  field,
  `*.${field}`,
])

export interface LoggerOptions {
  /** Who speaks, e.g. the service. */
  name: string
  level?: LogLevel
  /** File to append to; standard error when left out, so that standard output stays for data. */
  file?: string
}

/**
 * JSON lines by pino, no secret in any of them, and no warning or error again and again. ERROR means that a person must act
 * now.
 */
export function createLogger({ name, level = 'info', file }: LoggerOptions): Logger {
  const sink = destination({ dest: file ?? 2, sync: true, mkdir: true })
  const lines = pino(
    {
      name,
      level,
      errorKey: 'error',
      base: { name, pid: process.pid },
      redact: { paths: SECRET_FIELDS, censor: '***' },
      hooks: { streamWrite: withoutSecrets },
    },
    sink,
  )
  return limitedLog(lines)
}

/** Says nothing: tests. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
