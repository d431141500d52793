import type { Attribute } from '#schemas'
import type { AttributesLayout } from '../attributes/attributes-layout.ts'
import { decodeAttributes, encodeAttributes } from '../attributes/attributes-blob.ts'
import { eraseAttributes, foldAttributes, type AttributesState } from '../attributes/attributes-state.ts'

export interface TailRecord {
  offset: number
  /** null: a tombstone. */
  told: { occurredAtMs: number; attributes: readonly Attribute[] } | null
}

/** The last attribute records of an entity and what was known before them. */
export interface AttributeTail {
  add(record: TailRecord): void
  /** As the store had them up to an offset; null: nothing. */
  begin(blob: Buffer | null, nextOffset: number): void
  readonly hasBegun: boolean
  /** How many records there are up to the last one that is not later than this event time; those before the tail are one. */
  recordsUntil(atMs: number): number
  /** Attributes after the first `count` of them; the beginning when it is 0. */
  after(count: number): AttributesState | null
}

/** More than a check looks back and ahead. */
const RECORDS_MAX = 32
/** What was known at the beginning counts as one record. */
const BEGINNING = 1

export function createAttributeTail(layout: AttributesLayout): AttributeTail {
  let records: TailRecord[] = []
  let base: Buffer | null = null
  let hasBegun = false

  function after(count: number): AttributesState | null {
    let state = base === null ? null : decodeAttributes(layout, base)
    for (const { offset, told } of records.slice(0, Math.max(0, count - BEGINNING)))
      state =
        told === null
          ? eraseAttributes(layout, state, offset)
          : foldAttributes(layout, state, { ...told, offset })
    return state
  }

  return {
    get hasBegun() {
      return hasBegun
    },
    add(record) {
      records.push(record)
      if (records.length <= RECORDS_MAX) return
      const oldest = hasBegun ? after(BEGINNING + 1) : null
      base = oldest === null ? null : encodeAttributes(layout, oldest)
      records = records.slice(1)
    },
    begin(blob, nextOffset) {
      base = blob
      records = records.filter(({ offset }) => offset >= nextOffset)
      hasBegun = true
    },
    recordsUntil: (atMs) =>
      BEGINNING + 1 + records.findLastIndex(({ told }) => told !== null && told.occurredAtMs <= atMs),
    after,
  }
}
