import { createFingerprintIndex, FINGERPRINT } from './fingerprint-index.ts'
import type { Fingerprint } from './fingerprint.ts'
import { createNumberTable } from './number-table.ts'

/** Requests that have matured: the last `max` of them. */
export interface RememberedRequests {
  /** Infinity: something was shown in time, so that a later showing is a second look. undefined: not remembered. */
  shownUntilMs(request: Fingerprint): number | undefined
  add(request: Fingerprint, shownUntilMs: number): void
  readonly bytes: number
}

export function createRememberedRequests(max: number): RememberedRequests {
  const table = createNumberTable({ ...FINGERPRINT, shownUntilMs: 'f64' })
  const index = createFingerprintIndex(table)
  const { at } = table
  let oldest = 0
  let newest = 0

  function forgetOldest(): void {
    const next = at.next[oldest]!
    index.remove(oldest)
    table.free(oldest)
    oldest = next
  }

  return {
    shownUntilMs(request) {
      const row = index.find(request)
      return row === 0 ? undefined : at.shownUntilMs[row]!
    },
    add(request, shownUntilMs) {
      const row = table.add()
      index.add(row, request)
      at.shownUntilMs[row] = shownUntilMs
      if (oldest === 0) oldest = row
      else at.next[newest] = row
      newest = row
      if (table.count > max) forgetOldest()
    },
    get bytes() {
      return table.count * table.rowBytes + index.bytes
    },
  }
}
