import { startFeaturesProcess } from '#feature-store/testing'
import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { FeedServices } from '../testing/feed-services.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import { appliedCount } from './applied-offsets.ts'
import { judgeFeatures } from './kafka-judge.ts'
import { startTraffic, type Traffic } from './kafka-numbered-traffic.ts'
import { type Workload, workloadOf } from './numbered-traffic.ts'
import { featuresCaughtUp, openLabFeed } from './run-scenario.ts'
import type { Finding, Lab } from './scenario.ts'
import { keepRunning, lastWords, type KeptProcess } from './process-keeper.ts'

/** A feed with traffic going in and its features process at work. */
export interface Side {
  feed: OwnFeed
  traffic: Traffic
  features: KeptProcess
}

export interface SideBySide {
  name: string
  /** How traffic gets in and the judge looks. */
  straight: FeedServices
  /** How the features processes see the brokers. */
  detour: FeedServices
  perSecond: number
  limits?: Record<string, unknown>
  /** Breaks and heals, for both at once. Traffic flows before, meanwhile and for a moment after. */
  fault(measured: Side, control: Side): Promise<Readonly<Record<string, number>>>
}

/** What two findings under one fault came to. */
export interface Pair {
  measured: Finding
  control: Finding & { what: string }
  /** Exit code of the measured process when it was asked to end. */
  exitCode: number | null
}

const LIMITS = {
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  requestTimeoutMs: 5_000,
  // Commits are far behind what is applied: a process that trusts them alone applies it again.
  commitIntervalMs: 4_000,
}
/** More than a scenario sends; it is ended when the fault is over. */
const INTERACTIONS_MAX = 2_000_000
const SECONDS_BEFORE = 2
const SECONDS_AFTER = 2

/** feedloop's features and the same with the fence off, on the same brokers, under the same fault at the same time. */
export async function sideBySide(lab: Lab, run: SideBySide): Promise<Pair> {
  const workload = workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX, users: 1_000, items: 300 })
  const ended = new AbortController()
  const [measured, control] = [await openSide('on'), await openSide('off')]
  for (const side of [measured, control])
    await side.feed.until(
      'features to be at work',
      async () => (await appliedCount(side.feed)) >= run.perSecond * SECONDS_BEFORE,
    )

  const counts = await run.fault(measured, control)
  const healedMs = wallStopwatch.nowMs()
  lab.say(`${run.name}: the fault is over`)
  const [recoverySeconds] = await Promise.all([recovery(measured, healedMs), recovery(control, healedMs)])
  await wallStopwatch.rest(SECONDS_AFTER * 1_000, new AbortController().signal)
  ended.abort()
  await Promise.all([measured.traffic.done, control.traffic.done])
  await Promise.all([featuresCaughtUp(measured.feed), featuresCaughtUp(control.feed)])
  lab.say(`${run.name}: caught up`)
  const [{ exitCode, written }] = await Promise.all([measured.features.stop(), control.features.kill()])
  if (exitCode !== 0)
    lab.say(`${run.name}: asked to end, features ended with ${String(exitCode)}:\n${lastWords(written)}`)
  return {
    measured: {
      ...(await judged(measured, workload)),
      recoverySeconds,
      counts: { ...counts, restarts: measured.features.deaths() },
    },
    control: {
      ...(await judged(control, workload)),
      recoverySeconds: null,
      counts: { restarts: control.features.deaths() },
      what: 'the same features with the fence off',
    },
    exitCode,
  }

  async function openSide(fence: 'on' | 'off'): Promise<Side> {
    const name = fence === 'on' ? run.name : `${run.name}-control`
    const feed = await openLabFeed(lab, name, { limits: { ...LIMITS, ...run.limits } }, run.straight)
    const { config } = feed
    const addresses = run.detour.as('features')
    const features = keepRunning(() => feed.adopt(startFeaturesProcess({ addresses, config }, { fence })), {
      told: (lastWords) => lab.say(`${name}: features ended by itself:\n${lastWords}`),
    })
    lab.cleanup(() => features.stop())
    const traffic = await startTraffic(feed, workload, { perSecond: run.perSecond, signal: ended.signal })
    lab.cleanup(() => {
      ended.abort()
      return traffic.done
    })
    return { feed, traffic, features }
  }
}

/** Seconds until what was in the log when the fault ended has been applied, and something newer. */
async function recovery({ feed }: Side, healedMs: number): Promise<number> {
  const atHealing = await feed.recordCount('interactions')
  await feed.until('features to recover', async () => (await appliedCount(feed)) > atHealing)
  return (wallStopwatch.nowMs() - healedMs) / 1_000
}

async function judged({ feed, traffic }: Side, workload: Workload) {
  const { user, item, ...damage } = await judgeFeatures(feed, workload, traffic.interactions)
  return { ...damage, firstWrong: user.firstWrong ?? item.firstWrong }
}
