import { withIdentity } from '../../topic-identity.ts'
import { isRebalancing } from '../kafka-errors.ts'
import type { Logger, Signals } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

/** As kafkajs takes them; its own type leaves the metadata out, its code does not. */
export interface OffsetsWithMetadata {
  topics: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[]
}

export type CommitOffsets = (offsets: OffsetsWithMetadata) => Promise<void>

export interface NotedOffset {
  topic: string
  partition: number
  offset: number
  /** What lies beside the offset, see crash-marker.ts. */
  metadata: string | null
}

export interface CommitsParts {
  stage: string
  intervalMs: number
  log: Logger
  signals: Signals
}

/** Offsets waiting to be committed; the latest of a partition wins, one request at a time. */
export interface Commits {
  /** Offsets of this topic are offsets of this one of its name. */
  identified(topic: string, identity: string | null): void
  /** `commit` must speak for the group generation the batch was read in. */
  note(noted: NotedOffset, commit: CommitOffsets): void
  /**
   * Commits what is noted now; whether it was taken. Never rejects: what the broker refuses is read again by
   * whoever owns it then.
   */
  flush(): Promise<boolean>
  /** Forgets what is noted: the group was divided anew. */
  clear(): void
}

/**
 * Commits at most every `intervalMs`, beside the batches: a batch never waits for a commit. What a crash loses is
 * an interval of commits, so an interval of records is read twice; fences and deterministic ids absorb that.
 */
export function createCommits({ stage, intervalMs, log, signals }: CommitsParts): Commits {
  const identities = new Map<string, string | null>()
  const noted = new Map<string, NotedOffset>()
  /** What was last sent to the broker, answered or not. */
  const sent = new Map<string, NotedOffset>()
  let commit: CommitOffsets | null = null
  let timer: NodeJS.Timeout | null = null
  let flying: Promise<boolean> = Promise.resolve(true)
  let generation = 0
  let refusals = 0

  function flush(): Promise<boolean> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (noted.size === 0 || commit === null) return flying
    const offsets = takeNoted()
    const commitNow = commit
    const read = generation
    flying = flying
      .then(async () => {
        if (read !== generation) return false
        await commitNow(offsets)
        refusals = 0
        return true
      })
      .catch((error: unknown) => {
        signals.count('offsets_refused', { stage })
        const fields = { stage, error: error instanceof Error ? error.message : String(error) }
        if (isRebalancing(error) || read !== generation) {
          log.debug({ ...fields, isRebalancing: true }, LOG_EVENTS.offsetsRefused)
          return false
        }
        if (refusals++ === 0) log.warn(fields, LOG_EVENTS.offsetsRefused)
        else log.debug(fields, LOG_EVENTS.offsetsRefused)
        noteAgain(offsets)
        return false
      })
    return flying
  }

  /** What was noted or sent since is newer: a refused offset must not go out behind it. */
  function noteAgain({ topics }: OffsetsWithMetadata): void {
    for (const { topic, partitions } of topics) {
      for (const { partition, offset, metadata } of partitions) {
        const [key, last] = [`${topic}/${partition}`, sent.get(`${topic}/${partition}`)]
        const isNewest = last?.offset === Number(offset) && last.metadata === metadata
        if (isNewest && !noted.has(key)) noted.set(key, last)
      }
    }
    timer ??= setTimeout(() => void flush(), intervalMs).unref()
  }
  function takeNoted(): OffsetsWithMetadata {
    const byTopic = new Map<string, { partition: number; offset: string; metadata: string | null }[]>()
    for (const [key, last] of noted) {
      sent.set(key, last)
      const { topic, partition, offset, metadata } = last
      const partitions = byTopic.get(topic) ?? []
      partitions.push({ partition, offset: String(offset), metadata })
      byTopic.set(topic, partitions)
    }
    noted.clear()
    return { topics: Array.from(byTopic, ([topic, partitions]) => ({ topic, partitions })) }
  }

  return {
    identified: (topic, identity) => void identities.set(topic, identity),
    note(offset, commitOffsets) {
      noted.set(`${offset.topic}/${offset.partition}`, identifiedBy(identities, offset))
      commit = commitOffsets
      timer ??= setTimeout(() => void flush(), intervalMs).unref()
    },
    flush,
    clear() {
      noted.clear()
      sent.clear()
      commit = null
      generation += 1
    },
  }
}

const identifiedBy = (identities: ReadonlyMap<string, string | null>, offset: NotedOffset): NotedOffset => ({
  ...offset,
  metadata: withIdentity(identities.get(offset.topic) ?? null, offset.metadata),
})
