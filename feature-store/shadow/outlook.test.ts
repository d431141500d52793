import { describe, expect, it } from 'vitest'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import type { Fence } from '../fence.ts'
import { decayedCount, interactionValue, smoothedRate } from '../kinds/index.ts'
import { changesOf, keptNow, outlookLines, outlookOf, type TopicFences, unbuiltWords } from './outlook.ts'
import { ownedSetOf } from './owned-set.ts'

const config = (...features: unknown[]) => featureStoreConfigSchema.parse({ features })
const likes = decayedCount({ entity: 'user', of: ['like'], halfLifeMinutes: 60, name: 'likes' })
const shares = decayedCount({ entity: 'item', of: ['click'], halfLifeMinutes: 60, name: 'clicks' })
const rate = (strength: number) =>
  smoothedRate({ entity: 'item', of: ['click'], per: ['view'], prior: 0.1, strength, name: 'rate' })

const fence = (nextOffset: number, rebuildUntilOffset = 0): Fence => ({
  storeId: 's',
  epoch: 1,
  nextOffset,
  rebuildUntilOffset,
  streamTimeMs: 1,
  appliedAtMs: 1,
  sourceHighs: new Map(),
})
const fences = (interactions: (Fence | null)[]): TopicFences => {
  const there = { fences: [fence(5)], highs: [5] }
  return {
    interactions: { fences: interactions, highs: interactions.map(() => 9) },
    itemInteractions: there,
    users: there,
    items: there,
  }
}
const keptOf = (features: ReturnType<typeof config>) =>
  ownedSetOf(compileFeatureSet(features), {
    namespace: 'feed',
    topicName: (topic) => `feed.${topic}.v1`,
    atMs: 1_000,
  })

describe('what a changed configuration means', () => {
  it('tells new, changed and removed features, and whose states they need', () => {
    const was = config(likes, rate(10))
    expect(changesOf(was, was)).toEqual([])
    expect(changesOf(was, config(likes, rate(20)))).toEqual([
      { feature: 'rate', change: 'changed', needs: [] },
    ])
    expect(changesOf(was, config(likes, rate(10), shares))).toEqual([
      { feature: 'clicks', change: 'new', needs: ['itemInteractions'] },
    ])
    expect(changesOf(was, config(rate(10)))).toEqual([{ feature: 'likes', change: 'removed', needs: [] }])
  })

  it('warns before a restart that waits for states, and says that the old model goes on', () => {
    const will = compileFeatureSet(config(likes, shares))
    const kept = keptOf(config(likes))
    const missing = outlookOf(will, kept, fences([null]))
    expect(missing.states.find(({ topic }) => topic === 'interactions')).toEqual({
      topic: 'interactions',
      state: 'missing',
      behind: 9,
    })
    const { told, warnings } = outlookLines(missing, { modelId: 'm1', featureSetId: kept.featureSetId })
    expect(warnings[0]).toContain('store_not_ready')
    expect(warnings[0]).toContain('replay start --for-config')
    expect(warnings).toHaveLength(1)
    expect(told.at(-1)).toContain('m1, uses')
    const unknown = outlookLines(missing, { modelId: 'm1', featureSetId: 'fs-older' })
    expect(unknown.warnings[1]).toContain('m1')
    expect(outlookLines(outlookOf(will, kept, fences([fence(4, 9)])), null).warnings[0]).toContain(
      '5 records are left',
    )
    expect(unbuiltWords(missing)).toMatch(/^its states made from interactions .* 9 records are left/)
    expect(unbuiltWords(outlookOf(will, kept, fences([fence(9, 9)])))).toBeUndefined()
    const built = outlookLines(outlookOf(will, kept, fences([fence(9, 9)])), null)
    expect(built.warnings).toEqual([])
    expect(built.told.at(-1)).toContain('a restart is ready at once')
  })

  it('warns of what copies do not carry for a new feature of items', () => {
    const dwell = interactionValue({ entity: 'item', of: ['view'], as: 'mean' })
    const will = compileFeatureSet(config(likes, dwell))
    const { warnings } = outlookLines(outlookOf(will, keptOf(config(likes)), fences([fence(9, 9)])), null)
    expect(warnings).toEqual([expect.stringContaining('do not carry the value of view')])
    const same = outlookLines(outlookOf(will, keptOf(config(dwell)), fences([fence(9, 9)])), null)
    expect(same.warnings).toEqual([])
  })

  it('has nothing to compare with when nobody has told of a set for a while', () => {
    const kept = keptOf(config(likes))
    expect(keptNow([kept], 1_000)).toBe(kept)
    expect(keptNow([kept], 1_000_000)).toBeNull()
    expect(keptNow([{ ...kept, isBeside: true }], 1_000)).toBeNull()
    const { told, warnings } = outlookLines(
      outlookOf(compileFeatureSet(config(likes)), null, fences([null])),
      null,
    )
    expect(told).toEqual(['No features service tells what it keeps now: nothing to compare with.'])
    expect(warnings).toEqual([])
  })
})
