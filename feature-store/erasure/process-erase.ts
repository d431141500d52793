import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Erasure } from '#schemas'
import {
  type Addresses,
  catalogueOf,
  createErasureBook,
  type KafkaRuntime,
  OperatorError,
  readLetters,
  type StreamsConfig,
} from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { compileFeatureSet, type CompiledFeatureSet } from '../feature-set.ts'
import { openRedisStore } from '../redis-store.ts'
import { servingKey, statesIdOf } from '../serving.ts'
import { decodeState } from '../state/blob.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { type ErasedEntity, MARKED, markErased, settleErasure, TOLD } from './mark-erased.ts'
import { type ErasedPlace, type ErasureReceipt, placesInTopics } from './receipt.ts'
import { type ErasedKeys, eraseKeys } from './redis-erase.ts'

export interface EraseOptions {
  runtime: KafkaRuntime
  addresses: Pick<Addresses, 'redis' | 'kafka'>
  config: StreamsConfig & { features: FeatureStoreConfig }
  entity: ErasedEntity
  id: string
  /** How long the features service is waited for. */
  foldMs: number
  /** So long after the record everybody has heard of it. */
  settleMs: number
  /** What it does now. */
  tell?(line: string): void
}

interface Asked extends EraseOptions {
  featureSet: CompiledFeatureSet
  store: StateStore
}

/**
 * Erases a user or an item: says so in the log, waits until the live fold has ended it there, and removes from Redis what no
 * fold will. What is in files is not touched.
 */
export async function eraseEntity(options: EraseOptions): Promise<ErasureReceipt> {
  const { runtime, addresses, config, entity, id, foldMs, settleMs, tell = () => undefined } = options
  const featureSet = compileFeatureSet(config.features)
  const pointer = servingKey(config.prefix, statesIdOf(featureSet))
  const store = await openRedisStore(addresses.redis, config.prefix, { servingKey: pointer })
  const outputs = await runtime.outputs('erase')
  const asked: Asked = { ...options, featureSet, store }
  try {
    const before = await statesOf(asked)
    if (entity === 'item') await copiesWritten(asked)
    tell(`writing where ${entity} ${id} ends`)
    const erasureId = randomUUID()
    const marked = await markErased(runtime, outputs, { entity, id, erasureId, askedBy: 'command' })
    tell('waiting for the features service to get there')
    const isFolded = await folded(asked, marked, foldMs)
    await sleep(settleMs)
    const erasure = await settleErasure(runtime, outputs, marked)
    tell('looking through Redis')
    const keys = await eraseKeys(addresses.redis, [erasure], { prefix: config.prefix })
    tell('counting dead letters')
    const letters = await lettersOf(asked, erasure)
    const after = await statesOf(asked)
    const catalogue = catalogueOf(config)
    const places = [
      livePlace(before, after, erasure, isFolded),
      ...keys.flatMap((found) => placeOfKeys(found, erasure, config)),
      ...placesInTopics(erasure, catalogue).map((place) =>
        place.place === catalogue.deadLetters.name
          ? { ...place, found: `${String(letters)} letters` }
          : place,
      ),
    ]
    const { upTo, askedAtMs } = erasure
    const isComplete = places.every(({ done, until }) => done !== 'left' || until !== null)
    return { erasureId, entity, id, askedAtMs, upTo, places, isComplete }
  } finally {
    await outputs.close()
    await store.close()
  }
}

function tagsOf({
  runtime,
  featureSet: { layouts },
  entity,
  id,
}: Asked): [state: string, attributes: string] {
  const tag = (topic: (typeof MARKED | typeof TOLD)[ErasedEntity], layoutId: string) =>
    partitionTag(runtime.topicName(topic), runtime.partitionOf(topic, id), layoutId)
  const attributes = entity === 'user' ? layouts.userAttributes : layouts.itemAttributes
  return [tag(MARKED[entity], layouts[entity].id), tag(TOLD[entity], attributes.id)]
}

interface FoundStates {
  interactions: number
  lastOffset: number
  bytes: number
}

async function statesOf(asked: Asked): Promise<FoundStates> {
  const { store, featureSet, entity, id } = asked
  const { blobs } = await store.read({ fences: [], blobs: tagsOf(asked).map((tag) => ({ tag, id })) })
  const state = blobs[0] ? decodeState(featureSet.layouts[entity], blobs[0]) : null
  const bytes = blobs.reduce((sum, blob) => sum + (blob?.length ?? 0), 0)
  return { interactions: state?.applied ?? 0, lastOffset: state?.lastOffset ?? -1, bytes }
}

/** An item's interactions that nobody has copied to it yet would come after its tombstone. */
async function copiesWritten({ runtime, store, featureSet, foldMs }: Asked): Promise<void> {
  for (let partition = 0; partition < runtime.partitionCount('interactions'); partition++) {
    const { endOffset } = await runtime.offsets('interactions', partition)
    const tag = partitionTag(runtime.topicName('interactions'), partition, featureSet.layouts.user.id)
    if (endOffset === 0 || (await store.waitUntil(tag, endOffset, foldMs))) continue
    throw new OperatorError(
      'erasure_waits',
      `Interactions with the item wait in partition ${String(partition)}, and would be counted after it was erased: nothing was erased. Ask again when \`feedloop run features\` has caught up.`,
    )
  }
}

/** false: nobody folds, or not fast enough. */
async function folded(asked: Asked, { upTo }: Erasure, foldMs: number): Promise<boolean> {
  const { store, runtime, entity } = asked
  const [state, attributes] = tagsOf(asked)
  const endOf = (topic: (typeof MARKED | typeof TOLD)[ErasedEntity]) =>
    upTo.find((one) => one.topic === runtime.topicName(topic))!.offset
  if (!(await store.waitUntil(state, endOf(MARKED[entity]), foldMs))) return false
  return store.waitUntil(attributes, endOf(TOLD[entity]), foldMs)
}

function livePlace(
  before: FoundStates,
  after: FoundStates,
  { upTo }: Erasure,
  isFolded: boolean,
): ErasedPlace {
  const found =
    before.bytes === 0
      ? 'nothing'
      : `${String(before.interactions)} interactions counted, ${String(before.bytes)} bytes`
  const isLeft = after.lastOffset >= 0 && after.lastOffset < upTo[0]!.offset
  const cameBack = after.lastOffset >= upTo[0]!.offset ? '; what came afterwards counts anew' : ''
  const why = isFolded
    ? `the fold ended it at its tombstone${cameBack}`
    : 'no features service got there: removed here, and ended at the tombstone when one does'
  return {
    place: 'Redis, live states',
    found,
    done: isLeft ? 'left' : before.bytes === 0 ? 'nothing' : 'removed',
    until: null,
    why: isLeft ? 'it was folded again meanwhile: ask again' : why,
  }
}

function placeOfKeys(
  { namespace, states, removed, later, kept }: ErasedKeys,
  { askedAtMs }: Erasure,
  config: StreamsConfig,
): ErasedPlace[] {
  const place = `Redis, ${namespace}, ${states}`
  const none = { place, until: null } as const
  const places: ErasedPlace[] = []
  if (removed > 0)
    places.push({ ...none, found: `${String(removed)} keys`, done: 'removed', why: 'no fold would have' })
  if (later > 0)
    places.push({ ...none, found: `${String(later)} keys`, done: 'nothing', why: 'made after the erasure' })
  if (kept > 0) {
    const keptMs = Number(catalogueOf(config).interactions.config['retention.ms'])
    const until = new Date(askedAtMs + keptMs).toISOString()
    const why = 'the first attributes of an item, which folds of interactions before look up'
    places.push({ place, found: `${String(kept)} keys`, done: 'left', until, why })
  }
  return places
}

async function lettersOf({ runtime, addresses }: Asked, erasure: Erasure): Promise<number> {
  const book = createErasureBook()
  book.add(erasure)
  const topic = runtime.topicName('deadLetters')
  let count = 0
  for await (const { id, letter } of readLetters(addresses, topic, runtime.codec)) {
    const [partition, offset] = id.split('/').map(Number) as [number, number]
    if (book.coversLetter({ topic, partition, offset }, letter)) count += 1
  }
  return count
}
