import { describe, expect, it } from 'vitest'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { decayedCount, recency, windowedCount } from '../kinds/index.ts'
import { createMemoryStore } from '../memory-store.ts'
import { encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { partitionTag } from '../state-store.ts'
import { compareStates } from './compare-states.ts'

const likes = decayedCount({ entity: 'user', of: ['like'], halfLifeMinutes: 60, name: 'likes' })
const seen = recency({ entity: 'user', of: ['view'], name: 'seen' })
const compiled = (features: unknown[]) => compileFeatureSet(featureStoreConfigSchema.parse({ features }))
const featureSet = compiled([likes, seen])
const wider = compiled([
  windowedCount({ entity: 'user', of: ['view'], windowMinutes: 60, bucketMinutes: 10, name: 'views' }),
  likes,
])

type Fold = [type: string, offset: number]

/** A store whose users have folded these, at a fence. */
async function sideOf(users: Record<string, Fold[]>, nextOffset: number, set = featureSet) {
  const store = createMemoryStore()
  const tag = partitionTag('feed.interactions.v1', 0, set.layouts.user.id)
  const fence = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
  const writes = Object.entries(users).map(([id, folds]) => {
    const state = new EntityState(set.layouts.user)
    for (const [type, offset] of folds) fold(set.layouts.user, state, type, 1_000_000 + offset, offset)
    return { id, blob: encodeState(set.layouts.user, state) }
  })
  const rest = { deletes: [], sourceHighs: new Map(), streamTimeMs: 1, appliedAtMs: 1 }
  await store.apply({ tag, ...fence, ...rest, expectedOffset: 0, nextOffset, writes })
  return { store, featureSet: set }
}

const compare = (left: Awaited<ReturnType<typeof sideOf>>, right: Awaited<ReturnType<typeof sideOf>>) =>
  compareStates(left, right, {
    topics: ['interactions'],
    topicName: () => 'feed.interactions.v1',
    partitionCount: () => 1,
    wait: async () => undefined,
    looksMax: 3,
  })

describe('states held against each other', () => {
  it('are equal when every key has the same bytes at the same offset', async () => {
    const users = { a: [['like', 1]], b: [['view', 2]] } satisfies Record<string, Fold[]>
    const found = await compare(await sideOf(users, 5), await sideOf(users, 9))
    expect(found).toMatchObject({ isEqual: true, features: [], partings: [] })
    expect(found.topics[0]).toMatchObject({ by: 'bytes', compared: 2, different: 0, moving: 0 })
  })

  it('name the features and the first offset by which they part', async () => {
    const left = await sideOf({ a: [['like', 3]], b: [['view', 1]], c: [['view', 2]] }, 9)
    const right = await sideOf({ a: [['view', 3]], b: [['view', 1]], d: [['like', 7]] }, 9)
    const found = await compare(left, right)
    expect(found.isEqual).toBe(false)
    expect(found.topics[0]).toMatchObject({ compared: 4, different: 3, onlyLeft: 1, onlyRight: 1 })
    expect(found.features.map(({ feature }) => feature).sort()).toEqual(['likes', 'seen__missing'])
    expect(found.partings).toMatchObject([{ id: 'c', partition: 0, offset: 2, right: null }])
  })

  it('wait for a side that is not there yet, and say what they could not judge', async () => {
    const ahead = await sideOf(
      {
        a: [
          ['view', 1],
          ['like', 6],
        ],
        b: [['view', 2]],
      },
      8,
    )
    const behind = await sideOf({ a: [['view', 1]], b: [['view', 2]] }, 6)
    const found = await compare(ahead, behind)
    expect(found.topics[0]).toMatchObject({ compared: 1, different: 0, moving: 1 })
    // Past the record, it has missed it.
    const missed = await sideOf({ a: [['view', 1]], b: [['view', 2]] }, 7)
    expect((await compare(ahead, missed)).topics[0]).toMatchObject({ different: 1, moving: 0 })
  })

  it('of other layouts are compared by the features that both have', async () => {
    const users = {
      a: [
        ['like', 1],
        ['view', 2],
      ],
    } satisfies Record<string, Fold[]>
    const found = await compare(await sideOf(users, 5), await sideOf(users, 5, wider))
    expect(found).toMatchObject({ isEqual: true })
    expect(found.topics[0]).toMatchObject({ by: 'values', compared: 1 })
    const other = await sideOf(
      {
        a: [
          ['like', 1],
          ['like', 2],
        ],
      },
      5,
      wider,
    )
    expect((await compare(await sideOf(users, 5), other)).features.map(({ feature }) => feature)).toEqual([
      'likes',
    ])
  })
})
