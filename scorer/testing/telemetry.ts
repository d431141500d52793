import type { Logger, Signals } from '#streams'

/** Keeps what was logged and counted, for tests to look at. */
export interface RecordedTelemetry {
  log: Logger
  signals: Signals
  readonly logged: { level: string; message: string; fields: Record<string, unknown> }[]
  /** Sum of a counter, or the last value of a gauge, over all labels. */
  valueOf(name: string): number
}

export function createRecordedTelemetry(): RecordedTelemetry {
  const logged: RecordedTelemetry['logged'] = []
  const values = new Map<string, number>()
  const at = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, message, fields: { ...fields } })
  return {
    logged,
    valueOf: (name) => values.get(name) ?? 0,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    signals: {
      count: (name, _labels, by = 1) => void values.set(name, (values.get(name) ?? 0) + by),
      gauge: (name, value) => void values.set(name, value),
      observe: () => undefined,
    },
  }
}
