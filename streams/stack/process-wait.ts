import { setTimeout as sleep } from 'node:timers/promises'

export interface PollOptions {
  everyMs: number
  limitMs: number
  signal?: AbortSignal | undefined
  /** Looked at before each try: what it throws ends the wait. */
  stillWorthIt?: () => void | Promise<void>
}

/** Thrown when the limit passed; `cause` is what the last try threw. */
export class WaitLimitError extends Error {
  override readonly name = 'WaitLimitError'
  constructor(limitMs: number, cause: unknown) {
    super(`not there after ${limitMs} ms`, { cause })
  }
}

/** Tries until it does not throw. Throws WaitLimitError, the signal's reason, or what `stillWorthIt` throws. */
export async function pollUntil<T>(attempt: () => Promise<T>, options: PollOptions): Promise<T> {
  const endMs = performance.now() + options.limitMs
  for (;;) {
    options.signal?.throwIfAborted()
    await options.stillWorthIt?.()
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() + options.everyMs > endMs) throw new WaitLimitError(options.limitMs, error)
    }
    await sleep(options.everyMs)
  }
}

/** Rejects when `work` takes longer. `work` is not stopped, so leaving it running must do no harm. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new WaitLimitError(limitMs, new Error(`no answer within ${limitMs} ms`))
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    work.catch(() => undefined)
  }
}
