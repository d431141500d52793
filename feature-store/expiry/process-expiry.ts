import type { RedisAddress, Runtime } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import type { ActivityTold } from '../stages/partition-activity.ts'
import { sweepExpired, type SweepOptions } from './redis-sweep.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** So much of what a process counts may lie in Redis beside it, to be removed. */
const DROPPED_SHARE_MAX = 1 / 8
/** Fewer are not worth looking at every key. */
const DROPPED_MIN = 1_000

export interface Sweeping {
  /** What a stage counts: when many had to make room, their states are removed at once. */
  told(told: ActivityTold): void
  stop(): Promise<void>
}

/** Frees what states take that are over, beside the stages: they and readers take such a state for nothing anyway. */
export function keepSweeping(
  { log, signals }: Pick<Runtime, 'log' | 'signals'>,
  { redis, prefix, config }: { redis: RedisAddress; prefix: string; config: FeatureStoreConfig },
): Sweeping {
  const { inactiveDays, slackHours, sweepHours } = config.expiry
  const stopping = new AbortController()
  const olderThanMs = inactiveDays === 0 ? Infinity : inactiveDays * DAY_MS + slackHours * HOUR_MS
  const { commandTimeoutMs } = config.limits
  const counted = new Map<string, { entities: number; dropped: number }>()
  let wake = () => {}

  const sum = (of: 'entities' | 'dropped') => [...counted.values()].reduce((total, one) => total + one[of], 0)
  const isCrowded = () => sum('dropped') >= Math.max(DROPPED_MIN, sum('entities') * DROPPED_SHARE_MAX)

  /** @returns whether it is time for all namespaces, and not for what had to make room alone */
  async function pause(untilMs: number): Promise<boolean> {
    if (isCrowded()) return false
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), Math.max(0, untilMs - performance.now())).unref()
      wake = () => {
        clearTimeout(timer)
        resolve(false)
      }
    })
  }

  async function sweep(of: Pick<SweepOptions, 'tags'>): Promise<void> {
    for (const one of counted.values()) one.dropped = 0
    const { signal } = stopping
    const swept = await sweepExpired(redis, { prefix, olderThanMs, commandTimeoutMs, signal, ...of }).catch(
      () => [],
    ) // the stages say that Redis is away
    for (const { states, kept, removed } of swept) {
      if (of.tags === undefined) signals.gauge(SIGNALS.statesKept, kept, { states })
      signals.count(SIGNALS.statesExpired, { states }, removed)
      if (removed > 0) log.info({ states, kept, removed }, LOG_EVENTS.statesExpired)
    }
  }

  async function turns(): Promise<void> {
    const everyMs = sweepHours * HOUR_MS
    let nextMs = performance.now() + everyMs
    while (!stopping.signal.aborted) {
      const isAll = await pause(nextMs)
      if (stopping.signal.aborted) return
      await sweep(isAll ? {} : { tags: new Set(counted.keys()) })
      if (isAll) nextMs = performance.now() + everyMs
    }
  }

  const turning = turns()
  return {
    told({ tag, entities, dropped }) {
      const known = counted.get(tag)
      counted.set(tag, { entities, dropped: dropped + (known?.dropped ?? 0) })
      if (dropped > 0 && isCrowded()) wake()
    },
    async stop() {
      stopping.abort()
      wake()
      await turning
    },
  }
}
