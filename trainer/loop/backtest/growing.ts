type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array
type NumbersOf<T extends Numbers> = new (length: number) => T

/** A column of numbers that grows: amortised O(1), no object per value. */
export interface Growing<T extends Numbers> {
  readonly length: number
  push(value: number): void
  at(index: number): number
  set(index: number, value: number): void
  /** The values so far, in place. */
  values(): T
}

const FIRST_LENGTH = 1_024

export function growing<T extends Numbers>(Column: NumbersOf<T>): Growing<T> {
  let column = new Column(FIRST_LENGTH)
  let length = 0
  return {
    get length() {
      return length
    },
    push(value) {
      if (length === column.length) {
        const longer = new Column(2 * length)
        longer.set(column)
        column = longer
      }
      column[length++] = value
    },
    at: (index) => column[index]!,
    set(index, value) {
      column[index] = value
    },
    values: () => column.subarray(0, length) as T,
  }
}
