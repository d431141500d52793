import type { LoopService } from '#schemas'
import { CLOCK_SPEED } from '../demo/demo-times.ts'
import { createHash } from 'node:crypto'
import {
  compileFeatureSet,
  createFeatureReader,
  partitionTag,
  startFeatureStore,
  type StateStore,
  createMemoryStore,
  type MemoryStore,
} from '#feature-store'
import { startScorer } from '#scorer'
import {
  createFeedPlayer,
  createFeedSimulation,
  type FeedPlayer,
  type FeedSimulation,
  type RunningStage,
  type SimulatorConfig,
  createTopologyTestDriver,
  type TopologyTestDriver,
} from '#streams'
import { fitterInProcess } from '../../learning/fitter.ts'
import { startTrainer } from '../../start-trainer.ts'
import { openLinearModel } from '../../testing/index.ts'
import type { FeedConfig } from '../feed.ts'
import { createMishaps, type Mishap } from './mishaps.ts'
import { createZombies, type Zombies } from './zombies.ts'

export interface MemoryLoopOptions {
  seed: number
  feed: FeedConfig
  people: SimulatorConfig
  /** Event time at which the feed opens. */
  startMs: number
  ticks: number
  /** What goes wrong, and when. */
  mishaps?: readonly Mishap[]
  /** Told after everybody left, a yield at a time; everything is settled in between. */
  epilogue?(driver: TopologyTestDriver, feedMs: number): Iterable<void>
  /** What the services take for the store, for controls; default: the store itself. */
  storeOf?(store: MemoryStore, driver: TopologyTestDriver): StateStore
}

export interface MemoryLoopRun {
  driver: TopologyTestDriver
  store: MemoryStore
  zombies: Zombies
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

/** More restarts than any plan of mishaps needs. */
const RESTARTS_MAX = 100

/** The whole loop in memory on a simulated feed: all services, a simulated clock, one seed. */
export async function playMemoryLoop(options: MemoryLoopOptions): Promise<MemoryLoopRun> {
  const { seed, feed, people, startMs, ticks } = options
  const { features, scorer, trainer, ...streams } = feed
  const wallMs = startMs + AHEAD_MS
  const driver = await createTopologyTestDriver({ seed, startMs: wallMs, config: streams })
  const kept = createMemoryStore()
  const zombies = createZombies(options.storeOf?.(kept, driver) ?? kept)
  const { store } = zombies
  const featureSet = compileFeatureSet(features)
  const reader = createFeatureReader({ runtime: driver, store, featureSet })
  const start: Record<LoopService, () => Promise<RunningStage>> = {
    features: () => startFeatureStore(driver, { config: features, store }),
    scorer: () => startScorer(driver, { config: scorer, features: reader, openModel: openLinearModel }),
    trainer: () =>
      startTrainer(driver, {
        config: trainer,
        featureSet,
        openModel: openLinearModel,
        fitter: fitterInProcess,
      }),
  }
  const dead = new Set<LoopService>()
  let deaths = 0
  const running: Record<LoopService, RunningStage> = {
    features: await driver.settleUntil(start.features()),
    scorer: await driver.settleUntil(start.scorer()),
    trainer: await driver.settleUntil(start.trainer()),
  }
  for (const service of Object.keys(running) as LoopService[]) {
    noteDeath(service)
    await driver.settleUntil(running[service].ready)
  }
  let guest: RunningStage | null = null
  const mishaps = createMishaps(options.mishaps ?? [], { driver, store: kept, zombies, join, leave })

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
    const steps = await mishaps.atTick(tick)
    await player.tick(wallMs + tick * TICK_MS)
    if (steps === null) await driver.settle()
    else for (let step = 0; step < steps; step++) await driver.step()
    for (const service of [...dead]) await restart(service)
  }
  await mishaps.over()
  await recover()
  player.close()
  await player.finish()
  await recover()
  for (const _ of options.epilogue?.(driver, simulation.nowMs) ?? []) await recover()
  await follower.stop()
  for (const service of Object.values(running)) await service.stop()
  const endMs = startMs + ticks * TICK_MS * CLOCK_SPEED
  return { driver, store: kept, zombies, simulation, endMs, counts: player.counts, deaths }

  /** What a supervisor does. A service that cannot start yet stays dead until the next time. */
  async function restart(service: LoopService): Promise<void> {
    dead.delete(service)
    await driver.settleUntil(running[service].stop().catch(() => undefined))
    running[service] = await driver.settleUntil(start[service]())
    noteDeath(service)
    await driver.settleUntil(running[service].ready.catch(() => undefined))
    await driver.settle()
  }

  /** Until everything runs and nothing is left to do. */
  async function recover(): Promise<void> {
    await driver.settle()
    for (let restarts = 0; dead.size > 0; restarts++) {
      if (restarts === RESTARTS_MAX) throw new Error(`${[...dead].join()} died again and again`)
      for (const service of [...dead]) await restart(service)
    }
  }

  function noteDeath(service: LoopService): void {
    running[service].done.catch(() => {
      dead.add(service)
      deaths += 1
    })
  }

  async function join(): Promise<void> {
    await leave()
    const joined = await driver.settleUntil(start.features())
    guest = joined
    joined.ready.catch(() => undefined) // told by `done`
    joined.done.catch(() => (deaths += 1))
  }

  async function leave(): Promise<void> {
    const left = guest
    guest = null
    if (left !== null) await driver.settleUntil(left.stop().catch(() => undefined))
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
