import type { OwnFeed } from '../../testing/own-feed.ts'
import { appliedCount } from '../applied-offsets.ts'
import { allZero, FRAGILE_FEED, runDisturbed, withControl } from '../disturbed-run.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { startMember } from '../process-member.ts'
import { wrongClock } from '../process-wrong-clock.ts'
import type { Lab, Scenario, ScenarioSize } from '../scenario.ts'

const PER_SECOND = 400
const INTERACTIONS = { short: 3_000, long: 60_000 }
const SKEW_HOURS = [1, -1] as const

/** Features processes whose clocks are an hour ahead and an hour behind take turns and work side by side. */
export const clockSkew: Scenario = {
  name: 'clock-skew',
  title: 'features processes whose clocks are wrong by +1 h and -1 h, one after the other and side by side',
  async run(lab, size) {
    const [measured, control] = await withControl(
      size,
      () => skewed(lab, 'clock-skew', size, 'event'),
      () => skewed(lab, 'clock-skew-control', size, 'wall'),
    )
    const { finding, exitCodes } = measured
    const counts = { ...finding.counts, 'by libfaketime': wrongClock(1).by === 'libfaketime' ? 1 : 0 }
    const what = 'the same features by the time at which they are seen, not at which they happened'
    return {
      measured: { ...finding, counts },
      control: { ...control.finding, what },
      checks: [allZero(exitCodes)],
    }
  },
}

function skewed(lab: Lab, name: string, size: ScenarioSize, time: 'event' | 'wall') {
  const interactions = INTERACTIONS[size]
  return runDisturbed(lab, {
    name,
    feed: FRAGILE_FEED,
    // An event time every half minute: the clocks are wrong by more than a window of theirs.
    workload: workloadOf({ seed: lab.seed, interactions, users: 60, items: 40, everyMs: 30_000 }),
    perSecond: PER_SECOND,
    sendsAll: true,
    async disturb(feed: OwnFeed) {
      const start = (hours: number) => () => feed.runFeatures({ time, ...wrongClock(hours) })
      const ahead = startMember(feed, start(SKEW_HOURS[0]))
      const reach = (share: number) =>
        feed.until('a share to be applied', async () => (await appliedCount(feed)) >= interactions * share)
      await reach(0.2)
      await ahead.stop()
      const behind = startMember(feed, start(SKEW_HOURS[1]))
      await reach(0.5)
      const again = startMember(feed, start(SKEW_HOURS[0]))
      await reach(0.9)
      return { running: [behind, again], counts: { processes: 3 } }
    },
  })
}
