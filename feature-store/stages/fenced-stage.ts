import type { TopicKey } from '#schemas'
import type { Batch, BatchResult, Outputs, Runtime, Stage, StageRecord } from '#streams'
import { FencedError, PartitionNotOwnedError } from '../errors.ts'
import type { ApplyAnswer, Fence, HeldFence } from '../fence.ts'
import { createLru, type Lru } from '../lru.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { partitionTag, type StateStore } from '../state-store.ts'

/** A partition we own, as far as we know: the fence decides. */
export interface OwnedPartition<State> {
  readonly partition: number
  readonly tag: string
  storeId: string
  epoch: number
  /** First offset not applied. */
  position: number
  rebuildUntilOffset: number
  sourceHighs: Map<number, number>
  /** States as applied. */
  states: Lru<string, State>
  /** Slices folded so far. */
  slices: number
}

/** What a slice of a batch changes; `put_off`: try again later, nothing was changed. */
export type SliceFold<State> =
  | {
      kind: 'changed'
      states: Iterable<readonly [id: string, state: State]>
      /** Those of them that the cache does not hold as they are now. */
      uncached: Iterable<readonly [id: string, state: State]>
      deletes: readonly string[]
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
  statesCachedMax: number
  applyRecordsMax: number
  /** How many interactions a record stands for; one when left out. */
  interactionsOf?(record: StageRecord<K>): number
  encode(state: State): Buffer
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

  async function acquire(partition: number): Promise<OwnedPartition<State>> {
    const tag = partitionTag(runtime.topicName(topic), partition, layoutId)
    const { startOffset, endOffset } = await runtime.offsets(topic, partition)
    const fence = await store.acquire(tag, { startOffset, rebuildUntilOffset: endOffset })
    const acquired = ownedFrom<State>(fence, partition, tag, options.statesCachedMax)
    owned.set(partition, acquired)
    const { epoch, position } = acquired
    runtime.log.info({ stage: name, tag, epoch, position }, LOG_EVENTS.partitionAcquired)
    return acquired
  }

  async function applySlice(
    own: OwnedPartition<State>,
    records: StageRecord<K>[],
    nextOffset: number,
    outputs: Outputs,
  ): Promise<BatchResult> {
    const fold = await options.foldSlice(own, records, outputs)
    if (fold.kind === 'put_off') return { kind: 'seek', offset: own.position }
    await outputs.flush()
    const nowMs = runtime.clock.nowMs()
    const answer = await store.apply({
      tag: own.tag,
      storeId: own.storeId,
      epoch: own.epoch,
      expectedOffset: own.position,
      nextOffset,
      writes: [...fold.states].map(([id, state]) => ({ id, blob: options.encode(state) })),
      deletes: fold.deletes,
      sourceHighs: own.sourceHighs,
      streamTimeMs: fold.streamTimeMs,
      appliedAtMs: nowMs,
    })
    const waitedMs = Math.max(0, runtime.clock.nowMs() - nowMs)
    runtime.signals.count(SIGNALS.storeWaitedMs, { stage: name }, waitedMs)
    if (answer.kind !== 'applied') return refused(own, answer)
    for (const id of fold.deletes) own.states.delete(id)
    for (const [id, state] of fold.uncached) own.states.set(id, state)
    announce(own, records, nextOffset, nowMs)
    own.position = nextOffset
    return { kind: 'done' }
  }

  /** As many records as one fenced call may stand for, at least one. */
  function nextSlice(records: StageRecord<K>[], first: number): StageRecord<K>[] {
    let end = first
    for (let sum = 0; end < records.length; end++) {
      sum += interactionsOf(records[end]!)
      if (sum > applyRecordsMax && end > first) break
    }
    return records.slice(first, end)
  }

  async function refused(
    own: OwnedPartition<State>,
    answer: Exclude<ApplyAnswer, { kind: 'applied' }>,
  ): Promise<BatchResult> {
    runtime.signals.count(SIGNALS.fenceRefusals, { stage: name, answer: answer.kind })
    owned.delete(own.partition)
    if (answer.kind === 'fenced') throw new FencedError(own.tag, own.epoch)
    const fields = {
      stage: name,
      tag: own.tag,
      answer: answer.kind,
      position: own.position,
    }
    runtime.log.warn(fields, LOG_EVENTS.partitionLost)
    const { position } = await acquire(own.partition)
    return { kind: 'seek', offset: position }
  }

  function announce(
    own: OwnedPartition<State>,
    records: StageRecord<K>[],
    nextOffset: number,
    nowMs: number,
  ): void {
    const applied = records.reduce((sum, record) => sum + interactionsOf(record), 0)
    runtime.signals.count(SIGNALS.recordsApplied, { stage: name }, applied)
    const newest = records.at(-1)
    if (newest !== undefined)
      runtime.signals.observe(SIGNALS.freshnessMs, nowMs - newest.brokerTimeMs, { stage: name })
    if (own.position >= own.rebuildUntilOffset) return
    const left = Math.max(0, own.rebuildUntilOffset - nextOffset)
    runtime.signals.gauge(SIGNALS.rebuildOffsets, left, { stage: name, partition: String(own.partition) })
    if (left === 0) runtime.log.info({ stage: name, tag: own.tag }, LOG_EVENTS.rebuildFinished)
  }

  return {
    name,
    sources: [topic],
    startFrom: 'earliest',
    steps,
    held: () =>
      [...owned.values()].map(({ tag, storeId, position }) => ({ tag, storeId, nextOffset: position })),
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
      let first = 0
      do {
        const records = nextSlice(fresh, first)
        first += records.length
        const isLast = first >= fresh.length
        const nextOffset = isLast ? batch.nextOffset : records.at(-1)!.offset + 1
        const result = await applySlice(own, records, nextOffset, outputs)
        if (result.kind === 'seek') return result
      } while (first < fresh.length)
      return { kind: 'done' }
    },
  }
}

function ownedFrom<State>(
  fence: Fence,
  partition: number,
  tag: string,
  statesCachedMax: number,
): OwnedPartition<State> {
  return {
    partition,
    tag,
    storeId: fence.storeId,
    epoch: fence.epoch,
    position: fence.nextOffset,
    rebuildUntilOffset: fence.rebuildUntilOffset,
    sourceHighs: new Map(fence.sourceHighs),
    states: createLru(statesCachedMax),
    slices: 0,
  }
}
