/** How many entries have an offset not above `offset`; they are in offset order. Time: log n. */
export function countUpTo(entries: readonly { offset: number }[], offset: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.offset <= offset) low = middle + 1
    else high = middle
  }
  return low
}
