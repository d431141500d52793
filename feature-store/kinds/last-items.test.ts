import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING } from '../contract.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { createFeaturesInOrder } from '../replay/features-in-order.ts'
import { lastItems } from './index.ts'

const START_MS = Date.UTC(2026, 0, 5)
const ITEMS: Record<string, string[]> = {
  i1: ['jazz'],
  i2: ['rock', 'jazz'],
  i3: ['folk'],
  i4: ['rock'],
  i5: [],
}
const attributes = { user: {}, item: { genre: 'texts' }, context: {} } as const

function row(options: Partial<Parameters<typeof lastItems>[0]>, clicks: [string, number][], itemId: string) {
  const features = [lastItems({ of: ['click'], name: 'last', ...options })]
  const featureSet = compileFeatureSet(parseFeatureStoreConfig({ attributes, features }))
  const store = createFeaturesInOrder(featureSet, 1)
  for (const [id, genres] of Object.entries(ITEMS)) {
    const told = genres.map((text) => ({ name: 'genre', text, number: null }))
    store.item({ itemId: id, occurredAtMs: START_MS, attributes: told })
  }
  for (const [n, [clicked, minute]] of clicks.entries())
    store.interaction({
      interactionId: String(n),
      userId: 'u',
      itemId: clicked,
      type: 'click',
      occurredAtMs: START_MS + minute * 60_000,
      requestId: null,
      position: null,
      value: null,
    })
  const at = { userId: 'u', itemIds: [itemId], context: [], occurredAtMs: START_MS + 3_600_000 }
  const { vectors, flags } = store.read(at)
  return Object.fromEntries(
    featureSet.names.map((name, n) => [name.slice('last'.length), [vectors[n]!, flags[n]!]]),
  )
}

describe('last items', () => {
  it('says whether the candidate is one of the last few, each counted once', () => {
    const clicks: [string, number][] = [['i1', 1], ['i3', 2], ['i1', 3], ['i4', 4]] // prettier-ignore
    expect(row({ last: 2 }, clicks, 'i1')).toEqual({ '': [1, 0], __missing: [0, 0] })
    expect(row({ last: 2 }, clicks, 'i3')).toEqual({ '': [0, 0], __missing: [0, 0] })
    expect(row({ last: 2 }, [], 'i3')).toEqual({ '': [0, MISSING], __missing: [1, 0] })
  })

  it('says which share of the candidate’s texts is among those of the last items', () => {
    const clicks: [string, number][] = [['i4', 2], ['i3', 1]] // prettier-ignore
    expect(row({ by: 'genre' }, clicks, 'i2')['']).toEqual([0.5, 0])
    expect(row({ by: 'genre' }, clicks, 'i5')['']).toEqual([0, MISSING])
  })

  it('puts what comes late where it belongs', () => {
    const clicks: [string, number][] = [['i1', 9], ['i3', 5], ['i4', 7]] // prettier-ignore
    expect(row({ by: 'genre', last: 2 }, clicks, 'i3')['']).toEqual([0, 0])
    expect(row({ by: 'genre', last: 2 }, clicks, 'i4')['']).toEqual([1, 0])
  })

  it('makes a column each of them', () => {
    const as = { oneHot: ['jazz', 'folk'] }
    const found = row({ by: 'genre', as }, [['i2', 1]], 'i3')
    expect(found).toEqual({ '=jazz': [1, 0], '=folk': [0, 0], __missing: [0, 0] })
    expect(Object.keys(row({ by: 'genre', as: { hashed: 4 } }, [], 'i3'))).toHaveLength(5)
  })

  it('refuses columns for ids', () => {
    const ids = lastItems({ of: ['click'], as: { oneHot: ['i1'] } })
    expect(() => parseFeatureStoreConfig({ attributes, features: [ids] })).toThrow('have no names')
  })
})
