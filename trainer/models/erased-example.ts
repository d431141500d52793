import type { Example } from '#schemas'
import type { Erasures, PlacedRecord } from '#streams'

/** Whether an example is one of an erased user, whose id is its key, or shows an erased item: rows of any user may. */
export const isErasedExample = (
  erasures: Erasures,
  at: PlacedRecord,
  { itemId }: Pick<Example, 'itemId'>,
): boolean => erasures.covers(at) || at.offset < erasures.upTo('item', itemId, at)
