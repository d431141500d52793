import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { createFeaturesInOrder } from '../replay/features-in-order.ts'
import { distinctCount } from './index.ts'

const START_MS = Date.UTC(2026, 0, 5)
const MINUTE_MS = 60_000
type Told = [userId: string, itemId: string, minute: number]

/** The counts of u1 and i1 at a minute. */
function counts(told: Told[], options: Partial<Parameters<typeof distinctCount>[0]> = {}, atMinute = 60) {
  const window = { windowMinutes: 20, bucketMinutes: 10, ...options }
  const features = [
    distinctCount({ entity: 'item', of: ['view'], each: 'user', name: 'users', ...window }),
    distinctCount({ entity: 'user', of: ['view'], each: 'item', name: 'items', ...window }),
    distinctCount({
      entity: 'user',
      of: ['view'],
      each: { item: 'category' },
      name: 'categories',
      ...window,
    }),
  ]
  const store = createFeaturesInOrder(compileFeatureSet(parseFeatureStoreConfig({ features })), 2)
  for (const itemId of ['i1', 'i2', 'i3', 'i4']) {
    const attributes = [{ name: 'category', text: itemId < 'i3' ? 'a' : 'b', number: null }]
    store.item({ itemId, occurredAtMs: START_MS, attributes })
  }
  for (const [n, [userId, itemId, minute]] of told.entries())
    store.interaction({
      interactionId: String(n),
      userId,
      itemId,
      type: 'view',
      occurredAtMs: START_MS + minute * MINUTE_MS,
      requestId: null,
      position: null,
      value: null,
    })
  const occurredAtMs = START_MS + atMinute * MINUTE_MS
  const { vectors } = store.read({ userId: 'u1', itemIds: ['i1'], context: [], occurredAtMs })
  return [...vectors].map((value) => Math.round(Math.expm1(4 * value)))
}

describe('distinct counts', () => {
  const told: Told[] = [
    ['u2', 'i1', 10],
    ['u1', 'i1', 41],
    ['u1', 'i1', 42],
    ['u1', 'i2', 43],
    ['u3', 'i1', 59],
    ['u1', 'i4', 44],
    ['u1', 'i3', 58],
  ]

  it('tell users of an item, items of a user and values of their attributes apart, in the window', () => {
    expect(counts(told)).toEqual([1, 1, 1])
    expect(counts(told, {}, 59)).toEqual([2, 4, 2])
    expect(counts([...told].reverse(), {}, 59)).toEqual([2, 4, 2])
    expect(counts(told, {}, 90)).toEqual([0, 0, 0])
  })

  it('count for ever without a window', () => {
    expect(counts(told, { windowMinutes: undefined, bucketMinutes: undefined }, 900)).toEqual([3, 4, 2])
  })

  it('refuse to count what cannot differ', () => {
    const mistakes = (options: Parameters<typeof distinctCount>[0]) => () =>
      parseFeatureStoreConfig({ features: [distinctCount(options)] })
    expect(mistakes({ entity: 'item', of: ['view'], each: 'item' })).toThrow("each must be 'user'")
    expect(mistakes({ entity: 'user', of: ['view'], each: 'user' })).toThrow('a user is one user')
    expect(mistakes({ entity: 'user', of: ['view'], each: { item: 'price' } })).toThrow('not told apart')
  })
})
