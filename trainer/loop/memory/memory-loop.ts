import {
  type CompiledFeatureSet,
  compileFeatureSet,
  createFeatureReader,
  createMemoryStore,
  type SkewReading,
  startFeatureStore,
  startSkew,
  type StateStore,
} from '#feature-store'
import { startScorer } from '#scorer'
import type { OpenModel } from '#scorer/model'
import { createFeedPlayer, createFeedSimulation, createMemoryRuntime } from '#streams'
import type { FeedPlayer, FeedSimulation, MemoryRuntime, SimulatorConfig, StreamsConfig } from '#streams'
import { createMemoryScratchFile } from '../../joiner/pending/memory-scratch-file.ts'
import { fitterInProcess } from '../../learning/fitter.ts'
import { startTrainer } from '../../start-trainer.ts'
import { CLOCK_SPEED } from '../demo/demo-times.ts'
import type { FeedConfig } from '../feed.ts'
import { type MemoryServices, startMemoryServices } from './memory-services.ts'

export interface MemoryLoopOptions {
  seed: number
  feed: FeedConfig
  people: SimulatorConfig
  /** Event time at which the feed opens. */
  startMs: number
  ticks: number
  /** How models are opened: by ONNX Runtime, or by what stands in for it. */
  openModel: OpenModel
  /** Default: one of its own. */
  runtime?: MemoryRuntime
  /** What the services take for the store; default: one of its own, in memory. */
  store?: StateStore
  /** Who stands by and does something at times; default: nobody. */
  attend?(services: Pick<MemoryServices, 'join' | 'leave'>): MemoryLoopAttendant
  /** The features of the service that computes served vectors again; left out: nobody does. */
  skew?: CompiledFeatureSet
}

export interface MemoryLoopAttendant {
  /** At the beginning of a tick. Answers how many batches may be worked off in it; null: all. */
  atTick(tick: number): Promise<number | null>
  /** The last tick is over. */
  over(): Promise<void>
  /** Told after everybody left, a yield at a time; everything is settled in between. */
  epilogue(feedMs: number): Iterable<void>
}

export interface MemoryLoopRun {
  runtime: MemoryRuntime
  store: StateStore
  simulation: FeedSimulation
  /** Event time at which people stopped to ask. */
  endMs: number
  counts: FeedPlayer['counts']
  /** Services that ended by themselves. */
  deaths: number
  /** What was found of the last vectors that were computed again. */
  skew: SkewReading | null
}

export const TICK_MS = 500
/** The broker's clock; the feed's runs in the past. */
const AHEAD_MS = 30 * 86_400_000
const ANSWER_WITHIN_MS = 60_000

/** Wall clock of the runtime when the feed opens. */
export const wallStartMs = (startMs: number): number => startMs + AHEAD_MS

export const streamsOf = ({ features, scorer, trainer, ...streams }: FeedConfig): StreamsConfig => streams

const NOBODY: MemoryLoopAttendant = {
  atTick: () => Promise.resolve(null),
  over: () => Promise.resolve(),
  epilogue: () => [],
}

/** The whole loop in memory on a simulated feed: all services, a simulated clock, one seed. */
export async function playMemoryLoop(options: MemoryLoopOptions): Promise<MemoryLoopRun> {
  const { seed, feed, people, startMs, ticks } = options
  const wallMs = wallStartMs(startMs)
  const runtime =
    options.runtime ?? (await createMemoryRuntime({ seed, startMs: wallMs, config: streamsOf(feed) }))
  const store = options.store ?? createMemoryStore()
  const services = await startMemoryServices(runtime, startsOf(runtime, store, options))
  const skew = options.skew && (await runtime.settleUntil(startSkew(runtime, skewOf(store, options.skew))))
  const attendant = options.attend?.(services) ?? NOBODY

  const simulation = createFeedSimulation({ seed: String(seed), config: people, startMs })
  const player = createFeedPlayer({
    simulation,
    outputs: await runtime.outputs('feed'),
    startMs,
    speed: CLOCK_SPEED,
    answerWithinMs: ANSWER_WITHIN_MS,
  })
  const follower = await runtime.follow({
    name: 'feed',
    topic: 'predictions',
    startFrom: 'latest',
    record: ({ value }) => (value === null ? undefined : player.predicted(value)),
  })
  await player.tellHistory()
  await runtime.settle()
  player.startClock(wallMs)
  for (let tick = 1; tick <= ticks; tick++) {
    const steps = await attendant.atTick(tick)
    await player.tick(wallMs + tick * TICK_MS)
    if (steps === null) await runtime.settle()
    else for (let step = 0; step < steps; step++) await runtime.step()
    await services.restartDead()
    if (skew !== undefined) await runtime.settleUntil(skew.tick())
  }
  const reading = skew?.reading() ?? null
  await skew?.stop()
  await attendant.over()
  await services.recover()
  player.close()
  await player.finish()
  await services.recover()
  for (const _ of attendant.epilogue(simulation.nowMs)) await services.recover()
  await follower.stop()
  await services.stop()
  const endMs = startMs + ticks * TICK_MS * CLOCK_SPEED
  const counts = player.counts
  return { runtime, store, simulation, endMs, counts, deaths: services.deaths(), skew: reading }
}

const skewOf = (store: StateStore, featureSet: CompiledFeatureSet) => ({
  ...{ store, featureSet },
  config: featureSet.config.skew,
})

function startsOf(runtime: MemoryRuntime, store: StateStore, { feed, openModel }: MemoryLoopOptions) {
  const { features, scorer, trainer } = feed
  const featureSet = compileFeatureSet(features)
  const reader = createFeatureReader({ runtime, store, featureSet })
  return {
    features: () => startFeatureStore(runtime, { config: features, store }),
    scorer: () => startScorer(runtime, { config: scorer, features: reader, openModel }),
    trainer: () =>
      startTrainer(runtime, {
        config: trainer,
        ...{ featureSet, openModel, fitter: fitterInProcess, scratch: createMemoryScratchFile() },
      }),
  }
}
