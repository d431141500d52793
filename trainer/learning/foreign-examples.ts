import type { RunningStage, Runtime, StageRecord } from '#streams'

export interface ForeignReading {
  partitions: readonly number[]
  /** Offsets before the end of each from which it reads. */
  last: number
  record(record: StageRecord<'examples'>): Promise<void>
  /** What was there at the start has been read. */
  read(): Promise<void>
}

/** Reads examples of partitions that other processes own, beside them: whoever leads learns from all. */
export interface ForeignExamples {
  follow(reading: ForeignReading): void
  /** Nobody wants more. Nothing is waited for: this may be called while the group is being divided. */
  unfollow(): void
  /** Rejects when reading failed; resolves after `close`. */
  readonly done: Promise<void>
  close(): Promise<void>
}

export function createForeignExamples(runtime: Pick<Runtime, 'follow'>): ForeignExamples {
  let current: Promise<RunningStage> | undefined
  const ending = new Set<Promise<void>>()
  let fail: (error: unknown) => void = () => undefined
  let succeed: () => void = () => undefined
  const done = new Promise<void>((resolve, reject) => ([succeed, fail] = [resolve, reject]))
  done.catch(() => undefined) // `close` may come before anyone listens

  function unfollow(): void {
    const ended = current
    current = undefined
    if (ended === undefined) return
    const stopped = ended.then(
      (follower) => follower.stop(),
      () => undefined, // told by `done`
    )
    ending.add(stopped)
    void stopped.finally(() => ending.delete(stopped))
  }

  return {
    done,
    unfollow,
    follow({ partitions, last, record, read }) {
      unfollow()
      const following = runtime.follow({
        name: 'learner-examples',
        topic: 'examples',
        startFrom: last,
        partitions,
        record,
      })
      current = following
      following
        .then(async (follower) => {
          follower.done.catch(fail)
          await follower.ready
          await read()
        })
        .catch(fail)
    },
    async close() {
      unfollow()
      await Promise.all(ending)
      succeed()
    },
  }
}
