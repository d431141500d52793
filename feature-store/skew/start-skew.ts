import type { Runtime, RunningStage } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { ReplayedTopic } from '../replay/replay.ts'
import { LOG_EVENTS } from '../signals.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import type { SkewConfig } from './config.ts'
import type { PartitionStart } from './mirrored-side.ts'
import { createSkewChecks } from './skew-checks.ts'
import { skewEventOf } from './skew-event.ts'
import { createSkewTally, type SkewReading } from './skew-tally.ts'
import { createStateMirror, MIRRORED_TOPICS } from './state-mirror.ts'

export interface SkewOptions {
  featureSet: CompiledFeatureSet
  store: StateStore
  config: SkewConfig
  /** As the live feature store has them. */
  futureSkewSecondsMax?: number
  farFutureSecondsMax?: number
  earliestEventMs?: number
}

export interface RunningSkew extends RunningStage {
  /** Works off what is due, and tells. One at a time. */
  tick(): Promise<void>
  reading(): SkewReading
}

/**
 * Computes served vectors again: folds sampled users and items from the log, beside the store, and holds what predictions
 * recorded against what that gives at the offsets they name. Follows topics without a group; writes to the drift topic alone.
 * Somebody has to call `tick`.
 */
export async function startSkew(runtime: Runtime, options: SkewOptions): Promise<RunningSkew> {
  const { featureSet, store, config, ...time } = options
  const starts = await partitionStarts(runtime, options)
  const startOf = (topic: ReplayedTopic, partition: number) => starts.get(topic)![partition]!
  const { topicName, partitionOf, partitionCount } = runtime
  const horizons = createHorizons(runtime, options)
  const { horizonOf } = horizons
  const mirror = createStateMirror({
    ...{ featureSet, config, topicName, partitionOf, partitionCount, startOf, horizonOf },
    ...time,
  })
  const tally = createSkewTally(config)
  const checks = createSkewChecks({ runtime, store, featureSet, config, mirror, tally })
  const outputs = await runtime.outputs('skew')
  let before = 0

  async function tell(): Promise<void> {
    const nowMs = runtime.clock.nowMs()
    const reading = tally.toTell(nowMs)
    if (reading === null) return
    const { windowSeconds } = config
    const event = skewEventOf(reading, { before, windowSeconds, nowMs })
    before = reading.share
    if (reading.share > 0)
      runtime.log.warn({ share: reading.share, cause: event.cause }, LOG_EVENTS.skewFound)
    else runtime.log.info({ cause: event.cause }, LOG_EVENTS.skewGone)
    outputs.add('drift', { key: event.monitor, value: event })
    await outputs.flush()
  }

  const followers: RunningStage[] = []
  for (const topic of MIRRORED_TOPICS)
    followers.push(
      await runtime.follow({
        name: `skew-${topic}`,
        topic,
        startFrom: new Map(starts.get(topic)!.map(({ offset }, partition) => [partition, offset])),
        record: (record) => mirror.take(topic, record as Parameters<typeof mirror.take>[1]),
      }),
    )
  followers.push(
    await runtime.follow({
      name: 'skew-predictions',
      topic: 'predictions',
      startFrom: 'latest',
      record({ value, brokerTimeMs }) {
        if (value !== null) checks.take(value, brokerTimeMs)
      },
    }),
  )
  return {
    ready: Promise.all(followers.map(({ ready }) => ready)).then(() => undefined),
    done: Promise.all(followers.map(({ done }) => done)).then(() => undefined),
    reading: () => tally.reading(runtime.clock.nowMs()),
    async tick() {
      await horizons.look()
      await checks.run()
      await tell()
    },
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()))
      await outputs.close()
    },
  }
}

/** How far those who made room for others reach, by the fences. */
function createHorizons(
  runtime: Runtime,
  { featureSet: { layouts }, store }: Pick<SkewOptions, 'featureSet' | 'store'>,
) {
  const counted = { interactions: layouts.user.id, itemInteractions: layouts.item.id } as const
  const places = (['interactions', 'itemInteractions'] as const).flatMap((topic) =>
    Array.from({ length: runtime.partitionCount(topic) }, (_, partition) => ({
      topic,
      partition,
      tag: partitionTag(runtime.topicName(topic), partition, counted[topic]),
    })),
  )
  const known = new Map<ReplayedTopic, number[]>()
  return {
    horizonOf: (topic: ReplayedTopic, partition: number) => known.get(topic)?.[partition] ?? -1,
    async look(): Promise<void> {
      const fences = await store.fences(places.map(({ tag }) => tag))
      for (const topic of ['interactions', 'itemInteractions'] as const)
        known.set(
          topic,
          fences.flatMap((fence, n) => (places[n]!.topic === topic ? [fence?.horizonMs ?? -1] : [])),
        )
    },
  }
}

/** Each partition from its first record, if it has not lost any and is short; else from where the store's states stand. */
async function partitionStarts(
  runtime: Runtime,
  { featureSet, store, config }: SkewOptions,
): Promise<Map<ReplayedTopic, PartitionStart[]>> {
  const { user, item, userAttributes, itemAttributes } = featureSet.layouts
  const layouts = {
    interactions: user.id,
    itemInteractions: item.id,
    users: userAttributes.id,
    items: itemAttributes.id,
  }
  const starts = new Map<ReplayedTopic, PartitionStart[]>()
  for (const topic of MIRRORED_TOPICS) {
    const tags = Array.from({ length: runtime.partitionCount(topic) }, (_, partition) =>
      partitionTag(runtime.topicName(topic), partition, layouts[topic]),
    )
    const fences = await store.fences(tags)
    const found: PartitionStart[] = []
    for (const [partition, fence] of fences.entries()) {
      const { startOffset, endOffset } = await runtime.offsets(topic, partition)
      const isWhole = startOffset === 0 && endOffset <= config.readBackRecordsMax
      found.push(
        isWhole
          ? { offset: 0, isWhole, streamTimeMs: -1, sourceHighs: new Map() }
          : {
              offset: Math.max(startOffset, fence?.nextOffset ?? endOffset),
              isWhole,
              streamTimeMs: fence?.streamTimeMs ?? -1,
              sourceHighs: fence?.sourceHighs ?? new Map(),
            },
      )
    }
    starts.set(topic, found)
  }
  return starts
}
