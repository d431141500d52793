/**
 * What is still to come, earliest first; equal times in the order they were added. A binary heap:
 * adding and taking cost O(log n).
 */
export interface Agenda<T> {
  readonly size: number
  /** Time of the earliest entry; Infinity when there is none. */
  nextAtMs(): number
  add(atMs: number, entry: T): void
  take(): { atMs: number; entry: T } | undefined
}

interface Slot<T> {
  atMs: number
  order: number
  entry: T
}

export function createAgenda<T>(): Agenda<T> {
  const heap: Slot<T>[] = []
  let added = 0
  const before = (left: Slot<T>, right: Slot<T>) =>
    left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)

  function add(atMs: number, entry: T): void {
    const slot = { atMs, order: added++, entry }
    let index = heap.length
    heap.push(slot)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]!
      if (!before(slot, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = slot
  }

  function take(): { atMs: number; entry: T } | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return undefined
    if (heap.length > 0) sink(last)
    return { atMs: first.atMs, entry: first.entry }
  }

  function sink(slot: Slot<T>): void {
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      if (childIndex >= heap.length) break
      const right = heap[childIndex + 1]
      if (right !== undefined && before(right, heap[childIndex]!)) childIndex++
      const child = heap[childIndex]!
      if (!before(child, slot)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = slot
  }

  return {
    get size() {
      return heap.length
    },
    nextAtMs: () => heap[0]?.atMs ?? Infinity,
    add,
    take,
  }
}
