import { deferred, type Erasures, type RunningStage, type Runtime } from '#streams'
import type { FeatureStoreConfig } from './config.ts'
import { StoreUnavailableError } from './errors.ts'
import { compileFeatureSet, type CompiledFeatureSet } from './feature-set.ts'
import type { Outlast } from './redis-awaited.ts'
import { LOG_EVENTS } from './signals.ts'
import { createAttributesStage, type Tombstoned } from './stages/attributes-stage.ts'
import { createItemStage } from './stages/item-stage.ts'
import type { EntityRoom } from './stages/partition-activity.ts'
import { recordSteps, type RecordSteps } from './stages/record-steps.ts'
import { createUserStage } from './stages/user-stage.ts'
import type { StateStore, WhyLost } from './state-store.ts'
import { createTellUnmet, type TellUnmet } from './validation/unmet.ts'

export interface FeatureStoreOptions {
  config: FeatureStoreConfig
  store: StateStore
  /** Event time ahead of the broker: more is clamped (streams: limits.futureSkewSecondsMax). */
  futureSkewSecondsMax?: number
  /** Event time ahead of the broker: more is dead-lettered (streams: limits.farFutureSecondsMax). */
  farFutureSecondsMax?: number
  /** Event time before it is dead-lettered (streams: limits.earliestEventMs). */
  earliestEventMs?: number
  /** Waits until the store answers again; without it an outage is the end. */
  outlast?: Outlast
  /** What was erased; left out: tombstones in the log alone say so. */
  erasures?: Erasures
  /** What follows from a tombstone of a user or an item, beside its attributes. */
  tombstoned?: Tombstoned
  /** Who removes the states of those that had to make room. */
  room?: EntityRoom
}

export interface RunningFeatureStore extends RunningStage {
  /** Why nothing is read now; null: it is. */
  outage(): StoreUnavailableError | null
}

export const DEFAULT_FUTURE = { futureSkewSecondsMax: 300, farFutureSecondsMax: 86_400 }

/**
 * Keeps features fresh: four stages, each fenced by the store. When the store lost data (emptied, replaced,
 * restored from something older) all stages start again from their fences, idle partitions included. When it is away for
 * longer than a batch sits out, the stages leave their groups, so that others may go on, and start again once it answers.
 *
 * `ready` when partitions are assigned; `done` rejects when a stage died (the rest is stopped), resolves after stop.
 */
export async function startFeatureStore(
  runtime: Runtime,
  options: FeatureStoreOptions,
): Promise<RunningFeatureStore> {
  const { config, store, outlast, erasures, tombstoned, room } = options
  const featureSet = compileFeatureSet(config)
  const steps = stepsOf(runtime, options, createTellUnmet(runtime))
  const parts: StagesParts = {
    ...{ runtime, store, featureSet, steps },
    ...(erasures && { erasures }),
    ...(tombstoned && { tombstoned }),
    ...(room && { room }),
  }
  let stopping = false
  let outage: StoreUnavailableError | null = null
  const ready = deferred()
  let run = await start()
  const done = supervise()
  done.catch(ready.reject) // whoever waits for `done` sees it

  async function start(): Promise<Run> {
    const started = await startRun(parts)
    started.ready.then(ready.resolve, () => undefined) // told by its end
    return started
  }

  async function supervise(): Promise<void> {
    for (;;) {
      const end = await run.ended.catch(sitOut)
      if (end === 'stopped' || stopping) return
      if (end === 'went_back') runtime.log.warn({}, LOG_EVENTS.storeWentBack)
      if (end === 'switched') runtime.log.info({}, LOG_EVENTS.storeSwitched)
      run = await start()
      if (stopping) await run.stop()
    }
  }

  async function sitOut(error: unknown): Promise<'outage'> {
    if (outlast === undefined || !(error instanceof StoreUnavailableError)) throw error
    outage = error
    await outlast(error, () => stopping)
    outage = null
    return 'outage'
  }

  return {
    ready: ready.promise,
    done,
    outage: () => outage,
    async stop() {
      stopping = true
      await run.stop()
      await done.catch(() => undefined) // a death is told by `done`
    },
  }
}

interface Run {
  ready: Promise<void>
  /** Rejects when a stage died. All stages are stopped then. */
  ended: Promise<'stopped' | WhyLost>
  stop(): Promise<void>
}

export interface StagesParts {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  steps: RecordSteps
  erasures?: Erasures
  tombstoned?: Tombstoned
  room?: EntityRoom
}

/** The stages that keep features, live or in a replay, by what they read. */
export function createStages(parts: StagesParts) {
  return {
    items: createAttributesStage('items', parts),
    users: createAttributesStage('users', parts),
    itemInteractions: createItemStage(parts),
    interactions: createUserStage(parts),
  }
}

/** What every record must pass, by the feed's configuration. */
export const stepsOf = (
  runtime: Pick<Runtime, 'partitionOf'>,
  options: Omit<FeatureStoreOptions, 'store'>,
  tellUnmet?: TellUnmet,
) =>
  recordSteps({
    tellUnmet,
    config: options.config,
    futureSkewSecondsMax: options.futureSkewSecondsMax ?? DEFAULT_FUTURE.futureSkewSecondsMax,
    farFutureSecondsMax: options.farFutureSecondsMax ?? DEFAULT_FUTURE.farFutureSecondsMax,
    earliestEventMs: options.earliestEventMs,
    partitionOf: (topic, key) => runtime.partitionOf(topic, key),
  })

async function startRun(parts: StagesParts): Promise<Run> {
  const { runtime, store } = parts
  const { items, users, itemInteractions: item, interactions: user } = createStages(parts)
  const started = await Promise.allSettled([
    runtime.runStage(items),
    runtime.runStage(users),
    runtime.runStage(item),
    runtime.runStage(user),
  ])
  const stages = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async () => {
    await Promise.all(stages.map((stage) => stage.stop()))
  }
  const failure = started.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) {
    await stop()
    throw failure.reason
  }

  let unwatch = () => {}
  const wentBack = new Promise<WhyLost>((tell) => {
    const held = () => [items, users, item, user].flatMap((stage) => stage.held())
    unwatch = store.watch(held, (_, why) => tell(why))
  })
  const allDone = Promise.all(stages.map(({ done }) => done)).then((): 'stopped' => 'stopped')
  const ended = Promise.race([allDone, wentBack]).finally(async () => {
    unwatch()
    await stop().catch(() => undefined) // why it ended matters more
  })
  ended.catch(() => undefined) // the supervisor waits for it
  const ready = Promise.all(stages.map((stage) => stage.ready)).then(() => undefined)
  ready.catch(() => undefined) // may go unobserved
  return { ready, ended, stop }
}
