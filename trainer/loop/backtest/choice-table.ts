import type { FeaturesInOrder } from '#feature-store'
import type { RankRequest } from '#schemas'
import type { ShownByChance } from '../datasets/index.ts'
import { growing } from './growing.ts'

/** Requests of which the log says by what chance what was shown was chosen, and what else could have been. */
export interface ChoiceTable {
  /** @param row of what was shown */
  add(row: number, itemId: string, shown: ShownByChance): void
  columns(): ChoiceColumns
}

/** One entry a choice; `options` says where its options end in columns that have one entry an option. */
export interface ChoiceColumns {
  rows: Int32Array
  propensities: Float64Array
  slots: Int32Array
  /** Of its options, the one that was shown. */
  chosen: Int32Array
  options: Int32Array
}

export function createChoiceTable(): ChoiceTable {
  const rows = growing(Int32Array)
  const propensities = growing(Float64Array)
  const slots = growing(Int32Array)
  const chosen = growing(Int32Array)
  const options = growing(Int32Array)
  let end = 0
  return {
    add(row, itemId, shown) {
      rows.push(row)
      propensities.push(shown.propensity)
      slots.push(shown.slot)
      chosen.push(shown.options.findIndex((option) => option.itemId === itemId))
      end += shown.options.length
      options.push(end)
    },
    columns: () => ({
      rows: rows.values(),
      propensities: propensities.values(),
      slots: slots.values(),
      chosen: chosen.values(),
      options: options.values(),
    }),
  }
}

/** Rows of all options, as if each had been asked for at the moment of the request. */
export function optionVectors(
  features: Pick<FeaturesInOrder, 'read'>,
  { userId, occurredAtMs }: RankRequest,
  { options }: ShownByChance,
  width: number,
): Float32Array {
  const vectors = new Float32Array(options.length * width)
  for (const [at, { itemId, context }] of options.entries())
    vectors.set(features.read({ userId, itemIds: [itemId], context, occurredAtMs }).vectors, at * width)
  return vectors
}
