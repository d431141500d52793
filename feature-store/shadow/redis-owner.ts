import type { Logger, RedisAddress } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { LOG_EVENTS } from '../signals.ts'
import { statesIdOf } from '../serving.ts'
import { OWNED_NOW_MS, ownedSetOf } from './owned-set.ts'
import { openReplays, type Replays } from './redis-replays.ts'
import type { ReplayTopic } from './replay-job.ts'
import { removeKept } from './switch.ts'

export interface OwnerDutiesParts {
  redis: RedisAddress
  prefix: string
  featureSet: CompiledFeatureSet
  topicName(topic: ReplayTopic): string
  commandTimeoutMs: number
  log: Logger
}

const TELL_EVERY_MS = 5_000
const REMOVE_EVERY_MS = 60_000

/**
 * What a features service does beside its stages: it tells which set it keeps, so that `check` and `replay` can hold others
 * against it, and removes namespaces whose time is over. While Redis is away it does nothing.
 */
export function keepOwnerDuties(parts: OwnerDutiesParts): { stop(): Promise<void> } {
  const { redis, prefix, featureSet, topicName, commandTimeoutMs, log } = parts
  let replays: Replays | null = null
  let isStopped = false
  let removedAtMs = Date.now()
  let duty: Promise<void> = Promise.resolve()

  async function tell(): Promise<void> {
    replays ??= await openReplays(redis, prefix, commandTimeoutMs)
    const namespace = (await replays.serving(statesIdOf(featureSet)))?.namespace ?? prefix
    const atMs = Date.now()
    await replays.tellOwned(ownedSetOf(featureSet, { namespace, topicName, atMs }))
    if (atMs - removedAtMs < REMOVE_EVERY_MS) return
    removedAtMs = atMs
    for (const { namespace: gone, keys } of await removeKept(replays, statesIdOf(featureSet), atMs))
      log.info({ namespace: gone, keys }, LOG_EVENTS.namespaceRemoved)
  }

  /** What is told of it from now on is old: another configuration may take its place. */
  async function leave(): Promise<void> {
    if (replays === null) return
    const told = (await replays.ownedSets()).find(({ featureSetId }) => featureSetId === featureSet.id)
    if (told !== undefined) await replays.tellOwned({ ...told, atMs: Date.now() - OWNED_NOW_MS - 1 })
  }

  let isBusy = false
  const timer = setInterval(begin, TELL_EVERY_MS)
  timer.unref()
  begin()

  function begin(): void {
    if (isBusy || isStopped) return
    isBusy = true
    duty = tell()
      .catch(() => undefined) // the stages say that Redis is away
      .finally(() => (isBusy = false))
  }

  return {
    async stop() {
      isStopped = true
      clearInterval(timer)
      await duty
      await leave().catch(() => undefined) // it is noticed by itself, later
      await replays?.close()
    },
  }
}
