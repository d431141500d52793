import type { TopicKey } from '#schemas'
import type { Batch, BatchResult, Outputs, Runtime, Stage, StageRecord, TopicIdentity } from '#streams'
import { FencedError, PartitionNotOwnedError } from '../errors.ts'
import type { ApplyAnswer, HeldFence } from '../fence.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import type { ActivityBounds } from '../state/activity.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { batchSlices, type BatchSlice } from './batch-slices.ts'
import { heldFence, ownedFrom, type OwnedPartition } from './owned-partition.ts'
import { type ActivityTold, type EntityRoom, loadActivity } from './partition-activity.ts'

/** What a slice of a batch changes; `put_off`: try again later, nothing was changed. */
export type SliceFold<State> =
  | {
      kind: 'changed'
      states: Iterable<readonly [id: string, state: State]>
      /** Those of them that the cache does not hold as they are now. */
      uncached: Iterable<readonly [id: string, state: State]>
      deletes: readonly string[]
      /** Not in the store (any more), while the cache goes on with them. */
      withheld?: readonly string[]
      streamTimeMs: number
    }
  | { kind: 'put_off' }

export interface FencedStage<K extends TopicKey> extends Stage<K> {
  /** Where the fences stand as far as this owner knows. */
  held(): HeldFence[]
}

export interface FencedStageOptions<K extends TopicKey, State> {
  name: string
  topic: K
  layoutId: string
  runtime: Runtime
  store: StateStore
  steps: NonNullable<Stage<K>['steps']>
  tombstones?: NonNullable<Stage<K>['tombstones']>
  statesCachedMax: number
  applyRecordsMax: number
  /** How many interactions a record stands for; one when left out. */
  interactionsOf?(record: StageRecord<K>): number
  /** How many entities a partition may have; left out: nobody counts them. */
  activity?: { bounds: ActivityBounds; states: ActivityTold['states']; room?: EntityRoom }
  encode(state: State, id: string): Buffer
  /** Folds records into states and adds what follows from them to the outputs. */
  foldSlice(
    owned: OwnedPartition<State>,
    records: StageRecord<K>[],
    outputs: Outputs,
  ): Promise<SliceFold<State>>
}

/**
 * A stage whose states and offsets live behind the fence: acquire on opening, then per slice of a batch
 * fold, flush the outputs, write states and offset in one fenced call. The committed offsets of the group are
 * only a hint for lag; the fence says where to begin.
 *
 * Whatever is not APPLIED drops the cached states, which may be ahead of the store.
 */
export function createFencedStage<K extends TopicKey, State>(
  options: FencedStageOptions<K, State>,
): FencedStage<K> {
  const { name, topic, layoutId, runtime, store, steps, applyRecordsMax } = options
  const interactionsOf = options.interactionsOf ?? (() => 1)
  const owned = new Map<number, OwnedPartition<State>>()

  /** Copies name offsets of the interactions they were made from: both topics must be the same. */
  async function identityOf(key: TopicKey): Promise<TopicIdentity | null> {
    const own = await runtime.topicIdentity(key)
    const source = key === 'itemInteractions' ? await runtime.topicIdentity('interactions') : null
    return own === null || source === null ? own : { ...own, text: `${own.text}+${source.text}` }
  }

  async function acquire(partition: number): Promise<OwnedPartition<State>> {
    const tag = partitionTag(runtime.topicName(topic), partition, layoutId)
    const { startOffset, endOffset } = await runtime.offsets(topic, partition)
    const identity = await identityOf(topic)
    const fence = await store.acquire(tag, { startOffset, rebuildUntilOffset: endOffset, topic: identity })
    const { statesCachedMax, activity: counted } = options
    const activity = counted === undefined ? null : await loadActivity(store, tag, fence, counted.bounds)
    const acquired = ownedFrom<State>(fence, partition, tag, { statesCachedMax, activity })
    owned.set(partition, acquired)
    const { epoch, position } = acquired
    runtime.log.info({ stage: name, tag, epoch, position }, LOG_EVENTS.partitionAcquired)
    return acquired
  }

  async function refused(own: OwnedPartition<State>, answer: Refusal): Promise<BatchResult> {
    owned.delete(own.partition)
    tellRefusal(options, own, answer)
    const { position } = await acquire(own.partition)
    return { kind: 'seek', offset: position }
  }

  return {
    name,
    sources: [topic],
    startFrom: 'earliest',
    steps,
    ...(options.tombstones === undefined ? {} : { tombstones: options.tombstones }),
    held: () => [...owned.values()].map(heldFence),
    async opened(_, partition) {
      return (await acquire(partition)).position
    },
    async closed(_, partition) {
      owned.delete(partition)
    },
    async batch(batch: Batch<K>, outputs: Outputs): Promise<BatchResult> {
      const own = owned.get(batch.partition)
      if (own === undefined) throw new PartitionNotOwnedError(name, batch.partition)
      if (batch.nextOffset <= own.position) return { kind: 'seek', offset: own.position }
      const fresh = batch.records.filter((record) => record.offset >= own.position)
      for (const slice of batchSlices(fresh, batch.nextOffset, applyRecordsMax, interactionsOf)) {
        if ((await options.activity?.room?.hasRoom()) === false) return { kind: 'seek', offset: own.position }
        const answer = await applySlice(options, own, slice, outputs)
        if (answer.kind === 'put_off') return { kind: 'seek', offset: own.position }
        if (answer.kind !== 'applied') return await refused(own, answer)
      }
      return { kind: 'done' }
    },
  }
}

type Refusal = Exclude<ApplyAnswer, { kind: 'applied' }>

/** Folds, flushes the outputs, and writes states and offset in one call; what it changed is known only then. */
async function applySlice<K extends TopicKey, State>(
  options: FencedStageOptions<K, State>,
  own: OwnedPartition<State>,
  slice: BatchSlice<StageRecord<K>>,
  outputs: Outputs,
): Promise<ApplyAnswer | { kind: 'put_off' }> {
  const { name, runtime, store, encode } = options
  const droppedBefore = own.activity?.dropped ?? 0
  const fold = await options.foldSlice(own, slice.records, outputs)
  if (fold.kind === 'put_off') return fold
  await outputs.flush()
  const nowMs = runtime.clock.nowMs()
  const answer = await store.apply({
    tag: own.tag,
    storeId: own.storeId,
    epoch: own.epoch,
    expectedOffset: own.position,
    nextOffset: slice.nextOffset,
    writes: [...fold.states].map(([id, state]) => ({ id, blob: encode(state, id) })),
    deletes: fold.withheld === undefined ? fold.deletes : [...fold.deletes, ...fold.withheld],
    sourceHighs: own.sourceHighs,
    streamTimeMs: fold.streamTimeMs,
    appliedAtMs: nowMs,
    ...(own.activity !== null && {
      activity: { blob: own.activity.encode(), horizonMs: own.activity.horizonMs },
    }),
  })
  const waitedMs = Math.max(0, runtime.clock.nowMs() - nowMs)
  runtime.signals.count(SIGNALS.storeWaitedSeconds, { stage: name }, waitedMs / 1_000)
  if (answer.kind !== 'applied') return answer
  for (const id of fold.deletes) own.states.delete(id)
  for (const [id, state] of fold.uncached) own.states.set(id, state)
  tellApplied(options, own, slice, nowMs)
  if (own.activity !== null) tellActivity(options, own, own.activity.dropped - droppedBefore)
  own.position = slice.nextOffset
  own.streamTimeMs = Math.max(own.streamTimeMs, fold.streamTimeMs)
  return answer
}

function tellActivity<K extends TopicKey, State>(
  { runtime: { signals }, activity }: FencedStageOptions<K, State>,
  { tag, partition, activity: counted }: OwnedPartition<State>,
  dropped: number,
): void {
  if (counted === null || activity === undefined) return
  const { states, room } = activity
  const { entities } = counted
  signals.gauge(SIGNALS.entities, entities, { states, partition: String(partition) })
  if (dropped > 0) signals.count(SIGNALS.entitiesDropped, { states }, dropped)
  room?.told({ states, tag, entities, dropped })
}

function tellApplied<K extends TopicKey, State>(
  { name, runtime, interactionsOf = () => 1 }: FencedStageOptions<K, State>,
  own: OwnedPartition<State>,
  { records, nextOffset }: BatchSlice<StageRecord<K>>,
  nowMs: number,
): void {
  const applied = records.reduce((sum, record) => sum + interactionsOf(record), 0)
  runtime.signals.count(SIGNALS.recordsApplied, { stage: name }, applied)
  const newest = records.at(-1)
  if (newest !== undefined)
    runtime.signals.observe(SIGNALS.freshnessSeconds, (nowMs - newest.brokerTimeMs) / 1_000, { stage: name })
  if (own.position >= own.rebuildUntilOffset) return
  const left = Math.max(0, own.rebuildUntilOffset - nextOffset)
  runtime.signals.gauge(SIGNALS.rebuildOffsets, left, { stage: name, partition: String(own.partition) })
  if (left === 0) runtime.log.info({ stage: name, tag: own.tag }, LOG_EVENTS.rebuildFinished)
}

/** @throws FencedError when somebody else owns the partition now */
function tellRefusal<K extends TopicKey, State>(
  { name, runtime }: FencedStageOptions<K, State>,
  own: OwnedPartition<State>,
  answer: Refusal,
): void {
  runtime.signals.count(SIGNALS.fenceRefusals, { stage: name, answer: answer.kind })
  if (answer.kind === 'fenced') throw new FencedError(own.tag, own.epoch)
  const fields = {
    stage: name,
    tag: own.tag,
    answer: answer.kind,
    position: own.position,
  }
  runtime.log.warn(fields, LOG_EVENTS.partitionLost)
}
