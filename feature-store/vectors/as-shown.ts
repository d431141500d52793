import type { FeatureSet } from '../contract.ts'
import { scaledPlace } from './scales.ts'

/**
 * A served vector as a learner should see it: with the place at which the item was shown in the columns that had a fixed one.
 * The vector itself where there are none, or nobody told the place.
 *
 * What is shown higher is clicked more, whatever it is. A model that learns with the place need not take that for a virtue of
 * the item; when it serves, all candidates are in the same place.
 *
 * @param position counted from 0; null: not told
 * @see N. Craswell et al. (2008), An experimental comparison of click position-bias models, WSDM, 87-94;
 * Z. Zhao et al. (2019), Recommending what video to watch next: a multitask ranking system, RecSys, 43-51.
 */
export function asShown(
  { positions }: Pick<FeatureSet, 'positions'>,
  vector: Float32Array,
  position: number | null,
): Float32Array {
  if (positions === undefined || positions.length === 0 || position === null) return vector
  const shown = vector.slice()
  for (const column of positions) shown[column] = scaledPlace(position + 1)
  return shown
}
