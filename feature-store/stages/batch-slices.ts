/** What one fenced call stands for: records of a batch, and where the fence stands afterwards. */
export interface BatchSlice<Record> {
  records: Record[]
  nextOffset: number
}

/**
 * Cuts a batch into slices of at most `interactionsMax`, but of one record at least; a batch without records is one slice
 * that only moves the fence.
 *
 * @param nextOffset of the batch, so of its last slice
 */
export function* batchSlices<Record extends { offset: number }>(
  records: readonly Record[],
  nextOffset: number,
  interactionsMax: number,
  interactionsOf: (record: Record) => number,
): Generator<BatchSlice<Record>> {
  let first = 0
  do {
    let end = first
    for (let sum = 0; end < records.length; end++) {
      sum += interactionsOf(records[end]!)
      if (sum > interactionsMax && end > first) break
    }
    const slice = records.slice(first, end)
    first = end
    yield { records: slice, nextOffset: first >= records.length ? nextOffset : slice.at(-1)!.offset + 1 }
  } while (first < records.length)
}
