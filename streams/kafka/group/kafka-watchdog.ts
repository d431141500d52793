import type { Admin } from 'kafkajs'
import { judgeProgress, type ProgressFacts, type ProgressVerdict, type WorkAtHand } from '../../progress.ts'
import type { Clock, Logger } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface WatchdogParts {
  stage: string
  admin: Admin
  clock: Clock
  log: Logger
  secondsMax: number
  topics: readonly string[]
  /** Where the member stands: `null` for what it does not own, or what rests. */
  positionOf(topic: string, partition: number): number | null
  stalled(verdict: Exclude<ProgressVerdict, { kind: 'moves' }>): void
}

/** Watches one group member; every part of it tells what it does. */
export interface Watchdog {
  joined(): void
  fetched(brokerId: number): void
  /** The stage gets a piece of this partition; called again for each piece. */
  handed(topic: string, partition: number): void
  takenBack(topic: string, partition: number): void
  opening(isOpening: 'begun' | 'over'): void
  stop(): void
}

/** How often the bound is looked at within itself: a stall is seen a quarter late at most. */
const LOOKS_PER_BOUND = 4

/**
 * A consumer that heartbeats but does not move looks healthy to its group. The brokers are asked only when one of
 * them was not fetched from for the whole time; when they do not answer, it is an outage and not ours to judge.
 */
export function createWatchdog(parts: WatchdogParts): Watchdog {
  const { stage, admin, clock, log, secondsMax, topics, positionOf, stalled } = parts
  /** Partitions stay when they rest, as in partition-lanes.ts. */
  const atHand = new Map<string, WorkAtHand | null>()
  const fetchedAtMs = new Map<number, number>()
  let joinedAtMs = clock.nowMs()
  let openingSinceMs: number | null = null
  let isLooking = false

  const facts = (waiting: ProgressFacts['waiting']): ProgressFacts => ({
    nowMs: clock.nowMs(),
    atHand: [...atHand.values()].filter((work) => work !== null),
    openingSinceMs,
    fetchedAtMs: (brokerId) => fetchedAtMs.get(brokerId) ?? joinedAtMs,
    waiting,
  })

  async function waitingPartitions(): Promise<ProgressFacts['waiting']> {
    const waiting: { topic: string; partition: number; leader: number }[] = []
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] })
    for (const { name, partitions } of found) {
      const ends = await admin.fetchTopicOffsets(name)
      for (const { partitionId: partition, leader } of partitions) {
        const position = positionOf(name, partition)
        const end = Number(ends.find((entry) => entry.partition === partition)?.high ?? 0)
        if (position !== null && position < end) waiting.push({ topic: name, partition, leader })
      }
    }
    return waiting
  }

  async function look(): Promise<void> {
    let verdict = judgeProgress(facts([]), secondsMax)
    const newestMs = Math.min(joinedAtMs, ...fetchedAtMs.values())
    if (verdict.kind === 'moves' && clock.nowMs() - newestMs >= secondsMax * 1_000)
      verdict = judgeProgress(facts(await waitingPartitions()), secondsMax)
    if (verdict.kind !== 'moves') stalled(verdict)
  }

  const timer = setInterval(
    () => {
      if (isLooking) return
      isLooking = true
      look()
        .catch((error: unknown) => log.debug({ stage, error }, LOG_EVENTS.progressUnknown))
        .finally(() => (isLooking = false))
    },
    (secondsMax * 1_000) / LOOKS_PER_BOUND,
  )
  timer.unref()

  return {
    joined() {
      joinedAtMs = clock.nowMs()
      fetchedAtMs.clear()
    },
    fetched: (brokerId) => void fetchedAtMs.set(brokerId, clock.nowMs()),
    handed: (topic, partition) =>
      void atHand.set(`${topic}/${partition}`, { topic, partition, sinceMs: clock.nowMs() }),
    takenBack: (topic, partition) => void atHand.set(`${topic}/${partition}`, null),
    opening: (isOpening) => void (openingSinceMs = isOpening === 'begun' ? clock.nowMs() : null),
    stop: () => clearInterval(timer),
  }
}
