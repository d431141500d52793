import { compileFeatureSet, partitionTag } from '#feature-store'
import { decodeState, FEED_ID, spellOut, type StateLayout } from '#feature-store/testing'
import type { RecordOf, TopicKey } from '#schemas'
import { readTopic } from '#streams'
import type { OwnFeed } from '../testing/own-feed.ts'
import { type Acknowledged, createAcknowledged } from './acknowledged.ts'
import { createOrderWatch, judgeStates, type StatesVerdict, type StoredState } from './judge.ts'
import { numberOf, requestOf, type Workload } from './numbered-traffic.ts'
import { computeReference, eventsOf, type ReferenceEvent } from './reference.ts'
import type { Damage } from './scenario.ts'

/** Damage, and where to look first. */
export interface FeaturesJudgement extends Damage {
  user: StatesVerdict
  item: StatesVerdict
  /** Of the feed's own states, one per partition of interactions. */
  feed: StatesVerdict
}

/**
 * Holds the stored state of every user, every item and the feed against the reference. Everything must have been applied: wait for the
 * stages to catch up first. Truth is what was acknowledged, and what the log holds beyond it (records whose
 * acknowledgement got lost).
 *
 * @param copiedOnly what items must hold beyond that, and users must not: copied before retention took the original
 */
export async function judgeFeatures(
  feed: OwnFeed,
  workload: Workload,
  acknowledged: Acknowledged,
  copiedOnly: Iterable<number> = [],
): Promise<FeaturesJudgement> {
  const { layouts } = compileFeatureSet(feed.config.features)
  const known = await withLogged(feed, workload, acknowledged)
  const copied = createAcknowledged(workload.interactions)
  for (const some of [known.numbers(), copiedOnly]) for (const n of some) copied.add(n)
  const judge = async (entity: Entity, right: Acknowledged): Promise<StatesVerdict> => {
    const layout = layouts[entity]
    if (layout === null) return judgeStates(new Map(), new Map())
    const events = () => eventsFor(feed, workload, entity, right.numbers())
    return judgeStates(computeReference(layout, events), await storedStates(feed, entity, layout))
  }
  const user = await judge('user', known)
  const item = await judge('item', copied)
  const whole = await judge('feed', known)
  return {
    expected: known.count,
    lost: Math.max(user.lost, item.lost, whole.lost),
    duplicated: Math.max(user.duplicated, item.duplicated, whole.duplicated),
    reordered: await reorderedCopies(feed),
    wrong: user.wrong + item.wrong + whole.wrong,
    user,
    item,
    feed: whole,
  }
}

type Entity = 'user' | 'item' | 'feed'

/** The feed's own states see every interaction of their partition, in whole seconds. */
function* eventsFor(
  { runtime }: OwnFeed,
  workload: Workload,
  entity: Entity,
  numbers: Iterable<number>,
): Iterable<ReferenceEvent> {
  for (const event of eventsOf(workload, entity === 'item' ? 'item' : 'user', numbers)) {
    if (entity !== 'feed') yield event
    else
      yield {
        ...event,
        id: String(runtime.partitionOf('interactions', event.id)),
        occurredAtMs: Math.floor(event.occurredAtMs / 1_000) * 1_000,
      }
  }
}

async function withLogged(
  feed: OwnFeed,
  workload: Workload,
  acknowledged: Acknowledged,
): Promise<Acknowledged> {
  const known = createAcknowledged(workload.interactions)
  for (const n of acknowledged.numbers()) known.add(n)
  for await (const { interactionId } of decoded(feed, 'interactions')) {
    const n = numberOf(interactionId)
    if (n !== null && n < workload.interactions) known.add(n)
  }
  return known
}

async function storedStates(
  { runtime, store, config }: OwnFeed,
  entity: Entity,
  layout: StateLayout,
): Promise<Map<string, StoredState>> {
  const topic: TopicKey = entity === 'item' ? 'itemInteractions' : 'interactions'
  const { user, item } = compileFeatureSet(config.features).layouts
  const stored = new Map<string, StoredState>()
  for (let partition = 0; partition < runtime.partitionCount(topic); partition++) {
    const tag = partitionTag(runtime.topicName(topic), partition, (entity === 'item' ? item : user).id)
    for await (const { id, blob } of store.scan(tag)) {
      if (entity !== 'item' && (id === FEED_ID) !== (entity === 'feed')) continue
      stored.set(entity === 'feed' ? String(partition) : id, spellOut(layout, decodeState(layout, blob)))
    }
  }
  return stored
}

/** Copies of one item that came after a later one of the same source partition. */
async function reorderedCopies(feed: OwnFeed): Promise<number> {
  const watch = createOrderWatch()
  for await (const { itemId, sourcePartition, sourceOffset } of copiesOf(feed))
    watch.see(itemId, sourcePartition, sourceOffset)
  return watch.reordered
}

/** Every copy in the log, and where its original was. */
export async function* copiesOf(
  feed: OwnFeed,
): AsyncGenerator<{ itemId: string; sourcePartition: number; sourceOffset: number }> {
  for await (const { sourcePartition, items } of decoded(feed, 'itemInteractions'))
    for (const { itemId, copies } of items)
      for (const { sourceOffset } of copies) yield { itemId, sourcePartition, sourceOffset }
}

/** Every acknowledged request must have one prediction id, and the first records of a user come in order. */
export async function judgePredictions(
  feed: OwnFeed,
  workload: Workload,
  acknowledged: Acknowledged,
): Promise<Damage & { records: number }> {
  const watch = createOrderWatch()
  const idsOf = new Map<number, Set<string>>()
  const wrong = new Set<number>()
  let records = 0
  for await (const prediction of decoded(feed, 'predictions')) {
    const n = numberOf(prediction.requestId)
    if (n === null) continue
    records += 1
    watch.see(prediction.userId, prediction.requestPartition, prediction.requestOffset)
    idsOf.set(n, (idsOf.get(n) ?? new Set<string>()).add(prediction.predictionId))
    if (!answers(prediction, workload, n)) wrong.add(n)
  }
  const ids = [...idsOf.values()].flatMap((some) => [...some])
  const damage = {
    expected: acknowledged.count,
    lost: [...acknowledged.numbers()].filter((n) => !idsOf.has(n)).length,
    duplicated: ids.length - idsOf.size + (ids.length - new Set(ids).size),
    reordered: watch.reordered,
    wrong: wrong.size,
  }
  return { ...damage, records }
}

/** Whether it ranks the request's candidates, each once. */
function answers({ userId, ranking }: RecordOf['predictions'], workload: Workload, n: number): boolean {
  if (n >= workload.requests) return false
  const request = requestOf(workload, n)
  const ranked = ranking.map(({ itemId }) => itemId).sort()
  return userId === request.userId && ranked.join() === [...request.candidates].sort().join()
}

/** Values of a topic that decode; poison is left out. */
async function* decoded<K extends TopicKey>({ addresses, runtime }: OwnFeed, topic: K) {
  for await (const { value } of readTopic({ addresses, topicName: runtime.topicName(topic) })) {
    if (value === null) continue
    let record: RecordOf[K]
    try {
      record = runtime.codec.decode(topic, value)
    } catch {
      continue
    }
    yield record
  }
}
