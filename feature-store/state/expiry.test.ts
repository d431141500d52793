import { expect, it } from 'vitest'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { createEntityHistory } from '../replay/entity-history.ts'
import { createFeaturesInOrder } from '../replay/features-in-order.ts'
import { encodeState, lastHeardMs } from './blob.ts'
import { EntityState } from './entity-state.ts'
import { isExpired, renewExpired } from './expiry.ts'
import { fold } from './fold.ts'

const DAY_MS = 86_400_000
const T0 = 1_700_000_000_000
const featureSet = compileFeatureSet(featureStoreConfigSchema.parse({ expiry: { inactiveDays: 30 } }))
const never = compileFeatureSet(featureStoreConfigSchema.parse({ expiry: { inactiveDays: 0 } }))
const layout = featureSet.layouts.user

function heard(...times: number[]): EntityState {
  const state = new EntityState(layout)
  for (const [offset, atMs] of times.entries()) {
    renewExpired(layout, state, atMs)
    fold(layout, state, 'click', atMs, offset)
  }
  return state
}

it('who returns after longer than inactiveDays starts as new, to the byte, and who is in time goes on', () => {
  const back = heard(T0, T0 + 1_000, T0 + 1_000 + 30 * DAY_MS + 1)
  const fresh = new EntityState(layout)
  fold(layout, fresh, 'click', T0 + 1_000 + 30 * DAY_MS + 1, 2)
  expect(encodeState(layout, back).equals(encodeState(layout, fresh))).toBe(true)
  expect(heard(T0, T0 + 30 * DAY_MS).applied).toBe(2)
  expect(heard(T0 + 31 * DAY_MS, T0).applied).toBe(2)
  expect(isExpired(never.layouts.user, heard(T0), T0 + 3_000 * DAY_MS)).toBe(false)
})

it('is no part of the layout: states outlive another setting', () => {
  expect(never.layouts.user.id).toBe(layout.id)
  expect(never.id).toBe(featureSet.id)
})

it('a history of the log decides the same as the fold, at every offset', () => {
  const history = createEntityHistory(layout, () => undefined)
  const entry = (atMs: number, offset: number) =>
    history.add({ type: 'click', itemId: 'i', occurredAtMs: atMs, offset, idHash: 7 + offset })
  for (const [offset, atMs] of [T0, T0 + 1, T0 + 40 * DAY_MS, T0 + 41 * DAY_MS].entries()) entry(atMs, offset)
  expect([0, 1, 2, 3].map((offset) => history.stateAt(offset)!.applied)).toEqual([1, 2, 1, 2])
  expect(history.length).toBe(2)
  // An id that was known before the pause is a new one after it.
  expect(
    history.add({ type: 'click', itemId: 'i', occurredAtMs: T0 + 41 * DAY_MS, offset: 4, idHash: 7 }),
  ).toBe(true)
})

it('a read after the pause is that of an unknown user, whether the state is still there or not', () => {
  const [left, right] = [createFeaturesInOrder(featureSet, 1), createFeaturesInOrder(featureSet, 1)]
  const click = {
    interactionId: 'x',
    userId: 'u',
    itemId: 'i',
    type: 'click',
    requestId: null,
    position: null,
    value: null,
  }
  left.interaction({ ...click, occurredAtMs: T0 })
  const ask = (atMs: number) => ({ userId: 'u', itemIds: ['i'], context: [], occurredAtMs: atMs })
  expect(left.read(ask(T0 + DAY_MS)).vectors).not.toEqual(right.read(ask(T0 + DAY_MS)).vectors)
  const late = T0 + 31 * DAY_MS
  expect(left.read(ask(late)).vectors).toEqual(right.read(ask(late)).vectors)
})

it('the sweep reads from the first bytes when an entity was last heard of', () => {
  expect(lastHeardMs(encodeState(layout, heard(T0, T0 + 5)).subarray(0, 34))).toBe(T0 + 5)
  expect(lastHeardMs(Buffer.from('abcdefgh'))).toBe(Infinity)
})
