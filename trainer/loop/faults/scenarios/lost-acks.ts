import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { openPlainProducer, plainNumber, readNumbers } from '../kafka-plain-clients.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { loggedInteractions } from '../logged-interactions.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { openProxiedKafka } from '../own-kafka.ts'
import { openLabFeed } from '../run-scenario.ts'
import type { Finding, Scenario } from '../scenario.ts'

const DROPS = { short: 10, long: 300 }
const PER_SECOND = { short: 1_000, long: 2_000 }
const INTERACTIONS_MAX = 2_000_000
const ACKNOWLEDGED_BETWEEN = 100
const POLL_MS = 20

/** The broker has written, but the answer never comes and the connection breaks: was it written, or not? */
export const lostAcks: Scenario = {
  name: 'lost-acks',
  title:
    'a proxy keeps the acknowledgement of a produce request back and breaks the connection, again and again',
  async run(lab, size) {
    const { proxy, ...ways } = await openProxiedKafka(lab)
    const [straight, detour] = [ways.straight.as('operator'), ways.detour.as('operator')]
    const drops = DROPS[size]
    const feed = await openLabFeed(lab, 'lost-acks', {}, ways.detour)
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await wallStopwatch.rest(POLL_MS, new AbortController().signal)
    }

    async function ours(): Promise<Finding> {
      const workload = workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX })
      const ended = new AbortController()
      const pace = { perSecond: PER_SECOND[size], signal: ended.signal }
      const traffic = await startTraffic(feed, workload, pace)
      lab.cleanup(() => {
        ended.abort()
        return traffic.done
      })
      const before = proxy.counts.acknowledgementsDropped
      let slowestMs = 0
      for (let drop = 1; drop <= drops; drop++) {
        const acknowledged = traffic.interactions.count
        await until(() => traffic.interactions.count >= acknowledged + ACKNOWLEDGED_BETWEEN)
        proxy.dropAcknowledgements(1)
        await until(() => proxy.counts.acknowledgementsDropped === before + drop)
        const [lostMs, then] = [wallStopwatch.nowMs(), traffic.interactions.count]
        await until(() => traffic.interactions.count > then)
        slowestMs = Math.max(slowestMs, wallStopwatch.nowMs() - lostMs)
      }
      ended.abort()
      await traffic.done
      const damage = (await loggedInteractions(feed, straight)).judge(traffic.interactions.numbers())
      const counts = { 'acknowledgements dropped': drops, 'failed flushes': traffic.failures() }
      return { ...damage, recoverySeconds: slowestMs / 1_000, counts }
    }

    async function plain(): Promise<Finding> {
      const topic = feed.runtime.topicName('outcomes')
      const partitions = feed.runtime.partitionCount('outcomes')
      const producer = await openPlainProducer(detour, topic, { idempotent: false, partitions })
      lab.cleanup(() => producer.close())
      const sent: number[] = []
      for (let drop = 0; drop < Math.min(drops, DROPS.short); drop++) {
        proxy.dropAcknowledgements(1)
        const numbers = Array.from({ length: ACKNOWLEDGED_BETWEEN }, (_, at) => sent.length + at)
        await producer.send(numbers)
        sent.push(...numbers)
      }
      const damage = (await readNumbers(straight, topic, plainNumber)).judge(sent)
      return { ...damage, recoverySeconds: null, counts: {} }
    }

    const measured = await ours()
    lab.say('now a producer that is not idempotent')
    const control = { ...(await plain()), what: 'a kafkajs producer with its defaults' }
    const checks = [{ what: 'no flush failed', holds: measured.counts['failed flushes'] === 0 }]
    return { measured, control, checks }
  },
}
