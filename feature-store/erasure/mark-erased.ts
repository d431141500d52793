import type { ErasedUpTo, Erasure, TopicKey } from '#schemas'
import { OperatorError, type Outputs, type Runtime } from '#streams'

export type ErasedEntity = 'user' | 'item'

/** What is asked, and what was written for it. */
export interface AskedErasure {
  entity: ErasedEntity
  id: string
  erasureId: string
  askedBy: 'command' | 'tombstone'
  /** Of a tombstone in the users or items topic: where it lies. */
  tombstone?: { offset: number }
}

type Log = Pick<Runtime, 'offsets' | 'partitionOf' | 'partitionCount' | 'topicName' | 'follow' | 'clock'>

/** Where an entity ends for folds: a record without a value, under its id. */
export const MARKED = { user: 'interactions', item: 'itemInteractions' } as const
/** Where the feed itself says so. */
export const TOLD = { user: 'users', item: 'items' } as const
/** What else holds records of it: read without it from now on. */
const READ: Record<ErasedEntity, readonly TopicKey[]> = {
  user: ['requests', 'predictions', 'outcomes', 'examples', 'late'],
  item: [],
}
/** Records that may come between a marker and the look for it. */
const LOOKED_BACK = 2_000

/**
 * Writes where an entity ends: a tombstone into the log that its folds read, so that everyone who folds it, live or in a
 * replay, forgets at the same record; then the record that says up to which offsets of every topic the erasure holds. Of
 * a command, the tombstone of its attributes goes last: whoever acts on it finds the record already.
 */
export async function markErased(log: Log, outputs: Outputs, asked: AskedErasure): Promise<Erasure> {
  const { entity, id, erasureId, askedBy, tombstone } = asked
  const upTo = [await placeMarker(log, outputs, entity, id)]
  const told = placeOf(log, TOLD[entity], id)
  const end = tombstone?.offset ?? (await log.offsets(TOLD[entity], told.partition)).endOffset
  upTo.push({ ...told, offset: end + 1 })
  upTo.push(...(await endsOf(log, entity, id)))
  const erasure = { entity, id, erasureId, askedBy, askedAtMs: log.clock.nowMs(), upTo }
  outputs.add('erasures', { key: `${entity}/${id}`, value: erasure })
  await outputs.flush()
  if (tombstone === undefined) outputs.add(TOLD[entity], { key: id, value: null })
  await outputs.flush()
  return erasure
}

/**
 * Says again how far an erasure holds, once everyone has heard of it: what was written meanwhile of records before it
 * (a prediction of a request that waited, an example that matured) is covered, too.
 */
export async function settleErasure(log: Log, outputs: Outputs, erasure: Erasure): Promise<Erasure> {
  const { entity, id } = erasure
  const ends = await endsOf(log, entity as ErasedEntity, id)
  const upTo = erasure.upTo.map((one) => ends.find((end) => isSame(end, one)) ?? one)
  const settled = { ...erasure, upTo }
  outputs.add('erasures', { key: `${entity}/${id}`, value: settled })
  await outputs.flush()
  return settled
}

const isSame = (one: ErasedUpTo, other: ErasedUpTo) =>
  one.topic === other.topic && one.partition === other.partition

function placeOf(log: Log, topic: TopicKey, id: string) {
  return { topic: log.topicName(topic), partition: log.partitionOf(topic, id) }
}

/** What is in the log now, of everything that only readers can leave out. */
async function endsOf(log: Log, entity: ErasedEntity, id: string): Promise<ErasedUpTo[]> {
  const upTo: ErasedUpTo[] = []
  for (const topic of READ[entity]) {
    const place = placeOf(log, topic, id)
    upTo.push({ ...place, offset: (await log.offsets(topic, place.partition)).endOffset })
  }
  // Rows of all users may show an item.
  const isItem = entity === 'item'
  for (let partition = 0; isItem && partition < log.partitionCount('examples'); partition++) {
    const { endOffset } = await log.offsets('examples', partition)
    upTo.push({ topic: log.topicName('examples'), partition, offset: endOffset })
  }
  const letters = { topic: log.topicName('deadLetters'), partition: 0 }
  return [...upTo, { ...letters, offset: (await log.offsets('deadLetters', 0)).endOffset }]
}

/** @returns the first offset behind the marker */
async function placeMarker(
  log: Log,
  outputs: Outputs,
  entity: ErasedEntity,
  id: string,
): Promise<ErasedUpTo> {
  const topic = MARKED[entity]
  const place = placeOf(log, topic, id)
  const before = (await log.offsets(topic, place.partition)).endOffset
  outputs.add(topic, { key: id, value: null, partition: place.partition })
  await outputs.flush()
  const after = (await log.offsets(topic, place.partition)).endOffset
  let marker = -1
  const follower = await log.follow({
    name: 'erasure-marker',
    topic,
    partitions: [place.partition],
    startFrom: after - before + LOOKED_BACK,
    record({ offset, key, value }) {
      if (value === null && offset >= before && key?.toString('utf8') === id) marker = offset
    },
  })
  try {
    await follower.ready
  } finally {
    await follower.stop()
  }
  if (marker < 0)
    throw new OperatorError(
      'erasure_marker_lost',
      `The tombstone of ${entity} ${id} in ${place.topic} cannot be found again: too much was written behind it. Ask again when there is less traffic.`,
    )
  return { ...place, offset: marker + 1 }
}
