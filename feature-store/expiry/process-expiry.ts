import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisAddress, Runtime } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { sweepExpired } from './redis-sweep.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Frees what expired states take, beside the stages: they and readers take such a state for nothing anyway. */
export function keepSweeping(
  { log, signals }: Pick<Runtime, 'log' | 'signals'>,
  { redis, prefix, config }: { redis: RedisAddress; prefix: string; config: FeatureStoreConfig },
): { stop(): Promise<void> } {
  const { inactiveDays, slackHours, sweepHours } = config.expiry
  const { signal, ...stopping } = controller()
  const olderThanMs = inactiveDays * DAY_MS + slackHours * HOUR_MS
  const { commandTimeoutMs } = config.limits

  async function turns(): Promise<void> {
    while (!signal.aborted) {
      await sleep(sweepHours * HOUR_MS, undefined, { signal, ref: false }).catch(() => undefined) // asked to stop
      if (signal.aborted) return
      const swept = await sweepExpired(redis, { prefix, olderThanMs, commandTimeoutMs, signal }).catch(
        () => [],
      ) // the stages say that Redis is away
      for (const { states, kept, removed } of swept) {
        signals.gauge(SIGNALS.statesKept, kept, { states })
        signals.count(SIGNALS.statesExpired, { states }, removed)
        if (removed > 0) log.info({ states, kept, removed }, LOG_EVENTS.statesExpired)
      }
    }
  }

  const turning = inactiveDays === 0 ? Promise.resolve() : turns()
  return {
    async stop() {
      stopping.abort()
      await turning
    },
  }
}

function controller() {
  const made = new AbortController()
  return { signal: made.signal, abort: () => made.abort() }
}
