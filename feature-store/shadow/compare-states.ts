import type { CompiledFeatureSet } from '../feature-set.ts'
import type { Fence } from '../fence.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { commonColumns, type EntityValues, entityValues } from './entity-values.ts'
import { layoutIdsOf } from './owned-set.ts'
import type { ReplayTopic } from './replay-job.ts'

/** One of two places where states of the same log lie. */
export interface Side {
  store: Pick<StateStore, 'read' | 'scan'>
  featureSet: CompiledFeatureSet
}

export interface TopicComparison {
  topic: ReplayTopic
  /** Byte for byte, or (other layouts) by the features that both sets have. */
  by: 'bytes' | 'values'
  /** Keys that were held against each other at equal offsets. */
  compared: number
  different: number
  /** Of the different ones: those that only one side has. */
  onlyLeft: number
  onlyRight: number
  /** Keys that moved on each time they were looked at. */
  moving: number
}

export interface Parting {
  topic: ReplayTopic
  partition: number
  id: string
  /** The newest record in the two states: by there, they have parted. Keys whose newest record lies before it are equal. */
  offset: number
  left: Record<string, unknown> | null
  right: Record<string, unknown> | null
}

export interface StatesComparison {
  topics: TopicComparison[]
  /** Columns that differ, those of most keys first. */
  features: { feature: string; keys: number; largest: number }[]
  /** Where they part first, at most one per topic. */
  partings: Parting[]
  isEqual: boolean
}

export interface CompareOptions {
  topics: readonly ReplayTopic[]
  topicName(topic: ReplayTopic): string
  partitionCount(topic: ReplayTopic): number
  /** Between two looks at what moves. */
  wait(): Promise<unknown>
  /** Looks at a key that moves. */
  looksMax?: number
  /** Different keys whose features are compared. */
  explainedMax?: number
  compared?(keys: number): void
}

const CHUNK_KEYS = 1_000

/**
 * Holds two sets of states against each other, key by key. A key counts once both sides have folded the same last record of
 * it, or one of them lacks it although its fence is past it: so both may go on meanwhile. Nothing is held in memory but the
 * ids of one partition.
 */
export async function compareStates(
  left: Side,
  right: Side,
  options: CompareOptions,
): Promise<StatesComparison> {
  const told = createTold(left, right, options.explainedMax ?? 10_000)
  for (const topic of options.topics) {
    const comparison = told.begin(topic)
    for (let partition = 0; partition < options.partitionCount(topic); partition++) {
      const place = { topic, partition, name: options.topicName(topic) }
      let ids = await idsOf(left, right, place)
      for (let look = 1; ids.length > 0; look++) {
        const moving = await compareIds(left, right, { ...place, ids }, (id, isSame, known) => {
          told.add(comparison, { ...place, id }, isSame, known)
        })
        options.compared?.(ids.length - moving.length)
        if (look >= (options.looksMax ?? 20)) comparison.moving += moving.length
        ids = look >= (options.looksMax ?? 20) ? [] : moving
        if (ids.length > 0) await options.wait()
      }
    }
  }
  return told.result()
}

interface Place {
  topic: ReplayTopic
  partition: number
  name: string
}

const tagOn = ({ featureSet }: Side, { topic, partition, name }: Place) =>
  partitionTag(name, partition, layoutIdsOf(featureSet)[topic])

async function idsOf(left: Side, right: Side, place: Place): Promise<string[]> {
  const ids = new Set<string>()
  for (const side of [left, right])
    for await (const { id } of side.store.scan(tagOn(side, place))) ids.add(id)
  return [...ids]
}

interface Known {
  blob: Buffer | null
  values: EntityValues | null
  fence: Fence | null
}

/** Answers those that cannot be judged yet. */
async function compareIds(
  left: Side,
  right: Side,
  { ids, ...place }: Place & { ids: readonly string[] },
  judged: (id: string, isSame: boolean, known: readonly [Known, Known]) => void,
): Promise<string[]> {
  const moving: string[] = []
  for (let first = 0; first < ids.length; first += CHUNK_KEYS) {
    const some = ids.slice(first, first + CHUNK_KEYS)
    const [ours, theirs] = [await readSide(left, place, some), await readSide(right, place, some)]
    for (const [n, id] of some.entries()) {
      const known = [ours(n), theirs(n)] as const
      const verdict = judge(known, left.featureSet, right.featureSet, place.topic)
      if (verdict === 'later') moving.push(id)
      else judged(id, verdict === 'same', known)
    }
  }
  return moving
}

async function readSide(side: Side, place: Place, ids: readonly string[]): Promise<(n: number) => Known> {
  const tag = tagOn(side, place)
  const { fences, blobs } = await side.store.read({ fences: [tag], blobs: ids.map((id) => ({ tag, id })) })
  return (n) => {
    const blob = blobs[n] ?? null
    const values = blob === null ? null : entityValues(side.featureSet, place.topic, ids[n]!, blob)
    const fence = fences[0] ?? null
    if (values !== null && values.isOverAt(fence ?? { streamTimeMs: -1 }))
      return { blob: null, values: null, fence }
    return { blob, values, fence }
  }
}

/** At equal offsets only: who has not got there yet may still come to the same. */
function judge(
  [ours, theirs]: readonly [Known, Known],
  ourSet: CompiledFeatureSet,
  theirSet: CompiledFeatureSet,
  topic: ReplayTopic,
): 'same' | 'different' | 'later' {
  const [a, b] = [ours.values?.lastOffset ?? -1, theirs.values?.lastOffset ?? -1]
  if (a !== b) {
    const [behind, ahead] = a < b ? [ours, theirs] : [theirs, ours]
    if ((behind.fence?.nextOffset ?? 0) <= Math.max(a, b)) return 'later'
    // Gone, perhaps by a record that the other side has not read.
    const isErased = behind.blob === null && (ahead.fence?.nextOffset ?? 0) < (behind.fence?.nextOffset ?? 0)
    return isErased ? 'later' : 'different'
  }
  if (ours.blob === null || theirs.blob === null) return ours.blob === theirs.blob ? 'same' : 'different'
  if (layoutIdsOf(ourSet)[topic] === layoutIdsOf(theirSet)[topic])
    return ours.blob.equals(theirs.blob) ? 'same' : 'different'
  return differences(ours.values!, theirs.values!, commonColumns(ourSet, theirSet)).length === 0
    ? 'same'
    : 'different'
}

/** Columns that are not the same number, and by how much. */
function differences(
  ours: EntityValues,
  theirs: EntityValues,
  columns: readonly { name: string; left: number; right: number }[],
): { name: string; by: number }[] {
  const atMs = Math.max(ours.atMs, theirs.atMs)
  const [a, b] = [ours.columns(atMs), theirs.columns(atMs)]
  return columns.flatMap(({ name, left, right }) =>
    Object.is(a[left], b[right]) ? [] : [{ name, by: Math.abs(a[left]! - b[right]!) }],
  )
}

function createTold(left: Side, right: Side, explainedMax: number) {
  const columns = commonColumns(left.featureSet, right.featureSet)
  const [ourIds, theirIds] = [layoutIdsOf(left.featureSet), layoutIdsOf(right.featureSet)]
  const topics: TopicComparison[] = []
  const features = new Map<string, { keys: number; largest: number }>()
  const partings = new Map<ReplayTopic, Parting>()
  let explained = 0

  function note(feature: string, by: number): void {
    const known = features.get(feature) ?? { keys: 0, largest: 0 }
    features.set(feature, { keys: known.keys + 1, largest: Math.max(known.largest, by) })
  }

  function explain({ values: ours }: Known, { values: theirs }: Known): void {
    if (explained++ >= explainedMax || ours === null || theirs === null) return
    const found = differences(ours, theirs, columns)
    for (const { name, by } of found) note(name, by)
    // What no column shows alone: crosses with an item's attribute, remembered ids.
    if (found.length === 0) note(partThatDiffers(ours.described, theirs.described), 0)
  }

  return {
    begin(topic: ReplayTopic): TopicComparison {
      const by = ourIds[topic] === theirIds[topic] ? 'bytes' : 'values'
      const begun: TopicComparison = {
        topic,
        by,
        compared: 0,
        different: 0,
        onlyLeft: 0,
        onlyRight: 0,
        moving: 0,
      }
      topics.push(begun)
      return begun
    },
    add(
      comparison: TopicComparison,
      { topic, partition, id }: Place & { id: string },
      isSame: boolean,
      [ours, theirs]: readonly [Known, Known],
    ): void {
      comparison.compared++
      if (isSame) return
      comparison.different++
      if (theirs.blob === null) comparison.onlyLeft++
      if (ours.blob === null) comparison.onlyRight++
      explain(ours, theirs)
      const offset = Math.max(ours.values?.lastOffset ?? -1, theirs.values?.lastOffset ?? -1)
      if ((partings.get(topic)?.offset ?? Infinity) <= offset) return
      const [a, b] = [ours.values?.described ?? null, theirs.values?.described ?? null]
      partings.set(topic, { topic, partition, id, offset, left: a, right: b })
    },
    result(): StatesComparison {
      const worst = [...features].map(([feature, known]) => ({ feature, ...known }))
      worst.sort((a, b) => b.keys - a.keys || b.largest - a.largest)
      const isEqual = topics.every(({ different }) => different === 0)
      return { topics, features: worst, partings: [...partings.values()], isEqual }
    },
  }
}

function partThatDiffers(ours: Record<string, unknown>, theirs: Record<string, unknown>): string {
  const parts = Object.keys(ours).filter(
    (part) => JSON.stringify(ours[part]) !== JSON.stringify(theirs[part]),
  )
  return `(${parts.filter((part) => part !== 'applied' && part !== 'lastOffset').join(', ') || parts.join(', ') || 'ids remembered'})`
}
