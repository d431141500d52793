/**
 * The smallest key of rows whose keys change: a binary heap that takes a row's new key beside the old one, and passes over
 * entries that no longer say what `keyOf` says. `top` and `push` cost the logarithm of what waits, and next to nothing
 * where keys come in order; entries that are out of date never make up more than half for long.
 *
 * @see J. W. J. Williams (1964), Algorithm 232: Heapsort, CACM 7(6)
 */
export interface LazyHeap {
  /** To be told whenever a row's key becomes another one. */
  push(key: number, row: number): void
  /** Smallest key of a row that still has it; Infinity: there is none. */
  topKey(): number
  /** Takes the row of `topKey` out; it is back when it is pushed again. Must not be empty. */
  pop(): number
  readonly bytes: number
}

const ENTRIES_MIN = 64
const ENTRY_BYTES = 12
/** Fewer are not worth looking through. */
const SWEPT_MIN = 1_024

/** @param keyOf a row's key now; NaN: it has none */
export function createLazyHeap(keyOf: (row: number) => number): LazyHeap {
  let keys = new Float64Array(ENTRIES_MIN)
  let rows = new Uint32Array(ENTRIES_MIN)
  let size = 0
  let sweepAt = SWEPT_MIN

  function put(at: number, key: number, row: number): void {
    keys[at] = key
    rows[at] = row
  }

  function rise(from: number, key: number, row: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      if (keys[above]! <= key) break
      put(at, keys[above]!, rows[above]!)
      at = above
    }
    put(at, key, row)
  }

  function sink(from: number, key: number, row: number): void {
    let at = from
    for (;;) {
      let below = 2 * at + 1
      if (below >= size) break
      if (below + 1 < size && keys[below + 1]! < keys[below]!) below += 1
      if (keys[below]! >= key) break
      put(at, keys[below]!, rows[below]!)
      at = below
    }
    put(at, key, row)
  }

  function removeTop(): void {
    size -= 1
    if (size > 0) sink(0, keys[size]!, rows[size]!)
  }

  function resize(entries: number): void {
    const [oldKeys, oldRows] = [keys, rows]
    keys = new Float64Array(entries)
    rows = new Uint32Array(entries)
    keys.set(oldKeys.subarray(0, size))
    rows.set(oldRows.subarray(0, size))
  }

  /** Amortised: as many were pushed since the last time as are looked through. */
  function sweep(): void {
    let kept = 0
    for (let at = 0; at < size; at++) if (keyOf(rows[at]!) === keys[at]) put(kept++, keys[at]!, rows[at]!)
    size = kept
    for (let at = (size >> 1) - 1; at >= 0; at--) sink(at, keys[at]!, rows[at]!)
    sweepAt = Math.max(SWEPT_MIN, 2 * size)
    if (keys.length > 4 * sweepAt) resize(sweepAt)
  }

  return {
    push(key, row) {
      if (size >= sweepAt) sweep()
      if (size === keys.length) resize(2 * size)
      size += 1
      rise(size - 1, key, row)
    },
    topKey() {
      while (size > 0 && keyOf(rows[0]!) !== keys[0]) removeTop()
      return size > 0 ? keys[0]! : Infinity
    },
    pop() {
      const row = rows[0]!
      removeTop()
      return row
    },
    get bytes() {
      return size * ENTRY_BYTES
    },
  }
}
