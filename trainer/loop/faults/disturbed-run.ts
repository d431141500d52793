import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import { judgeFeatures } from './kafka-judge.ts'
import { startTraffic, type Traffic } from './kafka-numbered-traffic.ts'
import type { Workload } from './numbered-traffic.ts'
import type { KeptProcess } from './process-keeper.ts'
import { featuresCaughtUp, openLabFeed } from './run-scenario.ts'
import type { Finding, Lab, ScenarioSize } from './scenario.ts'

export interface DisturbedRun {
  name: string
  /** The feed's configuration. */
  feed: Record<string, unknown>
  /** At most so many interactions: traffic ends when the disturbance does, whichever comes first. */
  workload: Workload
  perSecond: number
  /** Sends everything however early the disturbance is over. */
  sendsAll?: true
  /** Runs the services and breaks them. Returns those that are left to do the rest. */
  disturb(feed: OwnFeed, traffic: RunningTraffic): Promise<Disturbance>
}

export interface RunningTraffic extends Traffic {
  isBusy(): boolean
}

export interface Disturbance {
  running: readonly Pick<KeptProcess, 'stop'>[]
  counts: Readonly<Record<string, number>>
}

/**
 * A dead member's partitions are free soon (`sessionTimeoutMs`), and writes are small, so that a fault can fall between
 * many of them.
 */
export const FRAGILE_FEED = {
  limits: { sessionTimeoutMs: 3_000, heartbeatIntervalMs: 500 },
  features: { limits: { applyRecordsMax: 100 } },
}

/** For controls: commits are so far behind what is applied that any kill does damage. */
export const LATE_COMMITS_FEED = {
  ...FRAGILE_FEED,
  limits: { ...FRAGILE_FEED.limits, commitIntervalMs: 4_000 },
}

/** Traffic, a disturbance, time to recover, and the judgement of the features that came of it. */
export async function runDisturbed(
  lab: Lab,
  run: DisturbedRun,
): Promise<{ finding: Finding; exitCodes: (number | null)[]; feed: OwnFeed }> {
  const { name, workload, perSecond, disturb } = run
  const feed = await openLabFeed(lab, name, run.feed)
  const enough = new AbortController()
  const traffic = await startTraffic(feed, workload, { perSecond, signal: enough.signal })
  let isBusy = true
  const sent = traffic.done.finally(() => (isBusy = false))
  sent.catch(() => undefined) // awaited below
  const { running, counts } = await disturb(feed, { ...traffic, isBusy: () => isBusy })
  const overMs = wallStopwatch.nowMs()
  if (run.sendsAll !== true) enough.abort()
  await sent
  await featuresCaughtUp(feed)
  const recoverySeconds = (wallStopwatch.nowMs() - overMs) / 1_000
  const ended = await Promise.all(running.map((each) => each.stop()))
  const exitCodes = ended.map(({ exitCode }) => exitCode)
  const { user, item, ...damage } = await judgeFeatures(feed, workload, traffic.interactions)
  for (const { firstWrong } of [user, item]) if (firstWrong !== null) lab.say(`${name}: ${firstWrong}`)
  const wrong = { 'wrong users': user.wrong, 'wrong items': item.wrong }
  return { finding: { ...damage, recoverySeconds, counts: { ...counts, ...wrong } }, exitCodes, feed }
}

/** Side by side in the short form, to save time; one after the other in the long one, where seconds are reported. */
export async function withControl<M, C>(
  size: ScenarioSize,
  measure: () => Promise<M>,
  control: () => Promise<C>,
): Promise<[M, C]> {
  if (size === 'short') return Promise.all([measure(), control()])
  const measured = await measure()
  return [measured, await control()]
}

/** The same for one process. */
export const endsWithZero = (exitCode: number | null) => ({
  what: 'the features process ends with 0 when asked',
  holds: exitCode === 0,
})

export const recoveredWithin = (
  secondsMax: number,
  { recoverySeconds }: { recoverySeconds: number | null },
) => ({
  what: `recovered within ${String(secondsMax)} s`,
  holds: recoverySeconds !== null && recoverySeconds <= secondsMax,
})

export const allZero = (exitCodes: readonly (number | null)[]) => ({
  what: 'the last processes end with exit code 0 when asked',
  holds: exitCodes.length > 0 && exitCodes.every((exitCode) => exitCode === 0),
})
