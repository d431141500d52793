import type { Prediction } from '#schemas'
import type { Outputs } from '../stage.ts'
import type { EmissionOf, FeedTopic } from './emission.ts'
import type { FeedSimulation } from './simulation.ts'

export interface FeedPlayerOptions {
  simulation: FeedSimulation
  outputs: Outputs
  /** Event time at which the feed's clock starts to run. */
  startMs: number
  /** Feed seconds per wall second. The feed's clock never passes the wall's. */
  speed: number
  /** Wall time the feed waits for a prediction before it shows the candidates as they are. */
  answerWithinMs: number
}

export interface FeedPlayerCounts {
  items: number
  users: number
  requests: number
  interactions: number
  /** Requests whose prediction was shown. */
  answered: number
  /** Requests that were given up: their prediction came late or never. */
  givenUp: number
  /** Predictions nobody waited for: duplicates, or too late. */
  unexpected: number
}

export interface FeedPlayer {
  readonly counts: Readonly<FeedPlayerCounts>
  /** Event time of the feed at this wall time. */
  feedTimeMs(wallMs: number): number
  /** Publishes what lies before the start: people, items, interactions that nobody ranked. */
  tellHistory(): Promise<void>
  /** The feed's clock runs from this wall time on. */
  startClock(wallMs: number): void
  /** Publishes everything that happened until now. Resolves when it is acknowledged; one call at a time. */
  tick(wallMs: number): Promise<void>
  /** The scorer answered. */
  predicted(prediction: Prediction): void
  /** Nobody asks any more; go on with ticks until `simulation.waiting` is 0. */
  close(): void
  /** What people still do about what they saw is told at once. */
  finish(): Promise<void>
}

/** How far behind the wall the feed's clock stays once it has caught up with it. */
const WALL_MARGIN_MS = 1_000
/** Longer than any click or like is delayed in practice. */
const AFTERMATH_MS = 60 * 60_000
/** Added before the outputs are flushed in between. */
const UNACKNOWLEDGED_MAX = 2_000

/** Plays a simulation through topics: what to do at a wall time; `kafka-simulator.ts` says when. */
export function createFeedPlayer(options: FeedPlayerOptions): FeedPlayer {
  const { simulation, outputs, startMs, speed, answerWithinMs } = options
  const counts = { items: 0, users: 0, requests: 0, interactions: 0, answered: 0, givenUp: 0, unexpected: 0 }
  /** Requests in the order they were asked, with the wall time at which they are given up. */
  const deadlines: { requestId: string; atMs: number }[] = []
  let wallStartMs = Infinity
  let unacknowledged = 0
  let itemsUnacknowledged = false

  function feedTimeMs(wallMs: number): number {
    const runMs = Math.max(0, wallMs - wallStartMs)
    return Math.min(startMs + runMs * speed, Math.max(startMs, wallMs - WALL_MARGIN_MS))
  }

  async function tick(wallMs: number): Promise<void> {
    while (deadlines.length > 0 && deadlines[0]!.atMs <= wallMs) {
      if (simulation.givenUp(deadlines.shift()!.requestId)) counts.givenUp++
    }
    await publish(feedTimeMs(wallMs), wallMs)
  }

  async function publish(feedMs: number, wallMs: number): Promise<void> {
    for (const emission of simulation.advanceTo(feedMs)) {
      if (emission.topic === 'requests') {
        deadlines.push({ requestId: emission.record.requestId, atMs: wallMs + answerWithinMs })
      }
      // Who reads an interaction may look its item up: the item's record must be in the log before it.
      if (emission.topic === 'items') itemsUnacknowledged = true
      else if (itemsUnacknowledged) await flush()
      add(emission)
      if (++unacknowledged >= UNACKNOWLEDGED_MAX) await flush()
    }
    await flush()
  }

  async function flush(): Promise<void> {
    unacknowledged = 0
    itemsUnacknowledged = false
    await outputs.flush()
  }

  function add<K extends FeedTopic>(emission: EmissionOf<K>): void {
    counts[emission.topic]++
    outputs.add(emission.topic, { key: emission.key, value: emission.record })
  }

  return {
    counts,
    feedTimeMs,
    tellHistory: () => publish(startMs, Infinity),
    startClock(wallMs) {
      wallStartMs = wallMs
    },
    tick,
    predicted({ requestId, ranking }) {
      const shown = simulation.answered(
        requestId,
        ranking.map((ranked) => ranked.itemId),
      )
      if (shown) counts.answered++
      else counts.unexpected++
    },
    close: () => simulation.close(),
    finish: () => publish(simulation.nowMs + AFTERMATH_MS, Infinity),
  }
}
