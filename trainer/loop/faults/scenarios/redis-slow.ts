import {
  type OwnRedis,
  startNaiveCounter,
  startOwnRedis,
  startTcpProxy,
  type TcpProxy,
  until,
  METRICS_URL,
} from '#streams/testing'
import { requestHttp } from '#streams'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { openToAll } from '../../testing/feed-services.ts'
import { appliedCount } from '../applied-offsets.ts'
import { fencesOf } from '../fences-at-end.ts'
import { judgeCounts } from '../judge-counts.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { workloadOf } from '../numbered-traffic.ts'
import type { KeptProcess } from '../process-keeper.ts'
import { residentMib } from '../process-memory.ts'
import { onRedis, roundTripMs } from '../redis-admin.ts'
import { applied, type Harm, judgeUnderHarm, type RedisFeed, rest } from '../redis-feed.ts'
import { openLabFeed } from '../run-scenario.ts'
import type { Finding, Lab, Scenario } from '../scenario.ts'

interface Form {
  interactions: number
  perSecond: number
  slowSeconds: number
}

const SHORT: Form = { interactions: 40_000, perSecond: 3_000, slowSeconds: 12 }
const LONG: Form = { interactions: 450_000, perSecond: 2_500, slowSeconds: 150 }
const CONTROL: Form = { interactions: 40_000, perSecond: 100_000, slowSeconds: 8 }
const HOST = '127.0.0.1'
/** A hundred times the half millisecond that a Redis beside us takes to answer. */
const SLOW_MS = 50
/** Each connection and way: a hundredth of the 20 MB/s that one connection here carries in small writes. */
const BYTES_PER_SECOND = 200_000
/** What garbage collection and buffers may add; one batch more per partition would be less. */
const GROWTH_MIB_MAX = 96
const SAMPLE_MS = 500

/** A way to a Redis that becomes slow. */
async function slowWay(
  lab: Lab,
  { port }: OwnRedis,
): Promise<{ way: TcpProxy; url: string; slow(): Promise<number> }> {
  const way = await startTcpProxy({ host: HOST, port })
  lab.cleanup(() => way.close())
  const url = `redis://${way.address}`
  return {
    way,
    url,
    async slow() {
      way.set({ delayMs: SLOW_MS / 2, bytesPerSecond: BYTES_PER_SECOND })
      return roundTripMs({ url })
    },
  }
}

/** Fails when the process is gone: its memory would count as flat. */
async function heldMib(pid: number): Promise<number> {
  const mib = await residentMib(pid)
  if (mib === null) throw new Error(`the memory of process ${String(pid)} cannot be read`)
  return mib
}

/** What the process itself tells of its waiting. */
async function waitedSeconds(features: KeptProcess): Promise<number> {
  const url = await features.current().said(METRICS_URL)
  const metrics = await (await requestHttp(`${url}/metrics`)).text()
  const counters = [...metrics.matchAll(/^feedloop_feature_store_waited_seconds_total\{.*\} (\S+)$/gm)]
  return counters.reduce((sum, [, seconds]) => sum + Number(seconds), 0)
}

async function slowed(
  redisFeed: RedisFeed,
  redis: Awaited<ReturnType<typeof slowWay>>,
  form: Form,
): Promise<Harm> {
  const { lab, feed, features, traffic, workload } = redisFeed
  await applied(redisFeed, workload.interactions / 10)
  const owners = async () =>
    (await fencesOf(feed, 'user')).reduce((sum, fence) => sum + (fence?.epoch ?? 0), 0)
  const ownersBefore = await owners()
  const healthyMs = await roundTripMs(redisFeed.redis)
  const slowMs = await redis.slow()
  lab.say(`Redis answers after ${slowMs.toFixed(1)} ms, ${healthyMs.toFixed(2)} ms before`)
  const waitedBefore = await waitedSeconds(features)
  const rss = [await heldMib(features.current().child.pid!)]
  let behindMax = 0
  const endMs = wallStopwatch.nowMs() + form.slowSeconds * 1_000
  while (wallStopwatch.nowMs() < endMs) {
    await rest(SAMPLE_MS)
    rss.push(await heldMib(features.current().child.pid!))
    behindMax = Math.max(behindMax, traffic.interactions.count - (await appliedCount(feed)))
  }
  const ownersAfter = await owners()
  const waited = (await waitedSeconds(features)) - waitedBefore
  redis.way.set({})
  const third = Math.ceil(rss.length / 3)
  const mean = (some: readonly number[]) => some.reduce((sum, mib) => sum + mib, 0) / some.length
  const counts = {
    'answer ms before': healthyMs,
    'answer ms': slowMs,
    'slow s': form.slowSeconds,
    'waited for Redis, partitions x s': waited,
    'MiB at first': mean(rss.slice(0, third)),
    'MiB at last': mean(rss.slice(-third)),
    'MiB at most': Math.max(...rss),
    'interactions behind at most': behindMax,
    'partitions that changed hands': ownersAfter - ownersBefore,
  }
  return { overAtMs: wallStopwatch.nowMs(), counts }
}

/** Fetches on without waiting for Redis: what is queued in its memory is gone when it dies. */
async function hoarding(lab: Lab): Promise<Finding> {
  const redis = await startOwnRedis()
  lab.cleanup(() => redis.close())
  const slow = await slowWay(lab, redis)
  const feed = await openLabFeed(
    lab,
    'redis-slow-control',
    {},
    openToAll({ ...lab.addresses, redis: { url: slow.url } }),
  )
  const workload = workloadOf({ seed: lab.seed, interactions: CONTROL.interactions })
  const traffic = await startTraffic(feed, workload, { perSecond: CONTROL.perSecond })
  await traffic.done
  await slow.slow()
  const groupId = `${feed.prefix}.hoarder`
  const hash = `hoarder{${feed.prefix}}`
  const topic = feed.runtime.topicName('interactions')
  const hoarder = startNaiveCounter(feed.addresses, {
    topic,
    groupId,
    hash,
    habit: 'does not wait for Redis',
  })
  feed.adopt(hoarder)
  const readAll = () => onRedis(redis, (asked) => asked.hgetall(hash))
  await until('the hoarder to count', async () => Object.keys(await readAll()).length > 0)
  const before = await heldMib(hoarder.child.pid!)
  await feed.caughtUp('hoarder', 'interactions')
  const after = await heldMib(hoarder.child.pid!)
  await hoarder.kill()
  return {
    ...judgeCounts(workload, traffic.interactions.numbers(), await readAll()),
    recoverySeconds: null,
    counts: { 'MiB at first': before, 'MiB at last': after },
  }
}

export const redisSlow: Scenario = {
  name: 'redis-slow',
  title: 'Redis 100 times slower under load: memory flat, no partition changes hands, then caught up',
  unavailable: () => Promise.resolve(process.platform === 'linux' ? null : 'memory is read from /proc'),
  async run(lab, size) {
    const form = size === 'long' ? LONG : SHORT
    let redis: Awaited<ReturnType<typeof slowWay>> | undefined
    const detour = async (own: OwnRedis) => (redis = await slowWay(lab, own)).url
    const [{ finding, aftermath }, control] = await Promise.all([
      judgeUnderHarm(lab, { name: 'redis-slow', fence: 'on', ...form, detour }, (redisFeed) =>
        slowed(redisFeed, redis!, form),
      ),
      hoarding(lab),
    ])
    const { counts } = finding
    const growthMib = counts['MiB at last']! - counts['MiB at first']!
    return {
      measured: finding,
      control: { ...control, what: 'a counter that fetches on without waiting for Redis, killed' },
      checks: [
        {
          what: `memory grows by less than ${String(GROWTH_MIB_MAX)} MiB`,
          holds: growthMib < GROWTH_MIB_MAX,
        },
        { what: 'no partition changes hands', holds: counts['partitions that changed hands'] === 0 },
        {
          what: 'its metrics tell that at least one partition waits for Redis all the time',
          holds: counts['waited for Redis, partitions x s']! >= 0.8 * form.slowSeconds,
        },
        { what: 'it does fall behind meanwhile', holds: counts['interactions behind at most']! > 1_000 },
        { what: 'the features process never died of it', holds: aftermath.deaths === 0 },
        { what: 'no good record became a dead letter', holds: aftermath.deadLetters === 0 },
      ],
    }
  },
}
