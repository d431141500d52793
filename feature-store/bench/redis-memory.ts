import { randomUUID } from 'node:crypto'
import { createRedis, type RedisAddress } from '#streams'
import { partitionOf } from '#streams'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { openRedisStore } from '../redis-store.ts'
import { encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import type { StateLayout } from '../state/layout.ts'
import { partitionTag } from '../state-store.ts'
import { createChance } from '#schemas/testing'

export interface MemoryUse {
  users: number
  items: number
  /** Interactions folded, users and items alike. */
  interactions: number
  mebibytes: number
  bytesPerUser: number
  bytesPerItem: number
}

const PARTITIONS = 4
const START_MS = 1_767_225_600_000
const WRITES_AT_ONCE = 2_000
const TYPES = ['view', 'view', 'view', 'view', 'view', 'view', 'view', 'click', 'like', 'hide']
const CATEGORIES = 8
const BANDS = 4

/**
 * Writes states of the demo's feature set through the fenced store and asks Redis what they take. Users differ: each
 * has 1 to 2 x `meanInteractions` - 1 interactions, spread over categories and price bands.
 */
export async function measureMemory(
  address: RedisAddress,
  { users, items, meanInteractions }: { users: number; items: number; meanInteractions: number },
): Promise<MemoryUse> {
  const { layouts } = compileFeatureSet(featureStoreConfigSchema.parse({}))
  const redis = createRedis(address)
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1])
  const store = await openRedisStore(address, 'feed')
  const random = createChance(1)
  let interactions = 0

  function stateOf(layout: StateLayout): Buffer {
    const state = new EntityState(layout)
    const count = 1 + Math.floor(random() * (2 * meanInteractions - 1))
    for (let n = 0; n < count; n++) {
      const keys = [`c${String(Math.floor(random() * CATEGORIES))}`, String(Math.floor(random() * BANDS))]
      const type = TYPES[Math.floor(random() * TYPES.length)]!
      fold(layout, state, type, START_MS + n * 60_000 + Math.floor(random() * 60_000), n * 1_000, keys)
    }
    interactions += count
    return encodeState(layout, state)
  }

  async function fill(
    topic: string,
    layout: StateLayout,
    count: number,
    idOf: (n: number) => string,
  ): Promise<number> {
    const before = await used()
    const tags = Array.from({ length: PARTITIONS }, (_, partition) =>
      partitionTag(topic, partition, layout.id),
    )
    const fences = await Promise.all(
      tags.map((tag) => store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })),
    )
    const waiting = tags.map((): { id: string; blob: Buffer }[] => [])
    const positions = tags.map(() => 0)
    const flush = async (partition: number) => {
      const { storeId, epoch } = fences[partition]!
      const expectedOffset = positions[partition]!
      positions[partition] = expectedOffset + 1
      const writes = waiting[partition]!.splice(0)
      const claim = { storeId, epoch, expectedOffset, nextOffset: expectedOffset + 1 }
      await store.apply({
        ...claim,
        tag: tags[partition]!,
        writes,
        deletes: [],
        sourceHighs: new Map(),
        streamTimeMs: START_MS,
        appliedAtMs: START_MS,
      })
    }
    for (let n = 0; n < count; n++) {
      const id = idOf(n)
      const partition = partitionOf(id, PARTITIONS)
      waiting[partition]!.push({ id, blob: stateOf(layout) })
      if (waiting[partition]!.length === WRITES_AT_ONCE) await flush(partition)
    }
    for (let partition = 0; partition < PARTITIONS; partition++) await flush(partition)
    return (await used()) - before
  }

  const name = `memory-${randomUUID().slice(0, 8)}`
  const userBytes = await fill(`${name}.interactions.v1`, layouts.user, users, (n) => `user-${padded(n)}`)
  const itemBytes = await fill(
    `${name}.item-interactions.v2`,
    layouts.item,
    items,
    (n) => `item-${padded(n)}`,
  )
  await store.close()
  redis.disconnect()
  return {
    users,
    items,
    interactions,
    mebibytes: (userBytes + itemBytes) / 2 ** 20,
    bytesPerUser: userBytes / users,
    bytesPerItem: itemBytes / items,
  }
}

const padded = (n: number) => String(n).padStart(7, '0')
