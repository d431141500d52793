import type { TopicKey } from '#schemas'
import { deferred } from '../deferred.ts'
import type { Logger, RunningStage } from '../stage.ts'
import { LOG_EVENTS } from '../signals.ts'
import { partitionsDiffer, topicChanged } from '../topic-identity.ts'
import type { TopicFacts } from './wire/kafka-topic-ids.ts'

export interface TopicWatchParts {
  topics: readonly TopicKey[]
  topicName(topic: TopicKey): string
  /** As it was when this process started. */
  partitionCount(topic: TopicKey): number
  /** null: the brokers are too old to say. Topics that are not there are left out. */
  askFacts(topics: readonly TopicKey[]): Promise<ReadonlyMap<string, TopicFacts> | null>
  everyMs: number
  log: Logger
}

export interface TopicWatch {
  /** The same stage or follower; it dies when a topic was widened, or one of these was made anew, under it. */
  guarded(running: RunningStage, reads: readonly TopicKey[]): RunningStage
  /** Looks now. Made by itself every `everyMs`; never rejects. */
  look(): Promise<void>
  stop(): void
}

interface Guarded {
  reads: readonly TopicKey[]
  fail(error: Error): void
}

/**
 * Looks again and again whether topics are those that this process began with. Without it a widened topic would be noticed
 * when the group is divided anew: keys move between partitions from the first record on.
 */
export function watchTopics(parts: TopicWatchParts): TopicWatch {
  const { topics, topicName, partitionCount, askFacts, everyMs, log } = parts
  const guards = new Set<Guarded>()
  const ids = new Map<TopicKey, string>()
  let isLooking = false

  /** @returns what is wrong with a topic, and whether all must know, or who reads it */
  function changeOf(
    topic: TopicKey,
    { id, partitions }: TopicFacts,
  ): { error: Error; ofAll: boolean } | null {
    const [name, wanted] = [topicName(topic), partitionCount(topic)]
    if (partitions !== wanted) return { error: partitionsDiffer(name, partitions, wanted), ofAll: true }
    if (id === null) return null
    const was = ids.get(topic) ?? id
    ids.set(topic, was)
    if (id === was) return null
    return { error: topicChanged('What runs', name, was, id), ofAll: false }
  }

  async function look(): Promise<void> {
    if (isLooking || guards.size === 0) return
    isLooking = true
    try {
      const facts = await askFacts(topics)
      for (const topic of topics) {
        const found = facts?.get(topicName(topic))
        const change = found === undefined ? null : changeOf(topic, found)
        if (change === null) continue
        for (const { reads, fail } of guards) if (change.ofAll || reads.includes(topic)) fail(change.error)
      }
    } catch (error) {
      log.debug({ error }, LOG_EVENTS.topicsUnknown) // an outage: the stages ride it out
    } finally {
      isLooking = false
    }
  }

  const timer = setInterval(() => void look(), everyMs)
  timer.unref()
  return {
    guarded(running, reads) {
      const done = deferred()
      const guard: Guarded = {
        reads,
        fail(error) {
          guards.delete(guard)
          done.reject(error)
          running.stop().catch(() => undefined) // why it must stop is told
        },
      }
      guards.add(guard)
      void look()
      running.done.then(done.resolve, done.reject).finally(() => guards.delete(guard))
      return { ...running, done: done.promise }
    },
    look,
    stop: () => clearInterval(timer),
  }
}
