/** Rows to learn from and the latest ones, which growth is judged on; both ascending. */
export interface TimeSplit {
  learned: Uint32Array
  held: Uint32Array
}

/** @param occurredAtMs left out: rows are in the order of time. Rows of one instant stand in their order. */
export function splitByTime(count: number, share: number, occurredAtMs?: Float64Array): TimeSplit {
  const rows = Uint32Array.from({ length: count }, (_, row) => row)
  if (occurredAtMs !== undefined)
    rows.sort((one, two) => occurredAtMs[one]! - occurredAtMs[two]! || one - two)
  const learned = count - Math.floor(count * share)
  return { learned: rows.slice(0, learned).sort(), held: rows.slice(learned).sort() }
}
