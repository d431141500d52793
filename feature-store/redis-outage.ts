import { BlobCorruptError, StoreForbiddenError, StoreUnavailableError } from './errors.ts'

const RETRY_DELAY_MS = 200
/** What waiting does not mend. */
const FORBIDDEN = /\bNOPERM\b|ACL failure/

/** What Redis says when it could answer and will not, and what a person can do about it. */
const ADVICE: readonly [says: RegExp, advice: string][] = [
  [/\bMISCONF\b/, 'Redis cannot write to its disk: make room there; it goes on by itself.'],
  [/\bOOM\b/, "Redis is full: raise its maxmemory or remove other people's keys; it goes on by itself."],
  [/\bREADONLY\b/, 'This Redis is a replica: point FEEDLOOP_REDIS_URL at the one that takes writes.'],
  [/\bLOADING\b/, 'Redis is reading its file; it goes on by itself.'],
]

/**
 * @param explain why the client says that it failed, where that is known
 * @throws StoreUnavailableError with what can be done, StoreForbiddenError when the user lacks a right,
 *   BlobCorruptError when a script does not know what it found
 */
export async function askRedis<T>(
  operation: string,
  call: () => Promise<T>,
  explain: (error: unknown) => string | null = () => null,
): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    if (said.startsWith('FORMAT ')) throw new BlobCorruptError(said)
    const why = explain(cause)
    if (FORBIDDEN.test(said)) throw new StoreForbiddenError(operation, why ?? said, cause)
    const advice = ADVICE.find(([says]) => says.test(said))?.[1] ?? why ?? undefined
    throw new StoreUnavailableError(operation, cause, advice)
  }
}

/**
 * Tries again for as long as an outage may last, and once at least: the time of a process that was stopped for a while
 * is over when it wakes up, although Redis has answered. `attempt` counts from 1.
 */
export async function throughOutage<T>(
  outageMsMax: number,
  call: (attempt: number) => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + outageMsMax
  const attemptsMin = outageMsMax > 0 ? 2 : 1
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt)
    } catch (error) {
      const passes = error instanceof StoreUnavailableError
      const isOver = attempt >= attemptsMin && performance.now() + RETRY_DELAY_MS > endMs
      if (!passes || isOver) throw error
      await new Promise((wake) => setTimeout(wake, RETRY_DELAY_MS))
    }
  }
}
