import type { ItemInteractions, RecordOf } from '#schemas'
import { type Addresses, decodeRecord, OperatorError, readTopic, type Runtime } from '#streams'
import type { FeatureRequest } from '../contract.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { createReplay, type ReplayedTopic } from '../replay/replay.ts'
import { entityView } from '../vectors/entity-view.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { contextValues } from '../vectors/vectorise.ts'
import type { ExplainedRow } from './explain-vector.ts'

export interface AsOfOptions {
  addresses: Pick<Addresses, 'kafka'>
  runtime: Runtime
  featureSet: CompiledFeatureSet
  /** As the live feature store has them. */
  time: { futureSkewSecondsMax: number; farFutureSecondsMax: number; earliestEventMs: number }
  recordBytesMax: number
  /** Records that are read at most: they are folded in memory. */
  recordsMax: number
  /** What was told after the moment counts, too, if it is about the time before: for logs that were written afterwards. */
  toldLater: boolean
  onProgress(records: number): void
}

export interface AsOfRow extends ExplainedRow {
  /** Records read of the log. */
  records: number
  /** About the time before the moment, and told after it. */
  toldLater: number
}

/**
 * What could be known of one user and one item at a moment: the log up to then through the live steps, folds and vectors.
 * Reads the user's and the item's own partitions from the beginning; all items where folds look them up, all
 * interactions where a prior is the feed's own rate.
 *
 * @throws OperatorError `too_many_records`
 */
export async function rowAsOf(options: AsOfOptions, request: FeatureRequest): Promise<AsOfRow> {
  const { runtime, featureSet, time } = options
  const { layouts } = featureSet
  const { userId, itemIds, occurredAtMs: atMs } = request
  const replay = createReplay({
    featureSet,
    topicName: (topic) => runtime.topicName(topic),
    partitionOf: (topic, key) => runtime.partitionOf(topic, key),
    ...time,
  })
  const own = (topic: ReplayedTopic, ids: readonly string[]) => [
    ...new Set(ids.map((id) => runtime.partitionOf(topic, id))),
  ]
  const reading = createReading(options, atMs)
  const partitions: Record<ReplayedTopic, readonly number[] | undefined> = {
    users: own('users', [userId]),
    items: layouts.user.lookups.length > 0 ? undefined : own('items', itemIds),
    itemInteractions: own('itemInteractions', itemIds),
    interactions: layouts.feed === null ? own('interactions', [userId]) : undefined,
  }
  const isNeeded = layouts.feed !== null
  for await (const { record } of reading.of('users', partitions.users)) replay.add('users', record)
  for await (const { record } of reading.of('items', partitions.items)) replay.add('items', record)
  for await (const { record } of reading.of('itemInteractions', partitions.itemInteractions)) {
    const value = record.value === null ? null : copiesOf(record.value, itemIds)
    if (value !== null) replay.add('itemInteractions', { ...record, value })
  }
  for await (const { record } of reading.of('interactions', partitions.interactions))
    if (isNeeded || record.value?.userId === userId) replay.add('interactions', record)

  const attributesOf = (entity: 'user' | 'item', id: string) =>
    replay.attributesAfter(entity, id, Number.POSITIVE_INFINITY)
  const viewOf = (entity: 'user' | 'item', id: string) =>
    entityView(layouts[entity], replay.stateAt(entity, id), attributesOf(entity, id), {
      id,
      atMs,
      stale: false,
    })
  const feed =
    layouts.feed === null
      ? []
      : Array.from({ length: runtime.partitionCount('interactions') }, (_, partition) =>
          replay.stateAt('feed', String(partition)),
        )
  const [item, ...others] = itemIds.map((id) => viewOf('item', id))
  return {
    user: viewOf('user', userId),
    item: item!,
    others,
    context: contextValues(featureSet, request.context),
    feedRates: feedRatesAt(featureSet, feed, atMs),
    ...reading.counts(),
  }
}

/** The copies of these items in a bundle; null: there are none. */
function copiesOf(bundle: ItemInteractions, itemIds: readonly string[]): ItemInteractions | null {
  const items = bundle.items.filter(({ itemId }) => itemIds.includes(itemId))
  return items.length === 0 ? null : { ...bundle, items }
}

/** Decoded records that were told by the moment; what does not decode is a dead letter, as live. */
function createReading(options: AsOfOptions, atMs: number) {
  const { addresses, runtime, recordBytesMax, recordsMax, toldLater, onProgress } = options
  const counted = { records: 0, toldLater: 0 }

  async function* of<K extends ReplayedTopic>(topic: K, partitions: readonly number[] | undefined) {
    const topicName = runtime.topicName(topic)
    const records = readTopic({ addresses, topicName, ...(partitions === undefined ? {} : { partitions }) })
    for await (const raw of records) {
      if (++counted.records > recordsMax)
        throw new OperatorError(
          'too_many_records',
          `the log has more than ${String(recordsMax)} records of these partitions. Raise --records-max (about 350 MB of memory and half a minute per million), or give priors as numbers and not as 'feed': then one partition is read and not all`,
        )
      if (counted.records % 10_000 === 0) onProgress(counted.records)
      const verdict =
        raw.value === null ? null : await decodeRecord(runtime.codec, topic, raw.value, recordBytesMax)
      if (verdict !== null && verdict.kind !== 'pass') continue
      const value: RecordOf[K] | null = verdict === null ? null : verdict.value
      if (raw.brokerTimeMs > atMs && !isCounted(value)) continue
      yield { record: { ...raw, value } }
    }
  }

  /** Of what was told after the moment. */
  function isCounted(value: RecordOf[ReplayedTopic] | null): boolean {
    if (value === null || ('occurredAtMs' in value && value.occurredAtMs > atMs)) return false
    counted.toldLater++
    return toldLater
  }

  return { of, counts: () => ({ ...counted }) }
}
