import type { RedisAddress, Runtime } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import type { EntityRoom } from '../stages/partition-activity.ts'
import { sweepExpired, type SweepOptions } from './redis-sweep.ts'
import { createWaiting } from './process-waiting.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Of what a process counts: when so much beside it had to make room, it is removed from Redis. */
const DROPPED_SHARE_MAX = 1 / 8
/** When so much still waits to be removed, nobody new comes in. */
const FULL_SHARE = 1 / 2
/** Fewer are not worth looking at every key, or waiting. */
const DROPPED_MIN = 1_000
const FULL_MIN = 10 * DROPPED_MIN
const ROOM_WAIT_MS = 1_000
const RETRY_MS = 1_000

export interface Sweeping extends EntityRoom {
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
  const waiting = createWaiting()
  /** Something happened that the turns may have to act on. */
  let wake = () => {}

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** @returns whether it came to its end */
  async function sweep(of: Pick<SweepOptions, 'tags' | 'pauseMs'>): Promise<boolean> {
    const removes = waiting.all()
    const { signal } = stopping
    const options = { prefix, olderThanMs, commandTimeoutMs, signal, ...of }
    const swept = await sweepExpired(redis, options).catch(() => null) // the stages say that Redis is away
    if (swept === null || signal.aborted) return false
    waiting.removed(removes)
    for (const { states, kept, removed } of swept) {
      if (of.tags === undefined) signals.gauge(SIGNALS.statesKept, kept, { states })
      signals.count(SIGNALS.statesExpired, { states }, removed)
      if (removed > 0) log.info({ states, kept, removed }, LOG_EVENTS.statesExpired)
    }
    return true
  }

  async function turns(): Promise<void> {
    const everyMs = sweepHours * HOUR_MS
    let nextMs = performance.now() + everyMs
    while (!stopping.signal.aborted) {
      const isTime = performance.now() >= nextMs
      if (!isTime && !waiting.exceeds(DROPPED_MIN, DROPPED_SHARE_MAX)) await pause(nextMs - performance.now())
      else if (!(await sweep(isTime ? {} : { tags: waiting.tags(), pauseMs: 0 }))) await pause(RETRY_MS)
      else if (isTime) nextMs = performance.now() + everyMs
    }
  }

  const turning = turns()
  return {
    told(told) {
      waiting.told(told)
      if (told.dropped > 0 && waiting.exceeds(DROPPED_MIN, DROPPED_SHARE_MAX)) wake()
    },
    async hasRoom() {
      if (waiting.exceeds(FULL_MIN, FULL_SHARE)) await waiting.less(ROOM_WAIT_MS)
      return !waiting.exceeds(FULL_MIN, FULL_SHARE)
    },
    async stop() {
      stopping.abort()
      wake()
      await turning
    },
  }
}
