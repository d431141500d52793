import { createChance } from '#schemas/testing'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { appliedCount } from '../applied-offsets.ts'
import {
  FRAGILE_FEED,
  LATE_COMMITS_FEED,
  type RunningTraffic,
  runDisturbed,
  withControl,
} from '../disturbed-run.ts'
import { killAtRandom } from '../kill-loop.ts'
import { STACK_KINDS } from '../lab-stack.ts'
import { workloadOf } from '../numbered-traffic.ts'
import type { Lab, Scenario } from '../scenario.ts'

interface Plan {
  interactions: number
  perSecond: number
  kills: number
  pauseMsMax: number
  config: Record<string, unknown>
}

const PARTITIONS = 8
const PROCESSES = 2
const SHORT = { interactions: 9_000, perSecond: 600, kills: 5, pauseMsMax: 600, config: FRAGILE_FEED }
const LONG = {
  interactions: 1_000_000,
  perSecond: 3_000,
  kills: 100,
  pauseMsMax: 1_500,
  config: FRAGILE_FEED,
}
const CONTROL = { interactions: 5_000, perSecond: 600, kills: 2, pauseMsMax: 600, config: LATE_COMMITS_FEED }

/** Two features processes share eight partitions; one or the other is killed again and again. */
export const consumerKill: Scenario = {
  name: 'consumer-kill',
  title: `kill -9 of one of ${String(PROCESSES)} features processes on ${String(PARTITIONS)} partitions, again and again, at random`,
  on: STACK_KINDS,
  async run(lab, size) {
    const [measured, control] = await withControl(
      size,
      () => killed(lab, size === 'long' ? LONG : SHORT, 'consumer-kill', (feed) => feed.run('features')),
      () => killed(lab, CONTROL, 'consumer-kill-control', (feed) => feed.runFeatures({ fence: 'off' })),
    )
    const what = 'the same features with the fence off'
    return { measured: measured.finding, control: { ...control.finding, what }, checks: [] }
  },
}

function killed(lab: Lab, plan: Plan, name: string, start: (feed: OwnFeed) => ReturnType<OwnFeed['run']>) {
  const { interactions, perSecond, kills, pauseMsMax, config } = plan
  const users = Math.min(20_000, interactions / 50)
  const items = Math.min(5_000, interactions / 200)
  const random = createChance(lab.seed)
  return runDisturbed(lab, {
    name,
    feed: { ...config, kafka: { partitions: PARTITIONS } },
    workload: workloadOf({ seed: lab.seed, interactions, users, items }),
    perSecond,
    sendsAll: true,
    async disturb(feed: OwnFeed, { isBusy }: RunningTraffic) {
      const progress = () => appliedCount(feed)
      const possible = () => feed.recordCount('interactions')
      const loop = { feed, processes: PROCESSES, kills, pauseMsMax, random, isBusy, progress, possible }
      const fleet = await killAtRandom({ ...loop, start: () => start(feed) })
      lab.say(`${name}: ${String(fleet.kills)} kills`)
      return { running: fleet.running, counts: { kills: fleet.kills, fenced: fleet.fenced } }
    },
  })
}
