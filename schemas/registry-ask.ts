import { RegistryRefusedError, RegistryUnavailableError, SchemaIncompatibleError } from './errors.ts'
import { loginRefused, registryTlsCause, rightMissing } from './registry-access.ts'

export interface AskOptions {
  /** Bound of one question with all its attempts and pauses. */
  questionMs?: number
  attemptsMax?: number
  /** Pause before the second attempt; doubles each time, with jitter. */
  retryPauseMs?: number
  /** As whom the registry knows us, for messages; null: no login is given. */
  user?: string | null
  /** What a person must mend when an attempt got no answer; null: it may pass by itself. */
  whyNoAnswer?(said: string): Promise<string | null>
}

/** The request did not arrive, or no answer came back. */
const NO_ANSWER_STATUS = 599
/** 404, but not from a registry: wrong path, or a proxy. */
const WRONG_PLACE_STATUS = 598

/** An answer that is no success, from a request made without the client. */
export class RegistryAnswerError extends Error {
  override readonly name = 'RegistryAnswerError'
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** An answer without a registry's JSON in it: a proxy, a wrong path, or no answer at all (see statusOf). */
export function isForeign(error: unknown): boolean {
  return error instanceof Error && / - Error, status \d+/.test(error.message)
}

/**
 * The HTTP status an error carries; undefined when it carries none. The client reports a request that never got
 * through as status 400 with the reason for a body; a registry's own answers have a JSON message.
 */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const status = 'status' in error && typeof error.status === 'number' ? error.status : undefined
  if (!isForeign(error)) return status
  if (status === 400) return NO_ANSWER_STATUS
  return status === 404 || status === undefined ? WRONG_PLACE_STATUS : status
}

/** @param onNoAnswer called before an attempt that follows one without an answer */
export type Ask = <Answer>(
  what: string,
  attempt: () => Promise<Answer>,
  onNoAnswer?: () => void,
) => Promise<Answer>

/**
 * Asks with bounded attempts and time. What passes by itself (no answer, 5xx, 408, 429, a lost race) is tried
 * again and ends as RegistryUnavailableError; any other answer ends at once as RegistryRefusedError.
 */
export function createAsk(options: AskOptions = {}): Ask {
  const { questionMs = 25_000, attemptsMax = 4, retryPauseMs = 150 } = options
  const { user = null, whyNoAnswer } = options

  return async function ask(what, attempt, onNoAnswer) {
    const deadlineMs = performance.now() + questionMs
    for (let attempts = 1; ; attempts++) {
      try {
        return await within(attempt(), deadlineMs - performance.now())
      } catch (error) {
        if (error instanceof SchemaIncompatibleError) throw error
        if (!isTransient(error)) throw isAnswer(error) ? refused(what, error, user) : error
        const why = isUnanswered(error) ? ((await whyNoAnswer?.(sayingOf(error))) ?? null) : null
        if (why !== null)
          throw new RegistryRefusedError(`schema registry: ${what} was refused: ${why}`, { cause: error })
        const pauseMs = retryPauseMs * 2 ** (attempts - 1) * (0.75 + Math.random() / 2)
        if (attempts >= attemptsMax || performance.now() + pauseMs >= deadlineMs) {
          throw new RegistryUnavailableError(what, attempts, sayingOf(error), { cause: error })
        }
        await pause(pauseMs)
        if (isUnanswered(error)) onNoAnswer?.()
      }
    }
  }
}

function isTransient(error: unknown): boolean {
  const status = statusOf(error)
  if (error instanceof RegistryRefusedError || tlsCauseOf(error) !== null) return false
  if (status === undefined) return isLostRequest(error)
  if (status === WRONG_PLACE_STATUS) return false
  return status >= 500 || status === 408 || status === 429 || status === 409
}

/** Of a request that got no answer: there is no other place for it. */
const tlsCauseOf = (error: unknown) =>
  statusOf(error) === NO_ANSWER_STATUS && error instanceof Error ? registryTlsCause(error.message) : null

const isUnanswered = (error: unknown) =>
  statusOf(error) === NO_ANSWER_STATUS || (statusOf(error) === undefined && isLostRequest(error))

/** The registry's, or the client's own about what was asked; anything else is a bug and goes through as it is. */
function isAnswer(error: unknown): boolean {
  if (statusOf(error) !== undefined) return true
  return error instanceof Error && error.name.startsWith('ConfluentSchemaRegistry')
}

/** What fetch and AbortSignal throw, and our own time limit. */
function isLostRequest(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    error.name === 'TimeoutError' ||
    error.name === 'AbortError' ||
    (error.name === 'TypeError' && error.message === 'fetch failed')
  )
}

function refused(what: string, cause: unknown, user: string | null): RegistryRefusedError {
  const advice: Record<number, string> = {
    401: `; ${loginRefused(user)}`,
    403: `; ${rightMissing(user)}`,
    404: '; is the path of its address right? Apicurio: /apis/ccompat/v7',
    [WRONG_PLACE_STATUS]: '; is the path of its address right? Apicurio: /apis/ccompat/v7',
  }
  const tls = tlsCauseOf(cause)
  const advised = tls === null ? (advice[statusOf(cause) ?? 0] ?? '') : `; ${tls}`
  return new RegistryRefusedError(`schema registry: ${what} was refused: ${sayingOf(cause)}${advised}`, {
    cause,
  })
}

/** What was said, without the client's wrapping. */
function sayingOf(error: unknown): string {
  if (statusOf(error) === WRONG_PLACE_STATUS) return "the answer is 404, and not a registry's"
  const said = error instanceof Error ? error.message : String(error)
  return said.replace(/^\w+ - (Error, status \d+: )?/, '')
}

async function within<Answer>(work: Promise<Answer>, limitMs: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DOMException(`no answer within ${Math.round(limitMs)} ms`, 'TimeoutError')),
      limitMs,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
