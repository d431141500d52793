import type { DriftEvent, ModelMove } from '#schemas'
import type { Runtime } from '#streams'
import { isRetrainEvent } from '../../learning/retrain-event.ts'
import type { Quantiles } from '../report/index.ts'
import { createAnswerLatencies } from './answer-latencies.ts'
import { createRollingQuality } from './rolling-quality.ts'

/** What the screen of a run shows, seen from outside the services. The report does not use it. */
export interface LoopWatch {
  latencyMs(): Quantiles | null
  normalizedEntropy(): number | null
  /** The model that answered last; null while none did. */
  liveModel(): string | null
  examples(): number
  stop(): Promise<void>
}

export interface LoopWatchEvents {
  onModelMove(move: ModelMove): void
  onDrift(event: DriftEvent): void
  onRetrain(event: DriftEvent): void
  /** Another model answers now. */
  onSwap(modelId: string): void
}

const EXAMPLES_MAX = 6_000

/** Follows requests, predictions, examples, models and drift from now on. */
export async function watchLoop(
  runtime: Runtime,
  label: string,
  events: LoopWatchEvents,
): Promise<LoopWatch> {
  const quality = createRollingQuality({ label, examplesMax: EXAMPLES_MAX })
  const latencies = createAnswerLatencies()
  let liveModel: string | null = null
  let exampleCount = 0

  const followers = await Promise.all([
    runtime.follow({
      name: 'watch-requests',
      topic: 'requests',
      startFrom: 'latest',
      record({ value, brokerTimeMs }) {
        if (value !== null) latencies.asked(value.requestId, brokerTimeMs)
      },
    }),
    runtime.follow({
      name: 'watch-predictions',
      topic: 'predictions',
      startFrom: 'latest',
      record({ value, brokerTimeMs }) {
        if (value === null) return
        latencies.answered(value.requestId, brokerTimeMs)
        if (value.modelId === '' || value.modelId === liveModel) return
        liveModel = value.modelId
        events.onSwap(value.modelId)
      },
    }),
    runtime.follow({
      name: 'watch-examples',
      topic: 'examples',
      startFrom: 'latest',
      record({ value }) {
        if (value === null) return
        exampleCount++
        quality.add(value)
      },
    }),
    runtime.follow({
      name: 'watch-models',
      topic: 'models',
      startFrom: 'latest',
      record({ value }) {
        if (value !== null) events.onModelMove(value)
      },
    }),
    runtime.follow({
      name: 'watch-drift',
      topic: 'drift',
      startFrom: 'latest',
      record({ value }) {
        if (value === null) return
        if (isRetrainEvent(value)) events.onRetrain(value)
        else events.onDrift(value)
      },
    }),
  ])
  await Promise.all(followers.map((follower) => follower.ready))
  return {
    latencyMs: () => latencies.quantiles(),
    normalizedEntropy: () => quality.normalizedEntropy(),
    liveModel: () => liveModel,
    examples: () => exampleCount,
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()))
    },
  }
}
