/** Who waits for which of its records; several write through one stream to the broker. */
export interface OutputSession {
  added: number
  /** Acknowledged or given up; always the oldest ones, since the queue keeps order. */
  settled: number
  failure: { error: unknown } | null
  waiting: { upTo: number; resolve(): void; reject(error: unknown): void }[]
}

export const createOutputSession = (): OutputSession => ({ added: 0, settled: 0, failure: null, waiting: [] })

/** Resolves when all that was added so far is acknowledged. */
export const acknowledgmentOf = (session: OutputSession): Promise<void> =>
  new Promise<void>((resolve, reject) => session.waiting.push({ upTo: session.added, resolve, reject }))

export function acknowledge(session: OutputSession): void {
  session.settled += 1
  while (session.waiting.length > 0 && session.waiting[0]!.upTo <= session.settled)
    session.waiting.shift()!.resolve()
}

/** Gives all its records up; told to who waits for the last of them, else to who flushes next. */
export function failSession(session: OutputSession, error: unknown): void {
  const waiting = session.waiting
  session.waiting = []
  session.settled = session.added
  if ((waiting.at(-1)?.upTo ?? 0) < session.added) session.failure = { error }
  for (const { reject } of waiting) reject(error)
}

/** The failure nobody has been told of; told once. */
export function takeFailure(session: OutputSession): OutputSession['failure'] {
  const { failure } = session
  session.failure = null
  return failure
}
