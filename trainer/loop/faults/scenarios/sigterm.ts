import { type LagReader, openLagReader } from '#streams'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { createChance } from '#schemas/testing'
import { groupOf } from '#schemas'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { appliedCount, appliedOffsets } from '../applied-offsets.ts'
import { allZero, LATE_COMMITS_FEED, runDisturbed, withControl } from '../disturbed-run.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { startMember } from '../process-member.ts'
import type { Lab, Scenario } from '../scenario.ts'

const PER_SECOND = 400
const INTERACTIONS_MAX = 1_000_000
const CYCLES = { short: 5, long: 200 }
const CONTROL_CYCLES = 2
const STOP_SECONDS_MAX = 10
const WORK_MS_MAX = 500

/** A features process is asked to end in the middle of its work, again and again. */
export const sigterm: Scenario = {
  name: 'sigterm',
  title:
    'SIGTERM in the middle of work, again and again: nothing is delivered again, nothing is left unflushed',
  async run(lab, size) {
    const [measured, control] = await withControl(
      size,
      () => ended(lab, 'sigterm', CYCLES[size], {}, (features) => features.stop()),
      () => ended(lab, 'sigterm-control', CONTROL_CYCLES, LATE_COMMITS_FEED, killed),
    )
    const { finding, exitCodes, cycles } = measured
    const slowest = Math.max(...cycles.map(({ seconds }) => seconds))
    const checks = [
      allZero([...exitCodes, ...cycles.map(({ exitCode }) => exitCode)]),
      {
        what: `each was gone within ${String(STOP_SECONDS_MAX)} s (slowest ${slowest.toFixed(1)})`,
        holds: slowest < STOP_SECONDS_MAX,
      },
      {
        what: 'no offset was committed beyond what the store has',
        holds: cycles.every(({ skipped }) => skipped === 0),
      },
    ]
    const what = 'SIGKILL instead: what was applied and not committed is delivered again (the fence drops it)'
    return { measured: finding, control: { ...control.finding, what }, checks }
  },
}

type Features = ReturnType<OwnFeed['run']>
const killed = async (features: Features) => {
  await features.kill()
  return null
}

async function ended(
  lab: Lab,
  name: string,
  count: number,
  config: Record<string, unknown>,
  end: (features: Features) => Promise<number | null>,
) {
  const random = createChance(lab.seed)
  const cycles: { exitCode: number | null; seconds: number; redelivered: number; skipped: number }[] = []
  const run = await runDisturbed(lab, {
    name,
    feed: config,
    workload: workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX }),
    perSecond: PER_SECOND,
    async disturb(feed) {
      const lags = await openLagReader(feed.addresses, feed.prefix)
      lab.cleanup(() => lags.close())
      for (let n = 0; n < count; n++) {
        const before = await appliedCount(feed)
        const features = feed.run('features')
        await feed.until('work to begin', async () => (await appliedCount(feed)) > before, 20)
        await wallStopwatch.rest(random() * WORK_MS_MAX, new AbortController().signal)
        const startMs = wallStopwatch.nowMs()
        const exitCode = await end(features)
        const seconds = (wallStopwatch.nowMs() - startMs) / 1_000
        cycles.push({ exitCode, seconds, ...(await uncommitted(feed, lags)) })
        if ((n + 1) % 20 === 0) lab.say(`${name}: ended ${String(n + 1)} times`)
      }
      const seconds = cycles.map((cycle) => cycle.seconds)
      const counts = { ends: count, 'slowest end, s': Math.max(...seconds) }
      return { running: [startMember(feed, () => feed.run('features'))], counts }
    },
  })
  const redelivered = cycles.reduce((sum, cycle) => sum + cycle.redelivered, 0)
  const { finding } = run
  const duplicated = finding.duplicated + redelivered
  const counts = { ...finding.counts, 'records to be delivered again': redelivered }
  return { ...run, cycles, finding: { ...finding, duplicated, counts } }
}

const SIDES = [
  { entity: 'user', topic: 'interactions', stage: 'features-user' },
  { entity: 'item', topic: 'itemInteractions', stage: 'features-item' },
] as const

/** How far the groups' offsets are behind the fences, and before them, now that nobody runs. */
async function uncommitted(
  feed: OwnFeed,
  reader: LagReader,
): Promise<{ redelivered: number; skipped: number }> {
  const lags = await reader.lags()
  let [redelivered, skipped] = [0, 0]
  for (const { entity, topic, stage } of SIDES) {
    const name = feed.runtime.topicName(topic)
    for (const [partition, applied] of (await appliedOffsets(feed, entity)).entries()) {
      const committed = lags.find(
        (lag) =>
          lag.group === groupOf(feed.prefix, stage) && lag.topic === name && lag.partition === partition,
      )?.committedOffset
      redelivered += Math.max(0, applied - (committed ?? 0))
      skipped += Math.max(0, (committed ?? 0) - applied)
    }
  }
  return { redelivered, skipped }
}
