import {
  type ConnectedRuntime,
  type KafkaAddress,
  type Logger,
  type RedisAddress,
  type RunningStage,
  silentSignals,
} from '#streams'
import type { FeatureCommandsConfig } from '../commands.ts'
import { compileFeatureSet, type CompiledFeatureSet } from '../feature-set.ts'
import { openRedisStore } from '../redis-store.ts'
import { statesIdOf } from '../serving.ts'
import { LOG_EVENTS } from '../signals.ts'
import type { StateStore } from '../state-store.ts'
import { globsOfAlone, keptSetsPlan, topicsApart } from './kept-sets.ts'
import { type LogRange, openLogRange } from './kafka-range.ts'
import { createModelNeeds } from './model-needs.ts'
import { layoutIdsOf, type OwnedSet } from './owned-set.ts'
import { type RunningReplay, startReplay } from './process-replay.ts'
import { openReplays, type Replays } from './redis-replays.ts'
import { fencesOf } from './replay-fences.ts'
import type { ReplayJob } from './replay-job.ts'

export interface KeptSetsParts {
  redis: RedisAddress
  kafka: KafkaAddress
  config: FeatureCommandsConfig
  featureSet: CompiledFeatureSet
  runtime: ConnectedRuntime
  log: Logger
  /** How often it is looked what models need. */
  everyMs?: number
}

const EVERY_MS = 2_000
const jobName = ({ statesId }: Pick<OwnedSet, 'statesId'>) => `kept-${statesId}`

/** An old set at work in this process. */
interface Follower {
  set: OwnedSet
  running: RunningReplay
  store: StateStore
  hasEnded: boolean
}

/**
 * After a change of the configuration the old feature set is kept fresh, as long as the live model, or one that may be rolled
 * back to, needs it: a replay in this process follows the log for it. One of several processes does it. What is needed no
 * more is removed.
 */
export function keepOldSets(parts: KeptSetsParts): { stop(): Promise<void> } {
  const { config, runtime, log } = parts
  const keepers = createKeepers(parts)
  let isStopped = false
  let models: RunningStage | null = null
  const needs = createModelNeeds()

  async function follow(): Promise<void> {
    models = await runtime.follow({
      name: 'features-models',
      topic: 'models',
      startFrom: 'earliest',
      record: (record) => needs.noteMove(record),
    })
    await models.ready
  }

  /** Without the right to read models every old set may be needed. */
  const canTell = follow().then(
    () => true,
    (error: unknown) => {
      log.warn({ detail: String(error) }, LOG_EVENTS.modelsUnknown)
      return false
    },
  )
  const keptMs = config.features.limits.oldSetKeptHours * 3_600_000

  async function tick(): Promise<void> {
    const needed = (await canTell) ? needs.sets(Date.now(), keptMs) : null
    if (!isStopped) await keepers.keep(needed)
  }

  let isBusy = false
  let work: Promise<void> = Promise.resolve()
  const begin = () => {
    if (isBusy || isStopped) return
    isBusy = true
    work = tick()
      .catch((error: unknown) => log.debug({ detail: String(error) }, LOG_EVENTS.oldSetNotKept)) // the stages say that Redis is away
      .finally(() => (isBusy = false))
  }
  const timer = setInterval(begin, parts.everyMs ?? EVERY_MS)
  timer.unref()
  begin()

  return {
    async stop() {
      isStopped = true
      clearInterval(timer)
      await models?.stop()
      await work
      await keepers.close()
    },
  }
}

function createKeepers(parts: KeptSetsParts) {
  const { redis, kafka, config, featureSet, runtime, log } = parts
  const { prefix } = config
  const followers = new Map<string, Follower>()
  let replays: Replays | null = null
  let range: LogRange | null = null

  async function begin(set: OwnedSet, job: ReplayJob): Promise<void> {
    const store = await storeOf(set, parts)
    try {
      range ??= await openLogRange(kafka)
      if ((await fencesOf(store, job)).flat().includes(null)) return await store.close()
      const running = await startReplay({
        ...{ prefix, job, replays: replays!, store, range },
        // What it does is not told as what the service itself does.
        runtime: { ...runtime, signals: silentSignals },
        features: { config: set.features, ...config.limits },
      })
      const follower: Follower = { set, running, store, hasEnded: false }
      followers.set(set.featureSetId, follower)
      log.info({ featureSetId: set.featureSetId, namespace: set.namespace }, LOG_EVENTS.oldSetKept)
      running.ended
        .catch((error: unknown) => log.warn({ detail: String(error) }, LOG_EVENTS.oldSetNotKept))
        .finally(() => (follower.hasEnded = true))
    } catch (error) {
      await store.close()
      throw error
    }
  }

  async function end({ set, running, store }: Follower): Promise<void> {
    followers.delete(set.featureSetId)
    await running.stop()
    await store.close()
  }

  async function keepOne(set: OwnedSet, ownNamespace: string): Promise<void> {
    const found = followers.get(set.featureSetId)
    // A partition that somebody else took is taken again: the plan says that nobody is configured with this set.
    if (found !== undefined && (found.hasEnded || found.running.givenUp() > 0)) await end(found)
    const { layouts } = compileFeatureSet(set.features)
    const apart = topicsApart({ ...set, layouts }, { layouts: featureSet.layouts, namespace: ownNamespace })
    if (apart.length > 0 && !followers.has(set.featureSetId)) {
      const name = jobName(set)
      if ((await replays!.running(name)) !== null) return
      const asked = (await replays!.list()).find((job) => job.name === name)
      if (asked?.state === 'paused' || asked?.state === 'cancelled') return
      if (asked !== undefined) await replays!.change(name, () => null)
      const job = jobOf(set, layouts, apart, runtime)
      await replays!.add(job)
      await begin(set, job)
    }
    await replays!.tellOwned({ ...set, isBeside: true, atMs: Date.now() })
  }

  return {
    async keep(needed: ReadonlySet<string> | null): Promise<void> {
      replays ??= await openReplays(redis, prefix, config.features.limits.commandTimeoutMs)
      const statesId = statesIdOf(featureSet)
      const ownNamespace = (await replays.serving(statesId))?.namespace ?? prefix
      const owned = await replays.ownedSets()
      const { keep, drop: gone } = keptSetsPlan(owned, { ownId: featureSet.id, needed, atMs: Date.now() })
      for (const follower of [...followers.values()])
        if (!keep.some(({ featureSetId }) => featureSetId === follower.set.featureSetId)) await end(follower)
      for (const set of keep) await keepOne(set, ownNamespace)
      for (const set of gone) {
        const found = followers.get(set.featureSetId)
        if (found !== undefined) await end(found)
        await drop(replays, set, owned, log)
      }
      // Put back into the configuration: its own stages keep it.
      if ((await replays.running(jobName({ statesId }))) === null) await forgetJob(replays, { statesId })
    },
    async close(): Promise<void> {
      for (const follower of [...followers.values()]) await end(follower)
      await range?.close()
      await replays?.close()
    },
  }
}

function storeOf({ namespace }: OwnedSet, { redis, config }: KeptSetsParts): Promise<StateStore> {
  const { commandTimeoutMs, storeOutageMsMax: outageMsMax } = config.features.limits
  return openRedisStore(redis, namespace, { commandTimeoutMs, outageMsMax })
}

/** Removes a set that nobody needs any more, unless another process is still at it: then that one does. */
async function drop(replays: Replays, set: OwnedSet, owned: readonly OwnedSet[], log: Logger): Promise<void> {
  if ((await replays.running(jobName(set))) !== null) return
  const others = owned.filter(({ featureSetId }) => featureSetId !== set.featureSetId)
  // Scorers do without it first.
  await replays.forgetOwned(set.featureSetId)
  let keys = 0
  for (const glob of globsOfAlone(set, others)) keys += await replays.remove(glob)
  await forgetJob(replays, set)
  log.info({ featureSetId: set.featureSetId, keys }, LOG_EVENTS.oldSetRemoved)
}

async function forgetJob(replays: Replays, set: Pick<OwnedSet, 'statesId'>): Promise<void> {
  const name = jobName(set)
  if ((await replays.list()).some((job) => job.name === name)) await replays.change(name, () => null)
}

function jobOf(
  set: OwnedSet,
  layouts: CompiledFeatureSet['layouts'],
  apart: ReturnType<typeof topicsApart>,
  runtime: ConnectedRuntime,
): ReplayJob {
  const layoutIds = layoutIdsOf({ layouts })
  const noneOf = (topic: 'interactions' | ReturnType<typeof topicsApart>[number]) =>
    Array.from({ length: runtime.partitionCount(topic) }, () => null)
  return {
    name: jobName(set),
    namespace: set.namespace,
    kind: 'kept',
    statesId: set.statesId,
    featureSetId: set.featureSetId,
    state: 'running',
    from: 'its fences',
    to: 'now',
    follows: true,
    ratePerSecond: null,
    yieldAboveMs: null,
    topics: apart.map((topic) => ({
      topic,
      topicName: runtime.topicName(topic),
      layoutId: layoutIds[topic],
      starts: noneOf(topic).map(() => 0),
      ends: noneOf(topic),
    })),
    sourceStarts: noneOf('interactions').map(() => 0),
    sourceEnds: noneOf('interactions'),
    isPlanted: true,
    createdAtMs: Date.now(),
  }
}
