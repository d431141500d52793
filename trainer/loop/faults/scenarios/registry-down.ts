import { connectRuntime, readTopic, silentLogger, STREAMS_LOG_EVENTS } from '#streams'
import { startNaiveCounter, startTcpProxy, type TcpProxy } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { openToAll } from '../../testing/feed-services.ts'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { fencesOf, storeAtEnd } from '../fences-at-end.ts'
import { judgeCounts } from '../judge-counts.ts'
import { judgeFeatures } from '../kafka-judge.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { keepRunning } from '../process-keeper.ts'
import { onRedis } from '../redis-admin.ts'
import { rest } from '../redis-feed.ts'
import { registerSecondWriter, withSecondWriter } from '../registry-second-writer.ts'
import { openLabFeed } from '../run-scenario.ts'
import type { FaultReport, Lab, Scenario } from '../scenario.ts'

interface Form {
  interactions: number
  perSecond: number
  /** How long the registry is away after the last record, refusing for one half and silent for the other. */
  awaySeconds: number
}

const SHORT: Form = { interactions: 20_000, perSecond: 2_000, awaySeconds: 6 }
const LONG: Form = { interactions: 100_000, perSecond: 2_000, awaySeconds: 120 }
/** Only here does the second service write: this partition is to wait, the others are not. */
const WAITING_PARTITION = 0
const FEED = { limits: { retryAttemptsMax: 4, retryDelayMs: 50, retryDelayMaxMs: 1_000 } }
/** Nobody listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1 }

/** First offset of the partition that the second writer wrote. */
async function firstOfWriter({ addresses, runtime }: OwnFeed, schemaId: number): Promise<number> {
  for await (const { partition, offset, value } of readTopic({
    addresses,
    topicName: runtime.topicName('interactions'),
  }))
    if (partition === WAITING_PARTITION && value?.readUInt32BE(1) === schemaId) return offset
  throw new Error('the second writer has written nothing')
}

/** Resolves when every partition but the one that waits stands at its end. */
async function othersAtEnd(feed: OwnFeed): Promise<void> {
  await feed.until('the other partitions to reach their ends', async () => {
    for (const [partition, fence] of (await fencesOf(feed, 'user')).entries()) {
      if (partition === WAITING_PARTITION) continue
      const { endOffset } = await feed.runtime.offsets('interactions', partition)
      if ((fence?.nextOffset ?? 0) < endOffset) return false
    }
    return true
  })
}

/** What a start says while the registry is away. */
async function startInVain(feed: OwnFeed): Promise<{ exitCode: number | null; stderr: string }> {
  const started = feed.run('features')
  started.mayEnd()
  return started.ended
}

async function run(lab: Lab, form: Form): Promise<FaultReport> {
  const { hostname, port, pathname } = new URL(lab.addresses.registry.url)
  const upstream = { host: hostname, port: Number(port) }
  const way: TcpProxy = await startTcpProxy(upstream)
  lab.cleanup(() => way.close())
  const registry = { url: `http://${way.address}${pathname}` }
  const feed = await openLabFeed(lab, 'registry-down', FEED, openToAll({ ...lab.addresses, registry }))
  const writer = await registerSecondWriter(lab.addresses.registry, feed)

  let isWriting = false
  const isTheirs = ({ userId }: { userId: string }) =>
    isWriting && feed.runtime.partitionOf('interactions', userId) === WAITING_PARTITION
  const producing = await connectRuntime({
    addresses: lab.addresses,
    config: feed.config,
    clientId: 'two-writers',
    log: silentLogger,
    codec: withSecondWriter(feed.runtime.codec, writer, isTheirs),
  })
  lab.cleanup(() => producing.close())

  const features = keepRunning(() => feed.run('features'))
  lab.cleanup(() => features.stop())
  const hash = `skipping{${feed.prefix}}`
  lab.cleanup(() => onRedis(feed.addresses.redis, (redis) => redis.del(hash)))
  const topic = feed.runtime.topicName('interactions')
  const groupId = `${feed.prefix}.skipping`
  feed.adopt(startNaiveCounter(feed.addresses, { topic, groupId, hash, habit: 'skips what it cannot read' }))

  await feed.until('the features to own their partitions', async () =>
    (await fencesOf(feed, 'user')).every((fence) => fence !== null),
  )
  const workload = workloadOf({ seed: lab.seed, interactions: form.interactions })
  const traffic = await startTraffic({ runtime: producing }, workload, { perSecond: form.perSecond })
  const counted = () => onRedis(feed.addresses.redis, (redis) => redis.hgetall(hash))
  await feed.until('both consumers to be at work', async () => {
    const applied = (await fencesOf(feed, 'user')).every((fence) => (fence?.nextOffset ?? 0) > 0)
    return applied && Object.keys(await counted()).length > 0
  })

  way.redirect(NOWHERE)
  way.resetOpen()
  isWriting = true
  lab.say('the registry is away')
  await traffic.done
  const doneMs = wallStopwatch.nowMs()
  await othersAtEnd(feed)
  const othersSeconds = (wallStopwatch.nowMs() - doneMs) / 1_000
  // Before it falls silent: the library that the control uses would wait for it for ever.
  await feed.caughtUp('skipping', 'interactions')
  await rest(form.awaySeconds * 500)
  way.redirect(upstream)
  way.set({ swallow: 'everything' })
  const inVain = await startInVain(feed)
  await rest(form.awaySeconds * 500)
  const stoodAt = (await fencesOf(feed, 'user'))[WAITING_PARTITION]?.nextOffset ?? 0
  const firstUnknown = await firstOfWriter(feed, writer.schemaId)
  const { endOffset } = await feed.runtime.offsets('interactions', WAITING_PARTITION)

  way.set({})
  way.resetOpen()
  const backMs = wallStopwatch.nowMs()
  await storeAtEnd(feed)
  const recoverySeconds = (wallStopwatch.nowMs() - backMs) / 1_000
  const deaths = features.deaths()
  const { exitCode, written } = await features.stop()
  const { user: _user, item: _item, ...damage } = await judgeFeatures(feed, workload, traffic.interactions)
  const counts = {
    'records that waited': endOffset - stoodAt,
    'others caught up after s': othersSeconds,
    'features died': deaths,
  }
  return {
    measured: { ...damage, recoverySeconds, counts },
    control: {
      ...judgeCounts(workload, traffic.interactions.numbers(), await counted()),
      what: 'a kafkajs consumer that skips what it cannot decode',
      recoverySeconds: null,
      counts: {},
    },
    checks: [
      {
        what: 'the partition waits exactly at the first record it cannot read',
        holds: stoodAt === firstUnknown,
      },
      { what: 'it says that the record is parked', holds: written.includes(STREAMS_LOG_EVENTS.recordParked) },
      { what: 'the features process never died of it', holds: deaths === 0 && exitCode === 0 },
      { what: 'no good record became a dead letter', holds: (await feed.recordCount('deadLetters')) === 0 },
      {
        what: 'a start meanwhile fails with exit code 1 and says that the registry is away',
        holds: inVain.exitCode === 1 && /schema registry: .* is it running and reachable/.test(inVain.stderr),
      },
    ],
  }
}

export const registryDown: Scenario = {
  name: 'registry-down',
  title: 'the schema registry is away, refusing and silent, while records of a schema nobody has loaded come',
  run: (lab, size) => run(lab, size === 'long' ? LONG : SHORT),
}
