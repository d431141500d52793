import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { createFeaturesInOrder } from '../replay/features-in-order.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { coEngagement } from './index.ts'

const START = 1_700_000_000_000
const HOUR_MS = 3_600_000
const OPTIONS = { of: ['click'], per: ['view'], prior: 0.2, strength: 1 }

type Options = Partial<Parameters<typeof coEngagement>[0]>
type Done = [user: string, type: string, item: string]

const setOf = (options: Options) =>
  compileFeatureSet(
    parseFeatureStoreConfig({ features: [coEngagement({ ...OPTIONS, ...options, name: 'co' })] }),
  )

/** Rate relative to the prior, and trials, of a candidate for a user. */
function together(options: Options, done: readonly Done[], user: string, candidate: string): number[] {
  const live = createFeaturesInOrder(setOf(options), 1)
  const rest = { requestId: null, position: null, value: null }
  for (const [n, [userId, type, itemId]] of done.entries()) {
    const verdict = live.interaction({
      interactionId: `x${String(n)}`,
      ...{ userId, type, itemId, occurredAtMs: START + n * HOUR_MS, ...rest },
    })
    expect(verdict).toBe('folded')
  }
  const occurredAtMs = START + done.length * HOUR_MS
  const { vectors } = live.read({ userId: user, itemIds: [candidate], context: [], occurredAtMs })
  return [Math.exp(vectors[0]!), Math.expm1(vectors[1]! * 4)]
}

const smoothed = (successes: number, trials: number) => (successes + 0.2) / (trials + 1) / 0.2
const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4) as number)
/** A user who liked `from` and then was shown `to`, and liked it or not. */
const cameFrom = (user: string, from: string, to: string, liked: boolean): Done[] => [
  [user, 'view', from],
  [user, 'click', from],
  [user, 'view', to],
  ...(liked ? [[user, 'click', to] as Done] : []),
]

describe('co-engagement', () => {
  const done = [
    ...cameFrom('u1', 'a', 'c', true),
    ...cameFrom('u2', 'a', 'c', true),
    ...cameFrom('u3', 'a', 'c', false),
    ...cameFrom('u4', 'b', 'c', false),
    ...cameFrom('ua', 'a', 'd', false),
    ...cameFrom('ub', 'b', 'd', false),
  ]

  it('is the rate of those who liked the same, and the prior where nobody did', () => {
    expect(together({}, done, 'ua', 'c')).toEqual(closeTo([smoothed(2, 3), 3]))
    expect(together({}, done, 'ub', 'c')).toEqual(closeTo([smoothed(0, 1), 1]))
    expect(together({}, done, 'nobody', 'c')).toEqual(closeTo([1, 0]))
    expect(together({}, done, 'ua', 'never seen')).toEqual(closeTo([1, 0]))
  })

  it('counts an item with what was liked before it, and never with itself', () => {
    expect(together({}, done, 'u1', 'c')).toEqual(closeTo([smoothed(2, 3), 3]))
    expect(together({}, done, 'u1', 'a')).toEqual(closeTo([1, 0]))
    const again: Done[] = [...cameFrom('u1', 'a', 'a', true), ['u1', 'view', 'a']]
    expect(together({}, again, 'u1', 'a')).toEqual(closeTo([1, 0]))
  })

  it('remembers the last items of a user, each once, the newest first', () => {
    const likes = (...items: string[]) => items.map((item): Done => ['me', 'click', item])
    const both = [...done, ...likes('a', 'b')]
    expect(together({}, both, 'me', 'c')).toEqual(closeTo([smoothed(2, 4), 4]))
    expect(together({ last: 1 }, both, 'me', 'c')).toEqual(closeTo([smoothed(0, 1), 1]))
    expect(together({ last: 2 }, [...both, ...likes('a', 'x')], 'me', 'c')).toEqual(
      closeTo([smoothed(2, 3), 3]),
    )
  })

  it('counts no success without its trial', () => {
    const missed: Done[] = [
      ['u1', 'click', 'a'],
      ['u1', 'click', 'c'],
      ['u2', 'click', 'a'],
    ]
    expect(together({}, missed, 'u2', 'c')).toEqual(closeTo([1, 0]))
    expect(together({ per: ['view', 'click'] }, missed, 'u2', 'c')).toEqual(closeTo([smoothed(1, 1), 1]))
  })

  it('halves its counts every half-life', () => {
    const wait = Array.from({ length: 30 }, (): Done => ['z', 'view', 'z'])
    const late: Done[] = [...done, ...wait, ['u5', 'click', 'b'], ['u5', 'view', 'c'], ['u6', 'click', 'a']]
    expect(together({ halfLifeMinutes: 48 * 60 }, late, 'u6', 'c')).toEqual(closeTo([smoothed(1, 1), 1]))
    expect(together({}, late, 'u6', 'c')).toEqual(closeTo([smoothed(2, 3), 3]))
  })

  it('takes no list of another configuration for its own', () => {
    const { layouts } = setOf({})
    const state = new EntityState(layouts.item)
    const told = { value: null, recentItems: [{ listHash: 1, itemHashes: [7, 8] }] }
    fold(layouts.item, state, 'view', START, 0, undefined, told)
    expect(state.numbers.slice(layouts.item.places.own[0]!).every((number) => number === 0)).toBe(true)
  })
})

describe('the items that an item is counted with', () => {
  const ITEMS_MAX = 8
  const { layouts } = setOf({ itemsMax: ITEMS_MAX })
  const { listHash } = layouts.user.own[0]!.carries!
  const rowsOf = ({ numbers }: EntityState) => {
    const at = layouts.item.places.own[0]! + 1
    return Array.from({ length: ITEMS_MAX }, (_, n) => numbers.slice(at + n * 4, at + n * 4 + 4)).filter(
      ([hash]) => hash !== 0,
    )
  }

  /** The guarantees of Space-Saving: nothing frequent is lost, no count is too low, none too high by more than its error. */
  it('are the most frequent ones, however many there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()), { maxLength: 400 }),
        (came) => {
          let state = new EntityState(layouts.item)
          const trials = new Map<number, number>()
          for (const [n, [drawn, success]] of came.entries()) {
            const hash = Math.ceil((drawn * drawn) / 40) // a few often, most seldom
            const told = { value: null, recentItems: [{ listHash, itemHashes: [hash] }] }
            fold(layouts.item, state, 'view', START + n, n, undefined, told)
            if (success) fold(layouts.item, state, 'click', START + n, n, undefined, told)
            trials.set(hash, (trials.get(hash) ?? 0) + 1)
            state = decodeState(layouts.item, encodeState(layouts.item, state))
          }
          const rows = rowsOf(state)
          const found = new Map(rows.map(([hash, ...rest]) => [hash!, rest]))
          for (const [hash, true_] of trials)
            if (true_ > came.length / ITEMS_MAX) expect(found.has(hash)).toBe(true)
          for (const [hash, [count, error, successes]] of found) {
            expect(count!).toBeGreaterThanOrEqual(trials.get(hash)!)
            expect(count! - error!).toBeLessThanOrEqual(trials.get(hash)!)
            expect(successes!).toBeLessThanOrEqual(count! - error!)
          }
          expect(rows.reduce((sum, [, count]) => sum + count!, 0)).toBe(came.length)
        },
      ),
    )
  })

  it('take a byte in the state while there are none', () => {
    const plain = new EntityState(layouts.item)
    const before = encodeState(layouts.item, plain).length
    const told = { value: null, recentItems: [{ listHash, itemHashes: [1_000_000, 100_000_000] }] }
    fold(layouts.item, plain, 'view', START, 0, undefined, told)
    const after = encodeState(layouts.item, plain)
    // The clock 5, a number for none, then per row four bytes for the hash and one for each small count.
    expect(after.length - before).toBeLessThanOrEqual(5 + 1 + 2 * 7)
  })

  it('are refused when a blob says that there are more', () => {
    const blob = encodeState(layouts.item, new EntityState(layouts.item))
    const places = layouts.item.own[0]!.numbers.length
    const more = Buffer.concat([blob.subarray(0, -2), Buffer.of(places + 1), blob.subarray(-1)])
    expect(decodeState(layouts.item, blob).applied).toBe(0)
    expect(() => decodeState(layouts.item, more)).toThrow(`${String(places + 1)} numbers of coEngagement`)
  })
})
