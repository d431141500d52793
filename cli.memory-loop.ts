import { createHash } from 'node:crypto'
import {
  compileFeatureSet,
  createFeatureReader,
  partitionTag,
  startFeatureStore,
  type StateStore,
} from '#feature-store'
import { createMemoryStore } from '#feature-store/testing'
import { startScorer } from '#scorer'
import {
  createFeedPlayer,
  createFeedSimulation,
  type FeedPlayer,
  type FeedSimulation,
  type RunningStage,
  type SimulatorConfig,
} from '#streams'
import { type CrashMoment, createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { startTrainer } from '#trainer'
import { CLOCK_SPEED, openLinearModel } from '#trainer/testing'
import type { FeedConfig } from './cli.ts'

export interface MemoryLoopOptions {
  seed: number
  feed: FeedConfig
  people: SimulatorConfig
  /** Event time at which the feed opens. */
  startMs: number
  ticks: number
  /** Kills a stage in its next batch after this many ticks: with half its outputs written, or before its commit. */
  crash?: { stage: string; moment: CrashMoment; afterTicks: number }
}

export interface MemoryLoopRun {
  driver: TopologyTestDriver
  store: StateStore
  simulation: FeedSimulation
  /** Event time at which people stopped to ask. */
  endMs: number
  counts: FeedPlayer['counts']
  /** Services that ended by themselves. */
  deaths: number
}

export const TICK_MS = 500
/** The broker's clock; the feed's runs in the past. */
const AHEAD_MS = 30 * 86_400_000

type ServiceName = 'features' | 'scorer' | 'trainer'

/** The whole loop in memory on a simulated feed: all services, a simulated clock, one seed. */
export async function playMemoryLoop(options: MemoryLoopOptions): Promise<MemoryLoopRun> {
  const { seed, feed, people, startMs, ticks, crash } = options
  const { features, scorer, trainer, ...streams } = feed
  const wallMs = startMs + AHEAD_MS
  const driver = await createTopologyTestDriver({ seed, startMs: wallMs, config: streams })
  const store = createMemoryStore()
  const featureSet = compileFeatureSet(features)
  const reader = createFeatureReader({ runtime: driver, store, featureSet })
  const start: Record<ServiceName, () => Promise<RunningStage>> = {
    features: () => startFeatureStore(driver, { config: features, store }),
    scorer: () => startScorer(driver, { config: scorer, features: reader, openModel: openLinearModel }),
    trainer: () => startTrainer(driver, { config: trainer, featureSet, openModel: openLinearModel }),
  }
  const dead = new Set<ServiceName>()
  let deaths = 0
  const running: Record<ServiceName, RunningStage> = {
    features: await driver.settleUntil(start.features()),
    scorer: await driver.settleUntil(start.scorer()),
    trainer: await driver.settleUntil(start.trainer()),
  }
  for (const service of Object.keys(running) as ServiceName[]) {
    noteDeath(service)
    await driver.settleUntil(running[service].ready)
  }

  const simulation = createFeedSimulation({ seed: String(seed), config: people, startMs })
  const outputs = await driver.outputs('feed')
  const player = createFeedPlayer({
    simulation,
    outputs,
    startMs,
    speed: CLOCK_SPEED,
    answerWithinMs: 60_000,
  })
  const follower = await driver.follow({
    name: 'feed',
    topic: 'predictions',
    startFrom: 'latest',
    record: ({ value }) => (value === null ? undefined : player.predicted(value)),
  })
  await player.tellHistory()
  await driver.settle()
  player.startClock(wallMs)
  for (let tick = 1; tick <= ticks; tick++) {
    if (crash?.afterTicks === tick) driver.crashNext(crash.stage, crash.moment)
    await player.tick(wallMs + tick * TICK_MS)
    await driver.settle()
    for (const service of dead) await restart(service)
  }
  player.close()
  await player.finish()
  await driver.settle()
  await follower.stop()
  for (const service of Object.values(running)) await service.stop()
  const endMs = startMs + ticks * TICK_MS * CLOCK_SPEED
  return { driver, store, simulation, endMs, counts: player.counts, deaths }

  /** What a supervisor does. */
  async function restart(service: ServiceName): Promise<void> {
    dead.delete(service)
    await driver.settleUntil(running[service].stop().catch(() => undefined))
    running[service] = await driver.settleUntil(start[service]())
    noteDeath(service)
    await driver.settleUntil(running[service].ready)
    await driver.settle()
  }

  function noteDeath(service: ServiceName): void {
    running[service].done.catch(() => {
      dead.add(service)
      deaths += 1
    })
  }
}

/** One hash over every user and item state. */
export async function statesDigest({ driver, store }: MemoryLoopRun, feed: FeedConfig): Promise<string> {
  const { layouts } = compileFeatureSet(feed.features)
  const hash = createHash('sha256')
  for (const [topic, { id: layoutId }] of [
    ['interactions', layouts.user],
    ['itemInteractions', layouts.item],
  ] as const) {
    for (let partition = 0; partition < driver.partitionCount(topic); partition++) {
      const blobs: string[] = []
      for await (const { id, blob } of store.scan(
        partitionTag(driver.topicName(topic), partition, layoutId),
      )) {
        blobs.push(`${id} ${blob.toString('hex')}`)
      }
      hash.update(blobs.sort().join('\n'))
    }
  }
  return hash.digest('hex')
}
