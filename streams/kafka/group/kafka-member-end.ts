import { type CrashWatchEnd, endOf } from '../../crash-watch.ts'
import { deferred } from '../../deferred.ts'
import { policyOf } from '../../errors.ts'
import type { Logger } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface MemberEndParts {
  stage: string
  log: Logger
  /** Leaves the group; asked once. */
  leave(how: CrashWatchEnd): Promise<void>
}

/** How a member comes to its end: once, by an error or because it was told to. */
export interface MemberEnd {
  /** The member owns its partitions for the first time. */
  readonly ready: Promise<void>
  readonly done: Promise<void>
  opened(): void
  isEnding(): boolean
  /** The stage is over: `done` rejects once the group has been left. */
  fail(error: unknown): void
  stop(): Promise<void>
}

export function createMemberEnd({ stage, log, leave }: MemberEndParts): MemberEnd {
  const [ready, done] = [deferred(), deferred()]
  let ending: Promise<void> | null = null

  function end(settle: (error: unknown) => void, how: CrashWatchEnd, error?: unknown): void {
    ending = leave(how).then(
      () => settle(error),
      (late: unknown) => settle(error ?? late),
    )
  }

  return {
    ready: ready.promise,
    done: done.promise,
    opened: () => ready.resolve(),
    isEnding: () => ending !== null,
    fail(error) {
      if (ending !== null) return
      const level = policyOf(error) === 'transient' ? 'warn' : 'error'
      log[level]({ stage, error }, LOG_EVENTS.stageStopped)
      end(
        (failure) => {
          ready.reject(failure)
          done.reject(failure)
        },
        endOf(error),
        error,
      )
    },
    async stop() {
      if (ending === null) {
        end((error) => {
          if (error === undefined) done.resolve()
          else done.reject(error)
        }, 'in_order')
      }
      await ending
    },
  }
}
