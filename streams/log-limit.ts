/** One line, before it is written. */
export interface LogLine {
  level: 'warn' | 'error'
  fields: object
  event: string
}

/** The last of the equal lines of a window, and how many of them were held back. */
export interface HeldBack extends LogLine {
  repeated: number
}

export interface LogLimitOptions {
  /** How long equal lines are held back after the first one. */
  windowMs: number
  /** Kinds of lines that are told apart; past them lines of one event are equal, whatever they say. */
  keysMax: number
}

export interface LogLimit {
  /** Whether to write it now; else it is counted. */
  passes(line: LogLine, nowMs: number): boolean
  /** What was held back in the windows that are over. */
  due(nowMs: number): HeldBack[]
  /** Everything that was held back, at the end. */
  rest(): HeldBack[]
}

/** Two lines with the same event and the same of these are equal, whatever else they say. */
const KEY_FIELDS = [
  'stage',
  'follower',
  'outputs',
  'topic',
  'partition',
  'wanted',
  'tag',
  'reason',
  'code',
  'answer',
  'modelId',
  'learner',
  'broker',
  'said',
] as const

interface Window {
  endsAtMs: number
  held: HeldBack | null
}

/**
 * A fault that meets every request or record must not bury the log: the first line of a kind is written at once, those
 * like it within the window are counted, and told as one when it is over.
 *
 * @example
 * const limit = createLogLimit({ windowMs: 30_000, keysMax: 1_000 })
 * limit.passes(line, 0) // true
 * limit.passes(line, 1_000) // false
 * limit.due(30_000) // [{ ...line, repeated: 1 }]
 */
export function createLogLimit({ windowMs, keysMax }: LogLimitOptions): LogLimit {
  const windows = new Map<string, Window>()

  return {
    passes(line, nowMs) {
      const own = keyOf(line)
      const key = windows.size < keysMax || windows.has(own) ? own : line.event
      const window = windows.get(key)
      if (window === undefined) {
        windows.set(key, { endsAtMs: nowMs + windowMs, held: null })
        return true
      }
      window.held = { ...line, repeated: (window.held?.repeated ?? 0) + 1 }
      return false
    },
    due(nowMs) {
      const due: HeldBack[] = []
      for (const [key, window] of windows) {
        if (nowMs < window.endsAtMs) continue
        if (window.held === null) windows.delete(key)
        else {
          due.push(window.held)
          windows.set(key, { endsAtMs: nowMs + windowMs, held: null })
        }
      }
      return due
    },
    rest() {
      const rest = [...windows.values()].flatMap(({ held }) => held ?? [])
      windows.clear()
      return rest
    },
  }
}

function keyOf({ level, fields, event }: LogLine): string {
  const facts = fields as Partial<Record<string, unknown>>
  return JSON.stringify([level, event, ...KEY_FIELDS.map((name) => facts[name])])
}
