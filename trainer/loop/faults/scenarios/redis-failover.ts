import { createClosers, type Closers } from '#streams'
import { type OwnRedis, startOwnRedis, startTcpProxy, type TcpProxy } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { appliedCount } from '../applied-offsets.ts'
import { storeAtEnd } from '../fences-at-end.ts'
import { becomeMaster, replicaInSync } from '../redis-admin.ts'
import {
  applied,
  appliedIn,
  type Harm,
  judgeUnderHarm,
  type RedisFeed,
  type RedisFeedPlan,
} from '../redis-feed.ts'
import type { Lab, Scenario } from '../scenario.ts'

interface Form {
  interactions: number
  perSecond: number
  /** Under load; one more follows at rest. */
  busyFailovers: number
}

const SHORT: Form = { interactions: 16_000, perSecond: 3_000, busyFailovers: 1 }
const LONG: Form = { interactions: 300_000, perSecond: 3_000, busyFailovers: 20 }
const CONTROL: Form = { interactions: 8_000, perSecond: 4_000, busyFailovers: 0 }
/** What is applied while the replica hears nothing: that much it will not know when it takes over. */
const BEHIND = 1_000
const HOST = '127.0.0.1'
const REDIS = { settings: { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': 0 } }

/** A replica that follows by a way that can be cut. */
async function replicaOf(master: OwnRedis, opened: Closers): Promise<{ replica: OwnRedis; link: TcpProxy }> {
  const link = await startTcpProxy({ host: HOST, port: master.port })
  opened.add(() => link.close())
  const replicaof = link.address.replace(':', ' ')
  const replica = await startOwnRedis({ settings: { ...REDIS.settings, replicaof } })
  opened.add(() => replica.close())
  await replicaInSync(replica)
  return { replica, link }
}

/** The address that the feed knows leads to the master; afterwards to the replica, which is behind. */
async function failOver(
  redisFeed: RedisFeed,
  { way, opened }: { way: TcpProxy; opened: Closers },
  form: Form,
): Promise<Harm> {
  const { feed, workload, traffic } = redisFeed
  let master = redisFeed.redis
  let forgotten = 0
  let overAtMs = 0
  const total = form.busyFailovers + 1
  for (let round = 1; round <= total; round++) {
    const { replica, link } = await replicaOf(master, opened)
    const at = Math.floor((workload.interactions * round) / (total + 1))
    await applied(redisFeed, at)
    link.set({ swallow: 'everything' })
    const isLast = round === total
    if (isLast) {
      await traffic.done
      await storeAtEnd(feed)
    } else await applied(redisFeed, at + BEHIND)
    const before = await appliedCount(feed)
    await master.kill()
    await becomeMaster(replica)
    forgotten += before - (await appliedIn(replica, feed))
    way.redirect({ host: HOST, port: replica.port })
    way.resetOpen()
    overAtMs = wallStopwatch.nowMs()
    master = replica
  }
  return { overAtMs, counts: { 'fail-overs': total, 'interactions forgotten': forgotten } }
}

async function failedOver(lab: Lab, plan: Pick<RedisFeedPlan, 'name' | 'fence'>, form: Form) {
  // Closed after the feed, which needs the last of them to clean up.
  const opened = createClosers()
  lab.cleanup(() => opened.closeAll())
  let way: TcpProxy | undefined
  const detour = async ({ port }: OwnRedis) => {
    way = await startTcpProxy({ host: HOST, port })
    opened.add(() => way!.close())
    return `redis://${way.address}`
  }
  return judgeUnderHarm(lab, { ...plan, ...form, redis: REDIS, detour }, (redisFeed) =>
    failOver(redisFeed, { way: way!, opened }, form),
  )
}

export const redisFailover: Scenario = {
  name: 'redis-failover',
  title: 'the Redis master dies and a replica that is behind takes over, under load and at rest',
  async run(lab, size) {
    const form = size === 'long' ? LONG : SHORT
    const [{ finding, aftermath }, control] = await Promise.all([
      failedOver(lab, { name: 'redis-failover', fence: 'on' }, form),
      failedOver(lab, { name: 'redis-failover-control', fence: 'off' }, CONTROL),
    ])
    return {
      measured: finding,
      control: { ...control.finding, what: 'the same features with the fence off' },
      checks: [
        { what: 'the replica was behind', holds: finding.counts['interactions forgotten']! > 0 },
        {
          what: 'it was noticed',
          holds: finding.counts['went back (all stages anew)']! + finding.counts['refused by the fence']! > 0,
        },
        { what: 'no good record became a dead letter', holds: aftermath.deadLetters === 0 },
      ],
    }
  },
}
