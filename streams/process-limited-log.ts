import { createLogLimit, type HeldBack } from './log-limit.ts'
import type { Logger } from './stage.ts'

const WINDOW_MS = 30_000
const KEYS_MAX = 1_000
const LOOK_EVERY_MS = 1_000

/** The same log, in which warnings and errors that come again and again are counted (log-limit.ts). */
export function limitedLog(log: Logger): Logger {
  const limit = createLogLimit({ windowMs: WINDOW_MS, keysMax: KEYS_MAX })
  let looking: NodeJS.Timeout | undefined

  const tell = (seconds: object) => (held: HeldBack) =>
    log[held.level]({ ...held.fields, repeated: held.repeated, ...seconds }, held.event)
  const tellRest = () => limit.rest().forEach(tell({}))

  /** Nothing runs before the first line that may come again. */
  function begin(): void {
    looking = setInterval(() => {
      limit.due(Date.now()).forEach(tell({ withinSeconds: WINDOW_MS / 1_000 }))
    }, LOOK_EVERY_MS).unref()
    process.once('exit', tellRest)
  }

  const limited = (level: 'warn' | 'error') => (fields: object, event: string) => {
    if (looking === undefined) begin()
    if (limit.passes({ level, fields, event }, Date.now())) log[level](fields, event)
  }
  return {
    debug: (fields, event) => log.debug(fields, event),
    info: (fields, event) => log.info(fields, event),
    warn: limited('warn'),
    error: limited('error'),
  }
}
