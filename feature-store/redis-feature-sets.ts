import type { Logger, RedisAddress, Runtime } from '#streams'
import { openFeedStore, type FeatureCommandsConfig } from './commands.ts'
import type { FeatureReader, FeatureSets } from './contract.ts'
import { compileFeatureSet } from './feature-set.ts'
import { createReadySets } from './ready-sets.ts'
import { createFeatureReader } from './reader.ts'
import { OWNED_NOW_MS, type OwnedSet } from './shadow/owned-set.ts'
import { openReplays, type Replays } from './shadow/redis-replays.ts'
import { LOG_EVENTS } from './signals.ts'
import type { StateStore } from './state-store.ts'

export interface FeatureSetsParts {
  runtime: Runtime
  redis: RedisAddress
  config: Pick<FeatureCommandsConfig, 'prefix' | 'features'>
  /** Of the configured set. */
  own: FeatureReader
  log: Logger
  everyMs?: number
}

export interface FollowedSets extends FeatureSets {
  close(): Promise<void>
}

/** Other sets that are read at the same time, those told of last. */
const OTHER_SETS_MAX = 4
const EVERY_MS = 1_000
/** A Redis that is away does not hold the first answer up for longer. */
const FIRST_LOOK_MS_MAX = 3_000

/**
 * The sets that features services keep now, each with a reader of its own, so that a model of another set than the configured
 * one can serve. While Redis is away, those known last hold.
 */
export function followFeatureSets(parts: FeatureSetsParts): FollowedSets {
  const { runtime, redis, config, own, log } = parts
  const others = new Map<string, { reader: FeatureReader; store: StateStore }>()
  const ready = createReadySets(own)
  let replays: Replays | null = null
  let isStopped = false

  async function open(set: OwnedSet): Promise<void> {
    const { features } = set
    const store = await openFeedStore(redis, { ...config, features })
    const reader = createFeatureReader({ runtime, store, featureSet: compileFeatureSet(features) })
    others.set(set.featureSetId, { reader, store })
    log.info({ featureSetId: set.featureSetId }, LOG_EVENTS.otherSetRead)
  }

  async function look(): Promise<void> {
    replays ??= await openReplays(redis, config.prefix, config.features.limits.commandTimeoutMs)
    const sets = (await replays.ownedSets())
      .filter(({ featureSetId }) => featureSetId !== own.featureSet.id)
      .sort((a, b) => b.atMs - a.atMs)
      .slice(0, OTHER_SETS_MAX)
    for (const set of sets) if (!others.has(set.featureSetId)) await open(set)
    const gone = [...others].filter(([id]) => !sets.some(({ featureSetId }) => featureSetId === id))
    for (const [id] of gone) others.delete(id)
    await ready.look([own, ...[...others.values()].map(({ reader }) => reader)])
    // Whoever reads one now has its answer long before.
    for (const [, { store }] of gone) setTimeout(() => void store.close(), EVERY_MS * 5)
  }

  let isBusy = false
  let work: Promise<void> = Promise.resolve()
  const begin = () => {
    if (isBusy || isStopped) return
    isBusy = true
    work = look()
      .catch(() => undefined) // reads say that Redis is away
      .finally(() => (isBusy = false))
  }
  const timer = setInterval(begin, parts.everyMs ?? EVERY_MS)
  timer.unref()
  begin()
  const looked = Promise.race([
    work,
    new Promise<void>((late) => setTimeout(late, FIRST_LOOK_MS_MAX).unref()),
  ])

  return {
    ...ready,
    looked,
    find: (featureSetId) => (featureSetId === own.featureSet.id ? own : others.get(featureSetId)?.reader),
    async close() {
      isStopped = true
      clearInterval(timer)
      await work
      await replays?.close()
      for (const { store } of others.values()) await store.close()
    },
  }
}

/** The sets that features services keep now, the configured one and those beside it. */
export async function keptSetIds(redis: RedisAddress, prefix: string): Promise<string[]> {
  const replays = await openReplays(redis, prefix)
  try {
    const nowMs = Date.now()
    const owned = await replays.ownedSets()
    return owned.filter(({ atMs }) => nowMs - atMs <= OWNED_NOW_MS).map(({ featureSetId }) => featureSetId)
  } finally {
    await replays.close()
  }
}
