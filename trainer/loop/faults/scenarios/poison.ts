import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { createChance } from '#schemas/testing'
import { withControl } from '../disturbed-run.ts'
import { judgeFeatures, judgePredictions } from '../kafka-judge.ts'
import { judgeLetters } from '../kafka-letters.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { type Poison, sendPoison } from '../kafka-poison.ts'
import { judgeCounts } from '../judge-counts.ts'
import { openNaiveCount } from '../naive-count.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { isHuge, poisonClasses } from '../poison-classes.ts'
import { featuresCaughtUp, openLabFeed } from '../run-scenario.ts'
import type { Finding, Lab, Scenario, ScenarioSize } from '../scenario.ts'
import type { Runtime } from '#streams'

const SHARE_PER_CLASS = 0.01
const SIZES = {
  short: { interactions: 2_000, requests: 600, perSecond: 400, huge: 1 },
  long: { interactions: 50_000, requests: 10_000, perSecond: 800, huge: 10 },
}
/** The naive consumer counts as stuck when it has not moved for so long. */
const STUCK_MS = 4_000

/** One in a hundred records of every class of bad ones, among good ones of the same keys. */
export const poison: Scenario = {
  name: 'poison',
  title:
    '1 % of each class of bad records (bombs, 10 MiB values, foreign bytes, absurd times, ...) among good ones',
  async run(lab, size) {
    const [{ finding, checks }, control] = await withControl(
      size,
      () => poisoned(lab, size),
      () => naive(lab),
    )
    const what =
      'kafkajs with automatic commits and the usual registry client, which has nowhere to put a bad record'
    return { measured: finding, control: { ...control, what }, checks }
  },
}

/** In an order of the seed. */
function poisonOf(
  lab: Lab,
  runtime: Runtime,
  size: ScenarioSize,
  good: Record<Poison['topic'], number>,
): Poison[] {
  const random = createChance(lab.seed)
  return poisonClasses(runtime)
    .flatMap((each) => {
      const count = isHuge(each) ? SIZES[size].huge : Math.ceil(good[each.topic] * SHARE_PER_CLASS)
      return Array.from({ length: count }, (_, n) => ({ at: random(), topic: each.topic, ...each.make(n) }))
    })
    .sort((left, right) => left.at - right.at)
}

async function poisoned(lab: Lab, size: ScenarioSize) {
  const { interactions, requests, perSecond } = SIZES[size]
  const feed = await openLabFeed(lab, 'poison')
  const workload = workloadOf({ seed: lab.seed, interactions, requests, users: 300, items: 200 })
  const running = [feed.run('features'), feed.run('scorer')]
  const traffic = await startTraffic(feed, workload, { perSecond })
  const good = { interactions, requests, users: workload.users, items: workload.items }
  const sent = await sendPoison(feed, poisonOf(lab, feed.runtime, size, good))
  lab.say(`poison: ${String(sent.length)} bad records sent`)
  await traffic.done
  const overMs = wallStopwatch.nowMs()
  await featuresCaughtUp(feed)
  await feed.caughtUp('features-user-attributes', 'users')
  await feed.caughtUp('features-item-attributes', 'items')
  await feed.caughtUp('scorer', 'requests')
  const recoverySeconds = (wallStopwatch.nowMs() - overMs) / 1_000
  const exitCodes = await Promise.all(running.map((each) => each.stop()))
  const features = await judgeFeatures(feed, workload, traffic.interactions)
  const predictions = await judgePredictions(feed, workload, traffic.requests)
  const letters = await judgeLetters(feed, sent)
  const finding: Finding = {
    expected: features.expected + predictions.expected,
    lost: features.lost + predictions.lost,
    duplicated: features.duplicated + predictions.duplicated,
    reordered: features.reordered + predictions.reordered,
    wrong: features.wrong + predictions.wrong,
    recoverySeconds,
    counts: { 'bad records': sent.length, 'dead letters twice': letters.repeated, ...letters.reasons },
  }
  const checks = [
    {
      what: 'no process died, and each ends with exit code 0 when asked',
      holds: exitCodes.every((code) => code === 0),
    },
    {
      what: `every bad record has a dead letter with its bytes, no good one has (${String(letters.missing)} missing, ${String(letters.different)} other bytes, ${String(letters.unasked)} of good records)`,
      holds: letters.missing === 0 && letters.different === 0 && letters.unasked === 0,
    },
  ]
  return { finding, checks }
}

async function naive(lab: Lab): Promise<Finding> {
  const { interactions, perSecond } = SIZES.short
  const feed = await openLabFeed(lab, 'poison-control')
  const workload = workloadOf({ seed: lab.seed, interactions })
  const count = openNaiveCount(feed, 'dies of what it cannot read')
  const counter = count.start()
  const traffic = await startTraffic(feed, workload, { perSecond })
  const good = { interactions, requests: 0, users: 0, items: 0 }
  const bad = poisonOf(lab, feed.runtime, 'short', good).filter(({ topic }) => topic === 'interactions')
  await sendPoison(feed, bad)
  await traffic.done
  let [before, now] = [-1, await count.total()]
  while (now !== before) {
    await wallStopwatch.rest(STUCK_MS, new AbortController().signal)
    before = now
    now = await count.total()
  }
  await counter.kill()
  const damage = judgeCounts(workload, traffic.interactions.numbers(), await count.counts())
  return { ...damage, recoverySeconds: null, counts: { counted: now, 'bad records': bad.length } }
}
