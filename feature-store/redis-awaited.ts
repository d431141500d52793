import type { Logger } from '#streams'
import { StoreUnavailableError, StoreUnreachableError } from './errors.ts'
import { LOG_EVENTS } from './signals.ts'
import type { StateStore } from './state-store.ts'

export interface StoreWaiting {
  awaySecondsMax: number
  log: Logger
}

/** A store that may be away when its service starts. Until it is there, everything rejects with StoreUnavailableError. */
export interface AwaitedStore extends StateStore {
  /** Rejects with why it cannot be opened: at once when a person must mend it, else when the time is over. */
  readonly opened: Promise<void>
}

const TRY_EVERY_MS = 500

/** Opens a store, again and again while nobody answers there. `close` ends the waiting. */
export function awaitedStore(
  open: () => Promise<StateStore>,
  { awaySecondsMax, log }: StoreWaiting,
): AwaitedStore {
  let store: StateStore | null = null
  let isClosed = false
  let why: unknown = null
  const opened = opening()
  opened.catch(() => undefined) // whoever needs it waits for it

  async function opening(): Promise<void> {
    const endMs = performance.now() + awaySecondsMax * 1_000
    for (;;) {
      try {
        store = await open()
        if (isClosed) return await store.close()
        if (why !== null) log.info({}, LOG_EVENTS.storeAnswers)
        return
      } catch (error) {
        if (isClosed) return
        if (!(error instanceof StoreUnreachableError) || performance.now() >= endMs) throw error
        why = error
        log.warn(
          { code: error.code, detail: error.message, waitsSeconds: awaySecondsMax },
          LOG_EVENTS.storeAwaited,
        )
      }
      await pause(TRY_EVERY_MS)
      if (isClosed) return
    }
  }

  function there(operation: string): StateStore {
    if (store === null) throw new StoreUnavailableError(operation, why ?? new Error('not connected yet'))
    return store
  }

  return {
    opened,
    acquire: async (tag, fresh) => there('take a partition over').acquire(tag, fresh),
    apply: async (request) => there('write a batch').apply(request),
    activity: async (tag) => there('read what was active').activity(tag),
    read: async (wanted) => there('read states').read(wanted),
    fences: async (tags) => there('read fences').fences(tags),
    waitUntil: async (tag, offset, waitMs) => there('read a fence').waitUntil(tag, offset, waitMs),
    watch: (held, lost) => there('watch fences').watch(held, lost),
    async *scan(tag) {
      yield* there('list states').scan(tag)
    },
    async close() {
      isClosed = true
      await store?.close()
    },
  }
}

/** Waits for a store that was away for longer than a batch sits out. Rejects with what it said last when that is too long. */
export type Outlast = (outage: StoreUnavailableError, isStopping: () => boolean) => Promise<void>

/** Without an outage for so long, the next one is another one. */
const CALM_MS = 60_000
/** No partition's: only that it is answered counts. */
export const PROBE_TAG = '{answers}'

/** Outages that follow one another closely are one: a store that answers reads and refuses writes is away, too. */
export function outlastOutages(
  store: Pick<StateStore, 'fences'>,
  { awaySecondsMax, log }: StoreWaiting,
): Outlast {
  let sinceMs = -Infinity
  let calmSinceMs = -Infinity

  return async function outlast(outage, isStopping) {
    const nowMs = performance.now()
    if (nowMs - calmSinceMs > CALM_MS) sinceMs = nowMs
    const endMs = sinceMs + awaySecondsMax * 1_000
    for (let last = outage; !isStopping();) {
      if (performance.now() >= endMs) throw last
      const { code, message: detail } = last
      log.warn({ code, detail, waitsSeconds: awaySecondsMax }, LOG_EVENTS.storeAwaited)
      await pause(TRY_EVERY_MS)
      try {
        await store.fences([PROBE_TAG])
        calmSinceMs = performance.now()
        log.info({}, LOG_EVENTS.storeAnswers)
        return
      } catch (again) {
        if (!(again instanceof StoreUnavailableError)) throw again
        last = again
      }
    }
  }
}

/** Keeps the process alive: while it waits, nothing else may. */
const pause = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms))
