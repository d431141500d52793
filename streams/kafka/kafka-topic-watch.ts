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
  /** What it reads, with the id that the topic had when it was first looked at for it. */
  ids: Map<TopicKey, string | null>
  fail(error: Error): void
}

/**
 * Looks again and again whether topics are those that this process began with. Without it a widened topic would be noticed
 * when the group is divided anew: keys move between partitions from the first record on.
 */
export function watchTopics(parts: TopicWatchParts): TopicWatch {
  const { topics, topicName, partitionCount, askFacts, everyMs, log } = parts
  const guards = new Set<Guarded>()
  let isLooking = false

  /** A widened topic is everybody's, one made anew is who reads it. */
  function changeOf(guard: Guarded, topic: TopicKey, { id, partitions }: TopicFacts): Error | null {
    const [name, wanted] = [topicName(topic), partitionCount(topic)]
    if (partitions !== wanted) return partitionsDiffer(name, partitions, wanted)
    if (id === null || !guard.ids.has(topic)) return null
    const was = guard.ids.get(topic) ?? id
    guard.ids.set(topic, was)
    return id === was ? null : topicChanged('What runs', name, was, id)
  }

  async function look(): Promise<void> {
    if (isLooking || guards.size === 0) return
    isLooking = true
    try {
      const facts = await askFacts(topics)
      for (const topic of topics) {
        const found = facts?.get(topicName(topic))
        if (found === undefined) continue
        for (const guard of guards) {
          const error = changeOf(guard, topic, found)
          if (error !== null) guard.fail(error)
        }
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
      const [ready, done] = [deferred(), deferred()]
      const guard: Guarded = {
        ids: new Map(reads.map((topic) => [topic, null])),
        fail(error) {
          guards.delete(guard)
          ready.reject(error)
          done.reject(error)
          running.stop().catch(() => undefined) // why it must stop is told
        },
      }
      guards.add(guard)
      void look()
      running.ready.then(ready.resolve, ready.reject)
      running.done.then(done.resolve, done.reject).finally(() => guards.delete(guard))
      return { ...running, ready: ready.promise, done: done.promise }
    },
    look,
    stop: () => clearInterval(timer),
  }
}
