import type { Prediction } from '#schemas'
import { createFingerprintIndex, FINGERPRINT } from './fingerprint-index.ts'
import { type Fingerprint, fingerprintOf } from './fingerprint.ts'
import { createNumberTable, type NumberArray } from './number-table.ts'

/** Where a prediction's bytes are: a number that stands for a piece of memory or disk, from where in it, and how many. */
export interface Kept {
  chunk: number
  offset: number
  bytes: number
}

type Column = keyof typeof COLUMNS | `offset${number}`
const COLUMNS = {
  ...FINGERPRINT,
  user0: 'u32',
  user1: 'u32',
  occurredAtMs: 'f64',
  /** Event time at which there is something to do; NaN: it is not queued for any. */
  dueMs: 'f64',
  chunk: 'u32',
  offset: 'u32',
  bytes: 'u32',
  /** First row of what was told of its items (told-outcomes.ts). */
  told: 'u32',
  isWaiting: 'u8',
} as const

/** The predictions of one partition that wait, as numbers in rows: whose, of when, where their bytes are. */
export interface PendingRows {
  readonly at: Record<Column, NumberArray>
  /** 0: it does not wait. */
  find(request: Fingerprint): number
  add(request: Fingerprint, prediction: Pick<Prediction, 'userId' | 'occurredAtMs'>, kept: Kept): number
  remove(row: number): void
  isOf(row: number, userId: string): boolean
  /** Looks at all of them: for erasures. */
  rowsOf(userId: string): number[]
  requestOf(row: number): Fingerprint
  keptOf(row: number): Kept
  readonly count: number
  /** Memory that is in use. */
  readonly memoryBytes: number
}

/** @param sources how many topics a prediction may need offsets of: columns `offset0`, `offset1`, ... */
export function createPendingRows(sources: number): PendingRows {
  const offsets = Array.from({ length: sources }, (_, source) => [`offset${String(source)}`, 'f64'] as const)
  const table = createNumberTable<Column>({ ...COLUMNS, ...Object.fromEntries(offsets) })
  const { at } = table
  const index = createFingerprintIndex(table)

  return {
    at,
    find: (request) => index.find(request),
    add(request, { userId, occurredAtMs }, { chunk, offset, bytes }) {
      const row = table.add()
      index.add(row, request)
      const [user0, user1] = fingerprintOf(userId)
      at.user0[row] = user0
      at.user1[row] = user1
      at.occurredAtMs[row] = occurredAtMs
      at.dueMs[row] = NaN
      at.chunk[row] = chunk
      at.offset[row] = offset
      at.bytes[row] = bytes
      at.isWaiting[row] = 1
      return row
    },
    remove(row) {
      index.remove(row)
      table.free(row)
    },
    isOf(row, userId) {
      const [user0, user1] = fingerprintOf(userId)
      return at.user0[row] === user0 && at.user1[row] === user1
    },
    rowsOf(userId) {
      const [user0, user1] = fingerprintOf(userId)
      const found: number[] = []
      for (let row = 1; row < at.isWaiting.length; row++)
        if (at.user0[row] === user0 && at.user1[row] === user1 && at.isWaiting[row] === 1) found.push(row)
      return found
    },
    requestOf: (row) => [at.word0[row]!, at.word1[row]!, at.word2[row]!, at.word3[row]!],
    keptOf: (row) => ({ chunk: at.chunk[row]!, offset: at.offset[row]!, bytes: at.bytes[row]! }),
    get count() {
      return table.count
    },
    get memoryBytes() {
      return table.count * table.rowBytes + index.bytes
    },
  }
}
