const ARRAYS = { f64: Float64Array, u32: Uint32Array, i32: Int32Array, u16: Uint16Array, u8: Uint8Array }
type Kind = keyof typeof ARRAYS
export type NumberArray = InstanceType<(typeof ARRAYS)[Kind]>

/**
 * Rows of numbers in typed arrays: a million of them is a few arrays that the garbage collector never looks into. They
 * grow by doubling (what was not written to yet takes no memory), and freed rows are given out again.
 */
export interface NumberTable<Column extends string> {
  /** By column, then row. Row 0 is nobody's. Read them anew after `add`: arrays that grow are others. */
  readonly at: Record<Column | 'next', NumberArray>
  /** A row of zeros. Its `next` is the owner's, to chain rows. */
  add(): number
  free(row: number): void
  readonly count: number
  readonly rowBytes: number
}

const ROWS_MIN = 64
/** Larger ones are given back when nothing is left in them. */
const ROWS_KEPT = 4_096

export function createNumberTable<Column extends string>(kinds: Record<Column, Kind>): NumberTable<Column> {
  const columns = { ...kinds, next: 'u32' } as Record<Column | 'next', Kind>
  const names = Object.keys(columns) as (Column | 'next')[]
  const at = {} as Record<Column | 'next', NumberArray>
  const rowBytes = names.reduce((sum, name) => sum + ARRAYS[columns[name]].BYTES_PER_ELEMENT, 0)
  let rows = 0
  let used = 1
  let freed = 0
  let count = 0

  function size(to: number): void {
    for (const name of names) {
      const larger = new ARRAYS[columns[name]](to)
      if (rows > 0 && to > rows) larger.set(at[name])
      at[name] = larger
    }
    rows = to
  }
  size(ROWS_MIN)

  return {
    at,
    add() {
      count += 1
      if (freed === 0) {
        if (used === rows) size(rows * 2)
        return used++
      }
      const row = freed
      freed = at.next[row]!
      at.next[row] = 0
      return row
    },
    free(row) {
      for (const name of names) at[name][row] = 0
      at.next[row] = freed
      freed = row
      count -= 1
      if (count > 0) return
      used = 1
      freed = 0
      if (rows > ROWS_KEPT) size(ROWS_MIN)
      else at.next.fill(0)
    },
    get count() {
      return count
    },
    rowBytes,
  }
}
