import type { RowColumns } from '../backtest/row-table.ts'
import type { SliceColumn } from '../backtest/slices.ts'

const VALUES = ['user and item in training', 'user new', 'item new', 'both new']

/** Whether a row's user and item were in the training part: what a model says of strangers is another thing. */
export function seenSlice(
  { users, items }: Pick<RowColumns, 'users' | 'items'>,
  trainPlaces: Int32Array,
): SliceColumn {
  const seenUsers = new Set(Array.from(trainPlaces, (place) => users[place]!))
  const seenItems = new Set(Array.from(trainPlaces, (place) => items[place]!))
  return {
    name: 'seen in training',
    codes: users.map((user, place) => (seenUsers.has(user) ? 0 : 1) + (seenItems.has(items[place]!) ? 0 : 2)),
    values: VALUES,
  }
}
