import { STREAMS_LOG_EVENTS } from '#streams'
import { JOINED_LINE } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { allZero, FRAGILE_FEED, runDisturbed, withControl } from '../disturbed-run.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { judgeCounts } from '../judge-counts.ts'
import { openNaiveCount } from '../naive-count.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { startMember } from '../process-member.ts'
import { openLabFeed } from '../run-scenario.ts'
import type { Finding, Lab, Scenario, ScenarioSize } from '../scenario.ts'

const PARTITIONS = 8
const PER_SECOND = 500
const INTERACTIONS_MAX = 500_000
const MOVE_EVERY_MS = 3_000
const MOVES = { short: 4, long: 60 }
/**
 * Two counters that rest this long after each record cannot get through so many while members come and go, on any
 * machine. So whoever dies is in the middle of a batch.
 */
const CONTROL = { interactions: 24_000, moves: 4, restMs: 2 }
const FEED = { ...FRAGILE_FEED, kafka: { partitions: PARTITIONS } }

/** One member stays; another joins and leaves every three seconds. */
export const rebalanceStorm: Scenario = {
  name: 'rebalance-storm',
  title: `a member joins or leaves every ${String(MOVE_EVERY_MS / 1_000)} s`,
  async run(lab, size) {
    const [{ finding, exitCodes }, control] = await withControl(
      size,
      () => stormed(lab, size),
      () => naivelyCounted(lab),
    )
    const what = 'a kafkajs consumer with automatic commits, and with no manners when it leaves'
    return { measured: finding, control: { ...control, what }, checks: [allZero(exitCodes)] }
  },
}

/** The visitor comes, has partitions for three seconds, and is away for three. */
async function storm<Visitor>(
  moves: number,
  join: () => Promise<Visitor>,
  leave: (visitor: Visitor) => Promise<unknown>,
): Promise<void> {
  const unhurried = new AbortController().signal
  for (let move = 0; move < moves; move += 2) {
    const visitor = await join()
    await wallStopwatch.rest(MOVE_EVERY_MS, unhurried)
    await leave(visitor)
    if (move + 2 < moves) await wallStopwatch.rest(MOVE_EVERY_MS, unhurried)
  }
}

function stormed(lab: Lab, size: ScenarioSize) {
  return runDisturbed(lab, {
    name: 'rebalance-storm',
    feed: FEED,
    workload: workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX }),
    perSecond: PER_SECOND,
    async disturb(feed) {
      const join = async () => {
        const member = startMember(feed, () => feed.run('features'))
        await member.current().wrote(STREAMS_LOG_EVENTS.partitionsAssigned)
        return member
      }
      const staying = await join()
      let fenced = 0
      await storm(MOVES[size], join, async (visitor) => {
        await visitor.stop()
        fenced += visitor.deaths()
      })
      lab.say(`rebalance-storm: ${String(MOVES[size])} moves`)
      return { running: [staying], counts: { moves: MOVES[size], fenced: fenced + staying.deaths() } }
    },
  })
}

async function naivelyCounted(lab: Lab): Promise<Finding> {
  const { interactions, moves, restMs } = CONTROL
  const feed = await openLabFeed(lab, 'rebalance-storm-control', FEED)
  const workload = workloadOf({ seed: lab.seed, interactions })
  const traffic = await startTraffic(feed, workload)
  const naive = openNaiveCount(feed)
  const join = async (restMsEach: number) => {
    const counter = naive.start(restMsEach)
    await counter.wrote(JOINED_LINE)
    return counter
  }
  const staying = await join(restMs)
  await storm(
    moves,
    () => join(restMs),
    (visitor) => visitor.kill(),
  )
  await staying.kill()
  const last = await join(0)
  await traffic.done
  await feed.caughtUp('naive', 'interactions')
  await last.kill()
  const damage = judgeCounts(workload, traffic.interactions.numbers(), await naive.counts())
  return { ...damage, recoverySeconds: null, counts: { moves } }
}
