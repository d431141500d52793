import { growing } from './growing.ts'

/** Shown candidates in the order of their requests: one row each, and what came of it. */
export interface RowTable {
  readonly length: number
  readonly requests: number
  readonly users: number
  /** Begins a request. @returns the row of its first candidate */
  addRequest(request: {
    requestId: string
    userId: string
    occurredAtMs: number
    itemIds: readonly string[]
    exampleIds: readonly string[]
  }): number
  /** What came of a row. @returns its place; undefined: no such row, or it was told before */
  settle(exampleId: string, label: 0 | 1): number | undefined
  /** The columns so far. `labels`: 2 where the item was not shown, or nothing is known of it. */
  columns(): RowColumns
}

export interface RowColumns {
  occurredAtMs: Float64Array
  labels: Uint8Array
  requests: Int32Array
  users: Int32Array
  items: Int32Array
}

export const UNKNOWN_LABEL = 2

export function createRowTable(): RowTable {
  const occurredAtMs = growing(Float64Array)
  const labels = growing(Uint8Array)
  const requestNumbers = growing(Int32Array)
  const userNumbers = growing(Int32Array)
  const itemNumbers = growing(Int32Array)
  const numberByUser = new Map<string, number>()
  const numberByItem = new Map<string, number>()
  /** Rows whose outcome is not known yet. */
  const open = new Map<string, number>()
  let requests = 0

  return {
    get length() {
      return labels.length
    },
    get requests() {
      return requests
    },
    get users() {
      return numberByUser.size
    },
    addRequest(request) {
      const first = labels.length
      const user = numberOf(numberByUser, request.userId)
      for (const [candidate, exampleId] of request.exampleIds.entries()) {
        itemNumbers.push(numberOf(numberByItem, request.itemIds[candidate]!))
        open.set(exampleId, labels.length)
        occurredAtMs.push(request.occurredAtMs)
        labels.push(UNKNOWN_LABEL)
        requestNumbers.push(requests)
        userNumbers.push(user)
      }
      requests += 1
      return first
    },
    settle(exampleId, label) {
      const row = open.get(exampleId)
      if (row === undefined) return undefined
      open.delete(exampleId)
      labels.set(row, label)
      return row
    },
    columns: () => ({
      occurredAtMs: occurredAtMs.values(),
      labels: labels.values(),
      requests: requestNumbers.values(),
      users: userNumbers.values(),
      items: itemNumbers.values(),
    }),
  }
}

function numberOf(numbers: Map<string, number>, id: string): number {
  const known = numbers.get(id)
  if (known !== undefined) return known
  const added = numbers.size
  numbers.set(id, added)
  return added
}
