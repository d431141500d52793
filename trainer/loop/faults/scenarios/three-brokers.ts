import type { Addresses } from '#streams'
import { until } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import {
  leadersOf,
  openPlainProducer,
  plainNumber,
  readNumbers,
  untilInSync,
} from '../kafka-plain-clients.ts'
import { startTraffic, type Traffic } from '../kafka-numbered-traffic.ts'
import { loggedInteractions } from '../logged-interactions.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { openOwnKafka } from '../own-kafka.ts'
import { openLabFeed } from '../run-scenario.ts'
import type { Lab, Scenario } from '../scenario.ts'

const NODES = 3
const PARTITIONS = 6
const KILLS = { short: 1, long: 9 }
const PER_SECOND = { short: 500, long: 2_000 }
const INTERACTIONS_MAX = 2_000_000
const PLAIN_BATCH = 60
const PLAIN_REST_MS = 30
const FEED = {
  kafka: { partitions: PARTITIONS, replicationFactor: NODES },
  limits: { requestTimeoutMs: 10_000 },
}

/**
 * Leaders die in turn while two producers write, ours and kafkajs' own. A frozen leader makes kafkajs' mistake certain:
 * by the time its request fails, other nodes lead its partitions. They have answered this `send` already, and kafkajs
 * does not ask them again.
 */
export const threeBrokers: Scenario = {
  name: 'three-brokers',
  title:
    'three brokers (3 replicas, 2 in sync): kill -9 of leaders in turn under load, and one frozen past its session',
  async run(lab, size) {
    const { own, straight: services } = await openOwnKafka(lab, { nodes: NODES })
    const straight = services.as('operator')
    const feed = await openLabFeed(lab, 'three-brokers', FEED, services)
    const [ourTopic, plainTopic] = [
      feed.runtime.topicName('interactions'),
      feed.runtime.topicName('outcomes'),
    ]
    const workload = workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX })
    const ended = new AbortController()
    const traffic = await startTraffic(feed, workload, { perSecond: PER_SECOND[size], signal: ended.signal })
    const plain = startPlain(lab, straight, plainTopic, ended.signal)
    lab.cleanup(() => {
      ended.abort()
      return Promise.allSettled([traffic.done, plain.done])
    })
    let slowestMs = 0

    for (let kill = 0; kill < KILLS[size]; kill++) {
      const node = (kill % NODES) + 1
      await progress(traffic, plain)
      await own.kill(node)
      const killedMs = wallStopwatch.nowMs()
      await progress(traffic, plain)
      slowestMs = Math.max(slowestMs, wallStopwatch.nowMs() - killedMs)
      await own.restart(node)
      await untilInSync(straight, [ourTopic, plainTopic])
      lab.say(`killed node ${String(node)}, back in sync`)
    }

    const frozen = await leaderOf(straight, plainTopic)
    const others = { kafka: { brokers: straight.kafka.brokers.filter((_, at) => at !== frozen - 1) } }
    await progress(traffic, plain)
    own.freeze(frozen)
    await until('its partitions to be led by others', async () => {
      const leads = await Promise.all([ourTopic, plainTopic].map((topic) => leadersOf(others, topic)))
      return leads.every((nodes) => !nodes.has(frozen))
    })
    own.thaw(frozen)
    await progress(traffic, plain)
    await untilInSync(straight, [ourTopic, plainTopic])
    ended.abort()
    await Promise.all([traffic.done, plain.done])

    const [logged, plainLogged] = [
      await loggedInteractions(feed, straight),
      await readNumbers(straight, plainTopic, plainNumber),
    ]
    const counts = { kills: KILLS[size], freezes: 1 }
    return {
      measured: {
        ...logged.judge(traffic.interactions.numbers()),
        recoverySeconds: slowestMs / 1_000,
        counts: { ...counts, 'failed flushes': traffic.failures() },
      },
      control: {
        ...plainLogged.judge(plain.acknowledged),
        recoverySeconds: null,
        counts,
        what: '`send` of an idempotent kafkajs producer over six partitions',
      },
      checks: [{ what: 'no flush failed', holds: traffic.failures() === 0 }],
    }
  },
}

interface Plain {
  readonly acknowledged: readonly number[]
  readonly done: Promise<void>
}

function startPlain(lab: Lab, addresses: Addresses, topic: string, signal: AbortSignal): Plain {
  const acknowledged: number[] = []
  async function sendAll(): Promise<void> {
    const producer = await openPlainProducer(addresses, topic, { idempotent: true, partitions: PARTITIONS })
    lab.cleanup(() => producer.close())
    for (let first = 0; !signal.aborted; first += PLAIN_BATCH) {
      const numbers = Array.from({ length: PLAIN_BATCH }, (_, at) => first + at)
      await producer.send(numbers)
      acknowledged.push(...numbers)
      await wallStopwatch.rest(PLAIN_REST_MS, signal)
    }
  }
  return { acknowledged, done: sendAll() }
}

/** Both have had something acknowledged since. */
async function progress({ interactions }: Traffic, plain: Plain): Promise<void> {
  const [ours, theirs] = [interactions.count + PER_SECOND.short, plain.acknowledged.length + 2 * PLAIN_BATCH]
  await until('both producers to go on', () =>
    Promise.resolve(interactions.count > ours && plain.acknowledged.length > theirs),
  )
}

/** The node that leads most partitions. */
async function leaderOf(addresses: Addresses, topic: string): Promise<number> {
  const leads = [...(await leadersOf(addresses, topic))].sort(([, some], [, others]) => others - some)
  return leads[0]![0]
}
