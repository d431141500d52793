/** The last `max` values, oldest first. Adding is O(1) on average. */
export interface RecentWindow<T> {
  add(value: T): void
  /** The last `count` of them, or all. */
  last(count?: number): readonly T[]
  readonly length: number
  clear(): void
}

export function createRecentWindow<T>(max: number): RecentWindow<T> {
  let values: T[] = []
  return {
    add(value) {
      values.push(value)
      // Half of the memory may be old ones: cutting off one by one would move all the others each time.
      if (values.length >= 2 * max) values = values.slice(-max)
    },
    last: (count = max) => (count <= 0 ? [] : values.slice(-Math.min(count, max))),
    get length() {
      return Math.min(values.length, max)
    },
    clear() {
      values = []
    },
  }
}
