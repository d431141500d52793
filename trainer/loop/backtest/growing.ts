type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array
type NumbersOf<T extends Numbers> = new (length: number) => T

/** A column of numbers that grows: amortised O(1), no object per value. */
export interface Growing<T extends Numbers> {
  readonly length: number
  push(value: number): void
  pushAll(values: ArrayLike<number>): void
  at(index: number): number
  set(index: number, value: number): void
  /** The others move to the front. */
  dropFirst(count: number): void
  /** The values so far, in place. */
  values(): T
}

const FIRST_LENGTH = 1_024

export function growing<T extends Numbers>(Column: NumbersOf<T>): Growing<T> {
  let column = new Column(FIRST_LENGTH)
  let length = 0

  function makeRoom(added: number): void {
    if (length + added <= column.length) return
    const longer = new Column(Math.max(2 * column.length, length + added))
    longer.set(column)
    column = longer
  }

  return {
    get length() {
      return length
    },
    push(value) {
      makeRoom(1)
      column[length++] = value
    },
    pushAll(values) {
      makeRoom(values.length)
      column.set(values, length)
      length += values.length
    },
    at: (index) => column[index]!,
    set(index, value) {
      column[index] = value
    },
    dropFirst(count) {
      column.copyWithin(0, count, length)
      length -= count
    },
    values: () => column.subarray(0, length) as T,
  }
}
