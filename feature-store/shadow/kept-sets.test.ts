import { describe, expect, it } from 'vitest'
import type { ModelMove } from '#schemas'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { smoothedRate, windowedCount } from '../kinds/index.ts'
import { globsOfAlone, KEPT_SETS_MAX, keptSetsPlan, topicsApart } from './kept-sets.ts'
import { createModelNeeds } from './model-needs.ts'
import { OWNED_NOW_MS, type OwnedSet, ownedSetOf } from './owned-set.ts'

const likes = windowedCount({ entity: 'user', of: ['like'], windowMinutes: 60, bucketMinutes: 10 })
const rate = smoothedRate({
  entity: 'item',
  of: ['click'],
  per: ['view'],
  prior: 0.1,
  strength: 9,
  halfLifeMinutes: 9,
})
const compiled = (...features: object[]) => compileFeatureSet(featureStoreConfigSchema.parse({ features }))
const [small, large] = [compiled(rate), compiled(rate, likes)]
const told = (featureSetId: string, atMs: number, more: Partial<OwnedSet> = {}): OwnedSet => ({
  ...ownedSetOf(small, { namespace: 'feed', topicName: (topic) => topic, atMs }),
  featureSetId,
  ...more,
})

describe('which old sets a features service keeps', () => {
  it('keeps what models need once nobody is configured with it, and drops what it kept for nobody', () => {
    const atMs = 1_000_000
    const plan = (owned: OwnedSet[], needed: string[] | null) => {
      const { keep, drop } = keptSetsPlan(owned, {
        ownId: 'new',
        needed: needed === null ? null : new Set(needed),
        atMs,
      })
      return [keep, drop].map((sets) => sets.map(({ featureSetId }) => featureSetId))
    }
    const old = told('old', atMs - OWNED_NOW_MS - 1)
    expect(plan([old, told('new', atMs)], ['old'])).toEqual([['old'], []])
    expect(plan([old], [])).toEqual([[], []])
    expect(plan([told('old', atMs)], ['old'])).toEqual([[], []])
    const beside = told('old', atMs, { isBeside: true })
    expect(plan([beside], ['old'])).toEqual([['old'], []])
    expect(plan([beside], [])).toEqual([[], ['old']])
    expect(plan([beside], null)).toEqual([['old'], []])
    const many = Array.from({ length: KEPT_SETS_MAX + 1 }, (_, n) => told(`s${String(n)}`, n))
    expect(plan(many, null)[0]).toHaveLength(KEPT_SETS_MAX)
  })

  it('leaves to the configured stages the states that both share, and removes only what no other set has', () => {
    const place = (namespace: string) => ({ namespace, layouts: small.layouts })
    const own = { namespace: 'feed', layouts: large.layouts }
    expect(topicsApart(place('feed'), own)).toEqual(['interactions'])
    expect(topicsApart(place('feed:v2'), own)).toHaveLength(4)
    const place2 = { namespace: 'feed', topicName: (topic: string) => `feed.${topic}.v1`, atMs: 0 }
    const alone = globsOfAlone(ownedSetOf(small, place2), [ownedSetOf(large, place2)])
    expect(alone).toHaveLength(1)
    expect(alone[0]).toContain('interactions')
  })
})

describe('what models need', () => {
  const move = (modelId: string, stage: ModelMove['stage'], featureSetId: string, movedAtMs: number) => ({
    key: Buffer.from(modelId),
    value: {
      modelId,
      learner: 'l',
      stage,
      reason: '',
      movedAtMs,
      occurredAtMs: 0,
      pinned: false,
      manifest: manifest(modelId, featureSetId),
    },
  })
  const manifest = (modelId: string, featureSetId: string) =>
    JSON.stringify({
      formatVersion: 1,
      modelId,
      learner: 'l',
      label: 'click',
      featureSetId,
      featureNames: ['a'],
      input: 'x',
      output: 'y',
      width: 1,
      onnxSha256: 'a'.repeat(64),
      onnxBytes: 1,
      calibrationId: 'identity',
      golden: { rows: 1, vectors: 'AAAAAA==', scores: 'AAAAAA==', tolerance: 1 },
      trainedOn: { examples: 1, fromMs: 0, toMs: 0 },
      metrics: {},
      createdAtMs: 0,
    })

  it('is the set of the live model, and for a while those of models that served before', () => {
    const needs = createModelNeeds()
    expect(needs.live()).toBeNull()
    needs.noteMove(move('a', 'champion', 'old', 1_000))
    needs.noteMove(move('c', 'candidate', 'other', 1_500))
    expect([...needs.sets(1e9, 0)]).toEqual(['old'])
    needs.noteMove(move('b', 'champion', 'new', 2_000))
    needs.noteMove(move('a', 'retired', 'old', 2_000))
    expect(needs.live()).toBe('new')
    expect([...needs.sets(2_500, 1_000)].sort()).toEqual(['new', 'old'])
    expect([...needs.sets(3_000, 1_000)]).toEqual(['new'])
    // Rolled back.
    needs.noteMove(move('a', 'champion', 'old', 9_000))
    expect(needs.live()).toBe('old')
    needs.noteMove({ key: Buffer.from('a'), value: null })
    expect(needs.live()).toBe('new')
  })
})
