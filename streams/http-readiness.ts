import { describeFailure } from './errors.ts'
import type { Check, Checks } from './stage.ts'

/**
 * `starting`: something is missing that was never there, do not send requests. `degraded`: everything was there, something is
 * away now; what is asked is answered, by the fallback. `stopping`: send no more.
 */
export interface Readiness {
  status: 'ready' | 'degraded' | 'starting' | 'stopping'
  checks: Record<string, Check>
}

/** A prober waits a second by default. */
const ANSWER_MS = 500
/** However often somebody asks. */
const ASK_EVERY_MS = 1_000

/**
 * What /readyz says: each check, and what follows from all of them. It asks by itself until everything was there once, so
 * that this does not depend on when somebody asked.
 */
export function createReadiness(checks: () => Checks, isStopping: () => boolean): () => Promise<Readiness> {
  const asks = new Map<string, () => Promise<Check>>()
  let hasBeenReady = false
  const watching = setInterval(() => {
    if (hasBeenReady || isStopping()) clearInterval(watching)
    else void readiness()
  }, ASK_EVERY_MS)
  watching.unref()
  return readiness

  async function readiness(): Promise<Readiness> {
    const found = await Promise.all(
      Object.entries(checks()).map(async ([name, check]) => {
        const ask = asks.get(name) ?? askedRarely(check)
        asks.set(name, ask)
        return [name, await ask()] as const
      }),
    )
    const all = found.map(([, { status }]) => status)
    hasBeenReady ||= !all.includes('waiting')
    const answered = { checks: Object.fromEntries(found) }
    if (isStopping()) return { status: 'stopping', ...answered }
    if (!hasBeenReady) return { status: 'starting', ...answered }
    return { status: all.every((status) => status === 'ok') ? 'ready' : 'degraded', ...answered }
  }
}

/** One question at a time, its answer kept for a moment; who takes too long is waited for. */
function askedRarely(check: () => Check | Promise<Check>): () => Promise<Check> {
  let asking: Promise<Check> | null = null
  let last: { check: Check; atMs: number } | null = null

  async function ask(): Promise<Check> {
    let answer: Check
    try {
      answer = await check()
    } catch (error) {
      answer = { status: 'waiting', reason: describeFailure(error).message }
    }
    last = { check: answer, atMs: Date.now() }
    asking = null
    return answer
  }

  return async function askRarely() {
    if (last !== null && Date.now() - last.atMs < ASK_EVERY_MS) return last.check
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<Check>((resolve) => {
      const reason = `no answer within ${String(ANSWER_MS)} ms`
      timer = setTimeout(resolve, ANSWER_MS, { status: 'waiting', reason } satisfies Check)
    })
    const answer = await Promise.race([(asking ??= ask()), late])
    clearTimeout(timer)
    return answer
  }
}
