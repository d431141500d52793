import type { StateStore } from '#feature-store'
import { createMishapStore, type MishapStore } from '#feature-store/testing'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { openLinearModel } from '../../../testing/index.ts'
import {
  type MemoryLoopOptions,
  type MemoryLoopRun,
  playMemoryLoop,
  streamsOf,
  wallStartMs,
} from '../memory-loop.ts'
import { createMishaps, type Mishap } from './mishaps.ts'
import { createZombies, type Zombies } from './zombies.ts'

export interface DisturbedLoopOptions extends Pick<
  MemoryLoopOptions,
  'seed' | 'feed' | 'people' | 'startMs' | 'ticks'
> {
  /** What goes wrong, and when. */
  mishaps: readonly Mishap[]
  /** Told after everybody left, a yield at a time; everything is settled in between. */
  epilogue(driver: TopologyTestDriver, feedMs: number): Iterable<void>
  /** What the services take for the store, for controls; default: the store itself. */
  storeOf?(store: MishapStore, driver: TopologyTestDriver): StateStore
}

export interface DisturbedRun extends Omit<MemoryLoopRun, 'runtime' | 'store'> {
  driver: TopologyTestDriver
  store: MishapStore
  zombies: Zombies
}

/** The loop in memory with linear models, on a driver and a store that mishaps befall. */
export async function playDisturbedLoop(options: DisturbedLoopOptions): Promise<DisturbedRun> {
  const { seed, feed, startMs } = options
  const config = streamsOf(feed)
  const driver = await createTopologyTestDriver({ seed, startMs: wallStartMs(startMs), config })
  const store = createMishapStore()
  const zombies = createZombies(options.storeOf?.(store, driver) ?? store)
  const run = await playMemoryLoop({
    ...options,
    openModel: openLinearModel,
    runtime: driver,
    store: zombies.store,
    attend: (services) => ({
      ...createMishaps(options.mishaps, { ...services, driver, store, zombies }),
      epilogue: (feedMs) => options.epilogue(driver, feedMs),
    }),
  })
  return { ...run, driver, store, zombies }
}
