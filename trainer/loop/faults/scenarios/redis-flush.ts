import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { fencesOf, storeAtEnd } from '../fences-at-end.ts'
import { watchReads } from '../read-watch.ts'
import { emptyRedis } from '../redis-admin.ts'
import { applied, type Harm, judgeUnderHarm, type RedisFeed } from '../redis-feed.ts'
import type { Scenario } from '../scenario.ts'

interface Form {
  interactions: number
  perSecond: number
  /** Under load, then when everything is at rest. */
  busyFlushes: number
  idleFlushes: number
}

const SHORT: Form = { interactions: 12_000, perSecond: 4_000, busyFlushes: 1, idleFlushes: 1 }
const LONG: Form = { interactions: 40_000, perSecond: 800, busyFlushes: 20, idleFlushes: 20 }
const CONTROL: Form = { interactions: 6_000, perSecond: 4_000, busyFlushes: 0, idleFlushes: 1 }

/** Resolves when every user partition has begun anew: whoever owned it has seen that it was lost. */
async function detected({ feed }: RedisFeed, before: ReadonlySet<string>): Promise<void> {
  const isNew = async () => {
    const fences = await fencesOf(feed, 'user')
    return fences.every((fence) => fence !== null && !before.has(fence.storeId))
  }
  await feed.until('the loss to be noticed in every partition', () => isNew().catch(() => false), 10)
}

async function flushed(redisFeed: RedisFeed, form: Form): Promise<Harm> {
  const { lab, redis, feed, workload } = redisFeed
  const reads = watchReads(feed, workload)
  const seconds: number[] = []
  let overAtMs = 0
  let detections = 0
  const flushOnce = async () => {
    const before = new Set((await fencesOf(feed, 'user')).map((fence) => fence?.storeId ?? ''))
    reads.expect()
    await emptyRedis(redis)
    overAtMs = wallStopwatch.nowMs()
    await detected(redisFeed, before)
    seconds.push((wallStopwatch.nowMs() - overAtMs) / 1_000)
    detections += 1
  }
  for (let flush = 1; flush <= form.busyFlushes; flush++) {
    await applied(redisFeed, (workload.interactions * flush) / (form.busyFlushes + 1))
    await flushOnce()
    lab.say(`flush ${String(flush)} under load noticed after ${seconds.at(-1)!.toFixed(2)} s`)
  }
  await redisFeed.traffic.done
  for (let flush = 1; flush <= form.idleFlushes; flush++) {
    await storeAtEnd(feed)
    await flushOnce()
    lab.say(`flush ${String(flush)} at rest noticed after ${seconds.at(-1)!.toFixed(2)} s`)
  }
  await storeAtEnd(feed)
  const { wentBack, vectors, notReady, unavailable } = await reads.stop()
  const counts = {
    flushes: form.busyFlushes + form.idleFlushes,
    'flushes noticed': detections,
    'slowest notice s': Math.max(...seconds),
    'reads with vectors': vectors,
    'reads not ready': notReady,
    'reads unavailable': unavailable,
    'reads that went back': wentBack,
  }
  return { overAtMs, counts }
}

export const redisFlush: Scenario = {
  name: 'redis-flush',
  title:
    'FLUSHALL of Redis under load and at rest: noticed every time, rebuilt from the log, no read in between',
  async run(lab, size) {
    const form = size === 'long' ? LONG : SHORT
    const [{ finding, aftermath }, control] = await Promise.all([
      judgeUnderHarm(lab, { name: 'redis-flush', fence: 'on', ...form }, (redisFeed) =>
        flushed(redisFeed, form),
      ),
      judgeUnderHarm(
        lab,
        { name: 'redis-flush-control', fence: 'off', ...CONTROL },
        async ({ redis, traffic, feed }) => {
          await traffic.done
          await storeAtEnd(feed)
          await emptyRedis(redis)
          return { overAtMs: null, counts: { flushes: CONTROL.idleFlushes } }
        },
      ),
    ])
    const { counts } = finding
    return {
      measured: finding,
      control: { ...control.finding, what: 'the same features with the fence off' },
      checks: [
        { what: 'every FLUSHALL was noticed', holds: counts['flushes noticed'] === counts['flushes'] },
        { what: 'no read knew less than one before the loss', holds: counts['reads that went back'] === 0 },
        { what: 'reads were told "not ready" meanwhile', holds: counts['reads not ready']! > 0 },
        { what: 'the features process never died of it', holds: aftermath.deaths === 0 },
        { what: 'no good record became a dead letter', holds: aftermath.deadLetters === 0 },
      ],
    }
  },
}
