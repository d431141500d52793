import { FEATURE_LOG_EVENTS, openFeedStore } from '#feature-store'
import type { OwnRedis, OwnRedisOptions } from '#streams/testing'
import type { RedisAddress } from '#streams'
import { wallStopwatch } from '../demo/process-stopwatch.ts'
import { withRedis } from '../testing/feed-services.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import { appliedCount } from './applied-offsets.ts'
import { storeAtEnd } from './fences-at-end.ts'
import { judgeFeatures } from './kafka-judge.ts'
import { startTraffic, type Traffic } from './kafka-numbered-traffic.ts'
import { type Workload, workloadOf } from './numbered-traffic.ts'
import { eventCount, keepRunning, type KeptProcess } from './process-keeper.ts'
import { featuresCaughtUp, openLabFeed } from './run-scenario.ts'
import type { Finding, Lab } from './scenario.ts'

export interface RedisFeedPlan {
  name: string
  /** `off`: the negative control. */
  fence: 'on' | 'off'
  interactions: number
  perSecond: number
  /** The first comes at once; `harm` lets each of the others go with `traffic.release()`. */
  portions?: number
  redis?: OwnRedisOptions
  /** Another way to this Redis: a proxy. Answers its URL. */
  detour?(redis: OwnRedis): Promise<string>
  /** On top of what all these scenarios set. */
  limits?: { streams?: Record<string, number>; features?: Record<string, number> }
}

/** A feed whose features live in a Redis of its own, under way. */
export interface RedisFeed {
  readonly lab: Lab
  /** The only server, or the first of a Cluster. */
  readonly redis: OwnRedis
  readonly servers: readonly OwnRedis[]
  readonly feed: OwnFeed
  readonly features: KeptProcess
  readonly traffic: Traffic
  readonly workload: Workload
}

/** What harming it came to. */
export interface Harm {
  /** When the last fault was over; null: recovery is not a question here. */
  overAtMs: number | null
  counts: Record<string, number>
}

/** What the processes wrote, for a scenario that looks for words in it. */
export interface Aftermath {
  exitCode: number | null
  written: string
  deaths: number
  deadLetters: number
}

// A killed member's partitions are free soon; small writes, so that a fault falls between two of them.
const STREAMS_LIMITS = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300 }
const FEATURES_LIMITS = { applyRecordsMax: 100 }

/**
 * Numbered traffic into a feed whose features a supervisor keeps running, harmed by `harm`, brought to the end of the
 * log and judged. With the fence off the end is what the consumer groups believe it to be.
 */
export async function judgeUnderHarm(
  lab: Lab,
  plan: RedisFeedPlan,
  harm: (redisFeed: RedisFeed) => Promise<Harm>,
): Promise<{ finding: Finding; aftermath: Aftermath }> {
  const own = await lab.stack.openRedis(plan.redis)
  lab.cleanup(() => own.close())
  const { servers } = own
  const redis = servers[0]!
  const url = await plan.detour?.(redis)
  const services = withRedis(lab.services, url === undefined ? own : { ...own, as: () => ({ url }) })
  const config = {
    limits: { ...STREAMS_LIMITS, ...plan.limits?.streams },
    features: { limits: { ...FEATURES_LIMITS, ...plan.limits?.features } },
  }
  const feed = await oneAfterTheOther(() => openLabFeed(lab, plan.name, config, services))
  const workload = workloadOf({
    seed: lab.seed,
    interactions: plan.interactions,
    users: Math.min(20_000, plan.interactions / 20),
    items: Math.min(5_000, plan.interactions / 100),
  })
  const features = keepRunning(
    () =>
      plan.fence === 'on' ? feed.run('features', '--metrics-port', '0') : feed.runFeatures({ fence: 'off' }),
    { told: (lastWords) => lab.say(`${plan.name}: features ended by itself:\n${lastWords}`) },
  )
  lab.cleanup(() => features.stop())
  const { perSecond, portions = 1 } = plan
  const traffic = await startTraffic(feed, workload, { perSecond, portions })

  const { overAtMs, counts } = await harm({ lab, redis, servers, feed, features, traffic, workload })
  await traffic.done
  await (plan.fence === 'on' ? storeAtEnd(feed) : featuresCaughtUp(feed))
  const recoverySeconds = overAtMs === null ? null : (wallStopwatch.nowMs() - overAtMs) / 1_000
  const deaths = features.deaths()
  const { exitCode, written } = await features.stop()
  const { user, item, ...damage } = await judgeFeatures(feed, workload, traffic.interactions)
  for (const first of [user.firstWrong, item.firstWrong])
    if (first !== null) lab.say(`${plan.name}: ${first}`)
  const finding = {
    ...damage,
    recoverySeconds,
    counts: {
      ...counts,
      'went back (all stages anew)': eventCount(written, FEATURE_LOG_EVENTS.storeWentBack),
      'refused by the fence': eventCount(written, FEATURE_LOG_EVENTS.partitionLost),
      'features died': deaths,
    },
  }
  const deadLetters = await feed.recordCount('deadLetters')
  return { finding, aftermath: { exitCode, written, deaths, deadLetters } }
}

let opening: Promise<unknown> = Promise.resolve()

/** A registry that has just started is slow: two feeds at once, twelve schemas each, would run out of time. */
function oneAfterTheOther<T>(open: () => Promise<T>): Promise<T> {
  const opened = opening.then(open, open)
  opening = opened
  return opened
}

/** Resolves when at least this many interactions are in the store; an outage counts as none. */
export async function applied({ feed }: Pick<RedisFeed, 'feed'>, count: number, pollMs = 20): Promise<void> {
  const reached = () =>
    appliedCount(feed).then(
      (found) => found >= count,
      () => false,
    )
  await feed.until(`${String(count)} interactions to be applied`, reached, pollMs)
}

/** What a Redis that has just come up holds, asked before its owners are back. */
export async function appliedIn(address: RedisAddress, feed: OwnFeed): Promise<number> {
  const store = await openFeedStore(address, feed.config)
  try {
    return await appliedCount({ ...feed, store })
  } finally {
    await store.close()
  }
}

export const rest = (ms: number): Promise<void> => wallStopwatch.rest(ms, new AbortController().signal)
