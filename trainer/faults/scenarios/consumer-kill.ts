import type { FeedloopProcess } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { createChance } from '../../testing/chance.ts'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { judgeFeatures } from '../kafka-judge.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { killAtRandom } from '../kill-loop.ts'
import { type Workload, workloadOf } from '../numbered-traffic.ts'
import { featuresCaughtUp, openLabFeed } from '../run-scenario.ts'
import type { Finding, Lab, Scenario } from '../scenario.ts'

interface Plan {
  workload: Workload
  perSecond: number
  kills: number
  pauseMsMax: number
}

const PARTITIONS = 8
const PROCESSES = 2
const FEED = {
  kafka: { partitions: PARTITIONS },
  // A killed member's partitions are free after this.
  limits: { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300 },
  // Small writes, so that a kill falls between two of them.
  features: { limits: { applyRecordsMax: 100 } },
}

const SHORT = { interactions: 24_000, perSecond: 3_000, kills: 5, pauseMsMax: 1_000 }
const LONG = { interactions: 1_000_000, perSecond: 3_000, kills: 100, pauseMsMax: 1_500 }
const CONTROL = { interactions: 12_000, perSecond: 3_000, kills: 3, pauseMsMax: 500 }

const planOf = (lab: Lab, { interactions, ...plan }: typeof SHORT): Plan => ({
  ...plan,
  workload: workloadOf({
    seed: lab.seed,
    interactions,
    users: Math.min(20_000, interactions / 50),
    items: Math.min(5_000, interactions / 200),
  }),
})

/** Two features processes share eight partitions; one or the other is killed again and again. */
export const consumerKill: Scenario = {
  name: 'consumer-kill',
  title: `kill -9 of one of ${String(PROCESSES)} features processes on ${String(PARTITIONS)} partitions, again and again, at random`,
  async run(lab, size) {
    const checks: { what: string; holds: boolean }[] = []
    const measured = await killed(lab, planOf(lab, size === 'long' ? LONG : SHORT), {
      name: 'consumer-kill',
      start: (feed) => feed.run('features'),
      ended: (exitCodes) =>
        checks.push({
          what: 'the last processes end with exit code 0 when asked',
          holds: exitCodes.every((exitCode) => exitCode === 0),
        }),
    })
    const control = await killed(lab, planOf(lab, CONTROL), {
      name: 'consumer-kill-control',
      start: (feed) => feed.runFeatures({ fence: 'off' }),
      ended: () => undefined,
    })
    return { measured, control: { ...control, what: 'the same features with the fence off' }, checks }
  },
}

async function killed(
  lab: Lab,
  { workload, perSecond, kills, pauseMsMax }: Plan,
  fleet: {
    name: string
    start(feed: OwnFeed): FeedloopProcess
    ended(exitCodes: (number | null)[]): void
  },
): Promise<Finding> {
  const feed = await openLabFeed(lab, fleet.name, FEED)
  const traffic = await startTraffic(feed, workload, { perSecond })
  let isBusy = true
  const trafficDone = traffic.done.finally(() => (isBusy = false))
  const random = createChance(lab.seed)
  const start = () => fleet.start(feed)
  const loop = { feed, start, processes: PROCESSES, kills, pauseMsMax, random, isBusy: () => isBusy }
  const fallen = await killAtRandom(loop)
  await trafficDone
  await featuresCaughtUp(feed)
  const recoverySeconds = (wallStopwatch.nowMs() - fallen.lastKillMs) / 1_000
  lab.say(`${fleet.name}: ${String(fallen.kills)} kills`)
  fleet.ended(await Promise.all(fallen.running.map((each) => each.stop())))
  const { user, item, ...damage } = await judgeFeatures(feed, workload, traffic.interactions)
  const counts = { kills: fallen.kills, 'wrong users': user.wrong, 'wrong items': item.wrong }
  return { ...damage, recoverySeconds, counts }
}
