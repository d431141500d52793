import { createChance } from '#schemas/testing'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { withControl } from '../disturbed-run.ts'
import { judgePredictions } from '../kafka-judge.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { killAtRandom } from '../kill-loop.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { startNaiveScorer } from '../process-naive-scorer.ts'
import { openLabFeed } from '../run-scenario.ts'
import type { Finding, Lab, Scenario } from '../scenario.ts'

interface Plan {
  requests: number
  perSecond: number
  kills: number
}

const SHORT: Plan = { requests: 3_000, perSecond: 250, kills: 4 }
const LONG: Plan = { requests: 50_000, perSecond: 300, kills: 60 }
const CONTROL: Plan = { requests: 2_000, perSecond: 250, kills: 2 }
/** Slower than requests come: the control is in the middle of a batch whenever it dies. */
const CONTROL_ANSWER_MS = 5
const PAUSE_MS_MAX = 700
const FEED = { limits: { sessionTimeoutMs: 3_000, heartbeatIntervalMs: 500 } }

/** The scorer is killed while it answers; every request has one prediction, however often it was written. */
export const scorerKill: Scenario = {
  name: 'scorer-kill',
  title: 'kill -9 of the scorer while it answers, again and again, at random',
  async run(lab, size) {
    const plan = size === 'long' ? LONG : SHORT
    const [measured, control] = await withControl(
      size,
      () => killed(lab, 'scorer-kill', plan, (feed) => feed.run('scorer'), 'scorer'),
      () => killed(lab, 'scorer-kill-control', CONTROL, startSlowly, 'naive'),
    )
    const what = 'a kafkajs consumer with automatic commits that draws its prediction ids'
    return { measured, control: { ...control, what }, checks: [] }
  },
}

const startSlowly = (feed: OwnFeed) => startNaiveScorer(feed, CONTROL_ANSWER_MS)

async function killed(
  lab: Lab,
  name: string,
  { requests, perSecond, kills }: Plan,
  start: (feed: OwnFeed) => ReturnType<OwnFeed['run']>,
  group: string,
): Promise<Finding> {
  const feed = await openLabFeed(lab, name, FEED)
  const workload = workloadOf({ seed: lab.seed, interactions: 0, requests })
  const traffic = await startTraffic(feed, workload, { perSecond })
  let isBusy = true
  const sent = traffic.done.finally(() => (isBusy = false))
  const fleet = await killAtRandom({
    feed,
    start: () => start(feed),
    processes: 1,
    kills,
    pauseMsMax: PAUSE_MS_MAX,
    random: createChance(lab.seed),
    isBusy: () => isBusy,
    progress: () => feed.recordCount('predictions'),
    possible: () => feed.recordCount('requests'),
  })
  await sent
  const overMs = wallStopwatch.nowMs()
  await feed.caughtUp(group, 'requests')
  const recoverySeconds = (wallStopwatch.nowMs() - overMs) / 1_000
  for (const member of fleet.running) await member.stop()
  const { records, ...damage } = await judgePredictions(feed, workload, traffic.requests)
  const counts = { kills: fleet.kills, 'prediction records': records }
  lab.say(`${name}: ${String(fleet.kills)} kills`)
  return { ...damage, recoverySeconds, counts }
}
