import type { OffsetsByTopicPartition } from 'kafkajs'
import { isRebalancing } from './kafka-errors.ts'
import type { Logger, Signals } from '../stage.ts'

export type CommitOffsets = (offsets: OffsetsByTopicPartition) => Promise<void>

export interface CommitsParts {
  stage: string
  intervalMs: number
  log: Logger
  signals: Signals
}

/** Offsets waiting to be committed; the latest of a partition wins, one request at a time. */
export interface Commits {
  /** `commit` must speak for the group generation the batch was read in. */
  note(topic: string, partition: number, offset: number, commit: CommitOffsets): void
  /** Commits what is noted now. Never rejects: what the broker refuses is read again by whoever owns it then. */
  flush(): Promise<void>
  /** Forgets what is noted: the group was divided anew. */
  clear(): void
}

/**
 * Commits at most every `intervalMs`, beside the batches: a batch never waits for a commit. What a crash loses is
 * an interval of commits, so an interval of records is read twice; fences and deterministic ids absorb that.
 */
export function createCommits({ stage, intervalMs, log, signals }: CommitsParts): Commits {
  const noted = new Map<string, { topic: string; partition: number; offset: number }>()
  let commit: CommitOffsets | null = null
  let timer: NodeJS.Timeout | null = null
  let flying: Promise<void> = Promise.resolve()
  let generation = 0
  let refusals = 0

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (noted.size === 0 || commit === null) return flying
    const offsets = takeNoted()
    const commitNow = commit
    const read = generation
    flying = flying
      .then(() => (read === generation ? commitNow(offsets) : undefined))
      .then(() => void (refusals = 0))
      .catch((error: unknown) => {
        signals.count('offsets_refused', { stage })
        const fields = { stage, error: error instanceof Error ? error.message : String(error) }
        if (isRebalancing(error) || read !== generation) {
          log.debug(fields, 'offsets not committed: the group is being divided anew')
          return
        }
        if (refusals++ === 0) log.warn(fields, 'offsets not committed; trying again')
        else log.debug(fields, 'offsets not committed; trying again')
        noteAgain(offsets)
      })
    return flying
  }

  /** What was noted since is newer and stays. */
  function noteAgain({ topics }: OffsetsByTopicPartition): void {
    for (const { topic, partitions } of topics) {
      for (const { partition, offset } of partitions) {
        const key = `${topic}/${partition}`
        if (!noted.has(key)) noted.set(key, { topic, partition, offset: Number(offset) })
      }
    }
    timer ??= setTimeout(() => void flush(), intervalMs).unref()
  }

  function takeNoted(): OffsetsByTopicPartition {
    const byTopic = new Map<string, { partition: number; offset: string }[]>()
    for (const { topic, partition, offset } of noted.values()) {
      const partitions = byTopic.get(topic) ?? []
      partitions.push({ partition, offset: String(offset) })
      byTopic.set(topic, partitions)
    }
    noted.clear()
    return { topics: Array.from(byTopic, ([topic, partitions]) => ({ topic, partitions })) }
  }

  return {
    note(topic, partition, offset, commitOffsets) {
      noted.set(`${topic}/${partition}`, { topic, partition, offset })
      commit = commitOffsets
      timer ??= setTimeout(() => void flush(), intervalMs).unref()
    },
    flush,
    clear() {
      noted.clear()
      commit = null
      generation += 1
    },
  }
}
