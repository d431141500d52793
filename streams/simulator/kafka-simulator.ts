import type { Runtime } from '../stage.ts'
import type { SimulatorConfig } from './config.ts'
import { createFeedPlayer, type FeedPlayerCounts } from './feed-player.ts'
import { createFeedSimulation, type FeedSimulation } from './simulation.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface StartSimulatorOptions {
  seed: string
  config: SimulatorConfig
  /** Feed seconds per wall second. */
  speed: number
  /** Event time at which the feed starts; must lie in the past. */
  startMs: number
  /** Wall time the feed waits for a prediction. */
  answerWithinMs?: number
  /** Called between the history and the first request: wait here until the history has been taken in. */
  beforeRequests?: () => Promise<void>
}

export interface RunningSimulator {
  readonly counts: Readonly<FeedPlayerCounts>
  readonly simulation: FeedSimulation
  readonly startMs: number
  /** Wall time at which the feed's clock started. */
  readonly startedAtMs: number
  /** Event time of the feed now. */
  feedTimeMs(): number
  /** Rejects when the feed could not go on; resolves after stop(). */
  done: Promise<void>
  /** No more requests; waits for the last answers, tells what came of them, resolves when all is acknowledged. */
  stop(): Promise<void>
}

const TICK_MS = 25
const ANSWER_WITHIN_MS = 1_000
const DAY_MS = 86_400_000
const DAYS_AGO = 30
const START_HOUR = 14

/** 14:00 UTC a month ago: far enough that a feed at 60x does not catch up with the wall within half a day. */
export function usualStartMs(nowMs: number): number {
  return (Math.floor(nowMs / DAY_MS) - DAYS_AGO) * DAY_MS + START_HOUR * 3_600_000
}

/**
 * Plays the simulated feed on the topics, paced by the wall clock: publishes items, people, requests and
 * interactions, follows predictions and shows them. Knows nothing of how a ranking is made.
 */
export async function startSimulator(
  runtime: Runtime,
  options: StartSimulatorOptions,
): Promise<RunningSimulator> {
  const { seed, config, speed, startMs, answerWithinMs = ANSWER_WITHIN_MS, beforeRequests } = options
  const simulation = createFeedSimulation({ seed, config, startMs })
  const outputs = await runtime.outputs('simulator')
  const player = createFeedPlayer({ simulation, outputs, startMs, speed, answerWithinMs })
  const follower = await runtime.follow({
    name: 'simulator',
    topic: 'predictions',
    startFrom: 'latest',
    record({ value }) {
      if (value !== null) player.predicted(value)
    },
  })
  await follower.ready
  await player.tellHistory()
  await beforeRequests?.()
  const startedAtMs = runtime.clock.nowMs()
  player.startClock(startedAtMs)

  let closing = false
  async function play(): Promise<void> {
    while (!closing || simulation.waiting > 0) {
      const nowMs = runtime.clock.nowMs()
      await player.tick(nowMs)
      const restMs = TICK_MS - (runtime.clock.nowMs() - nowMs)
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, restMs)))
    }
    await player.finish()
  }
  const done = Promise.race([play(), follower.done]).finally(async () => {
    closing = true
    await outputs.close()
    await follower.stop()
  })
  done.catch((error: unknown) => runtime.log.error({ error }, LOG_EVENTS.simulatorStopped))

  return {
    counts: player.counts,
    simulation,
    startMs,
    startedAtMs,
    feedTimeMs: () => player.feedTimeMs(runtime.clock.nowMs()),
    done,
    async stop() {
      closing = true
      player.close()
      await done
    },
  }
}
