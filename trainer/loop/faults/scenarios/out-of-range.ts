import { startFeaturesProcess } from '#feature-store/testing'
import { readTopic } from '#streams'
import { type FeedloopProcess, until } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { createAcknowledged } from '../acknowledged.ts'
import { appliedCount, appliedOffsets } from '../applied-offsets.ts'
import { copiesOf, judgeFeatures } from '../kafka-judge.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { deleteRecordsBefore, openPlainReader } from '../kafka-plain-clients.ts'
import { numberOf, workloadOf } from '../numbered-traffic.ts'
import { featuresCaughtUp, openLabFeed } from '../run-scenario.ts'
import { endsWithZero } from '../disturbed-run.ts'
import type { Scenario } from '../scenario.ts'
import { type ToldLoss, toldLosses } from '../told-losses.ts'

const PER_SECOND = { short: 500, long: 2_000 }
const ROUNDS = { short: 1, long: 5 }
/** Interactions that come while nobody reads; half of them are deleted unread. */
const BEHIND = { short: 1_000, long: 20_000 }
const INTERACTIONS_MAX = 2_000_000
const PLAIN_WAIT_MS = 8_000
// A process that is stopped for a moment keeps its partitions.
const FEED = { limits: { sessionTimeoutMs: 20_000, heartbeatIntervalMs: 1_000 } }
const neverAborted = new AbortController().signal

/** Retention deletes what the features have not read: while they are down, and while they run but stand still. */
export const outOfRange: Scenario = {
  name: 'out-of-range',
  title:
    'retention deletes records before the features read them, down and running; what is not told counts as lost',
  async run(lab, size) {
    const feed = await openLabFeed(lab, 'out-of-range', FEED)
    const topic = feed.runtime.topicName('interactions')
    const workload = workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX })
    const ended = new AbortController()
    let letGo!: () => void
    const mayGoOn = new Promise<void>((resolve) => (letGo = resolve))
    const plain = await openPlainReader(lab.addresses, { topic, groupId: `${feed.prefix}.plain`, mayGoOn })
    lab.cleanup(() => {
      letGo()
      return plain.close()
    })
    const traffic = await startTraffic(feed, workload, { perSecond: PER_SECOND[size], signal: ended.signal })
    lab.cleanup(() => {
      ended.abort()
      return traffic.done
    })
    const numbers = new Map<string, number>()
    const logs: string[] = []
    let features: FeedloopProcess
    const start = () => feed.adopt(startFeaturesProcess({ addresses: lab.addresses, config: feed.config }))
    const end = async (kill: boolean): Promise<number | null> => {
      if (kill) await features.kill()
      else await features.stop()
      const { stdout, stderr, exitCode } = await features.ended
      logs.push(stdout, stderr)
      return exitCode
    }
    const passes: Pass[] = []
    /** Lets the log grow, then deletes half of what is not applied. */
    const passBy = async (): Promise<void> => {
      const target = (await feed.recordCount('interactions')) + BEHIND[size]
      await until(
        'interactions that nobody reads',
        async () => (await feed.recordCount('interactions')) >= target,
      )
      await noteNumbers(feed, numbers)
      const applied = await appliedOffsets(feed)
      const ends = await endsOf(feed, applied.length)
      const upTo = applied.map((from, at) => from + Math.floor((ends[at]! - from) / 2))
      await deleteRecordsBefore(lab.addresses, topic, upTo)
      passes.push({ applied, upTo })
    }
    /** A process that is stopped in a backlog has already fetched some of what is deleted. */
    const readAll = () =>
      feed.until('features to be at the end of the log', async () => {
        const applied = await appliedOffsets(feed)
        const ends = await endsOf(feed, applied.length)
        return sum(ends) - sum(applied) < BEHIND[size] / 2
      })
    const goOn = async (): Promise<void> => {
      const before = await appliedCount(feed)
      await feed.until('features to go on', async () => (await appliedCount(feed)) > before + BEHIND[size])
    }

    features = start()
    await goOn()
    for (let round = 0; round < ROUNDS[size]; round++) {
      await end(true)
      await passBy()
      features = start()
      await goOn()
      lab.say('passed by while down')
      await readAll()
      features.child.kill('SIGSTOP')
      await passBy()
      features.child.kill('SIGCONT')
      await goOn()
      lab.say('passed by while running')
    }
    letGo()
    await wallStopwatch.rest(PLAIN_WAIT_MS, neverAborted)
    ended.abort()
    await traffic.done
    await featuresCaughtUp(feed)
    const exitCode = await end(false)

    const losses = logs.flatMap((log) => toldLosses(log, 'features-user'))
    const told = numbersOf(losses, numbers)
    const kept = createAcknowledged(workload.interactions)
    for (const n of traffic.interactions.numbers()) if (!told.has(n)) kept.add(n)
    // A process killed between its copies and its fence leaves copies of what users lose: one slice per partition.
    const copiedOnly = new Set<number>()
    for await (const { sourcePartition, sourceOffset } of copiesOf(feed)) {
      const n = numbers.get(`${String(sourcePartition)}/${String(sourceOffset)}`)
      if (n !== undefined && told.has(n)) copiedOnly.add(n)
    }
    const { user: _user, item: _item, ...damage } = await judgeFeatures(feed, workload, kept, copiedOnly)
    const unseen = await unseenBy(plain.seen, feed)
    const counts = {
      rounds: ROUNDS[size],
      'told lost': told.size,
      'of these copied to items before': copiedOnly.size,
      'times told': losses.length,
    }
    const nothing = { lost: 0, duplicated: 0, reordered: 0, wrong: 0 }
    return {
      measured: { ...damage, recoverySeconds: null, counts },
      control: {
        ...nothing,
        expected: unseen.left,
        lost: unseen.unseen,
        recoverySeconds: null,
        counts: {},
        what: 'a kafkajs consumer with its defaults: of what retention left, how much it never saw',
      },
      checks: [
        { what: 'records were deleted unread, and told', holds: told.size > 0 },
        {
          what: 'told in every round, down and running',
          holds: passes.every((pass) => isTold(pass, losses)),
        },
        endsWithZero(exitCode),
      ],
    }
  },
}

/** Where users stood, and up to where retention passed them by; by partition. */
interface Pass {
  applied: readonly number[]
  upTo: readonly number[]
}

const isTold = ({ applied, upTo }: Pass, losses: readonly ToldLoss[]): boolean =>
  losses.some(({ partition, wanted, first }) => wanted >= applied[partition]! && first <= upTo[partition]!)

const sum = (some: readonly number[]): number => some.reduce((total, one) => total + one, 0)

/** Which number is at which `partition/offset`, before it is gone. */
async function noteNumbers({ runtime, addresses }: OwnFeed, numbers: Map<string, number>): Promise<void> {
  for await (const { partition, offset, value } of readTopic({
    addresses,
    topicName: runtime.topicName('interactions'),
  })) {
    const n = numberOf(runtime.codec.decode('interactions', value!).interactionId)
    if (n !== null) numbers.set(`${String(partition)}/${String(offset)}`, n)
  }
}

async function endsOf({ runtime }: OwnFeed, partitions: number): Promise<number[]> {
  const all = Array.from({ length: partitions }, (_, partition) => runtime.offsets('interactions', partition))
  return (await Promise.all(all)).map(({ endOffset }) => endOffset)
}

function numbersOf(losses: readonly ToldLoss[], numbers: ReadonlyMap<string, number>): Set<number> {
  const told = new Set<number>()
  for (const { partition, wanted, first } of losses)
    for (let offset = wanted; offset < first; offset++) {
      const n = numbers.get(`${String(partition)}/${String(offset)}`)
      if (n !== undefined) told.add(n)
    }
  return told
}

async function unseenBy(
  seen: ReadonlySet<string>,
  { runtime, addresses }: OwnFeed,
): Promise<{ left: number; unseen: number }> {
  let left = 0
  let unseen = 0
  for await (const { partition, offset } of readTopic({
    addresses,
    topicName: runtime.topicName('interactions'),
  })) {
    left += 1
    if (!seen.has(`${String(partition)}/${String(offset)}`)) unseen += 1
  }
  return { left, unseen }
}
