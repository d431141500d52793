import type { Attribute } from '#schemas'
import { eraseAttributes, foldAttributes, type AttributesState } from '../attributes/attributes-state.ts'
import type { AttributesLayout } from '../attributes/attributes-layout.ts'
import type { FirstSight } from '../stages/item-lookups.ts'
import { entryOf } from './entry-of.ts'

interface AttributeRecord {
  offset: number
  /** null: a tombstone. */
  told: { occurredAtMs: number; attributes: readonly Attribute[] } | null
}

/** Every attribute record of the users or of the items, and what was known after any number of them. */
export interface AttributeLog {
  add(id: string, record: AttributeRecord): void
  ids(): Iterable<string>
  /** How it was described first; what folds look up. */
  firstSight(id: string): FirstSight | null
  /** How many records there are up to the last one that is not later than this event time. */
  recordsUntil(id: string, atMs: number): number
  /** Attributes after the first `count` records, tombstones included. */
  after(id: string, count: number): AttributesState | null
}

export function createAttributeLog(layout: AttributesLayout): AttributeLog {
  const records = new Map<string, AttributeRecord[]>()
  const recordsOf = (id: string) => records.get(id) ?? []
  return {
    add(id, record) {
      entryOf(records, id, () => []).push(record)
    },
    ids: () => records.keys(),
    firstSight(id) {
      const first = recordsOf(id).find(({ told }) => told !== null)
      if (!first?.told) return null
      const { firstAtMs, firstValues } = foldAttributes(layout, null, { ...first, ...first.told })
      return { firstAtMs, firstValues }
    },
    recordsUntil: (id, atMs) =>
      1 + recordsOf(id).findLastIndex(({ told }) => told !== null && told.occurredAtMs <= atMs),
    after(id, count) {
      let state: AttributesState | null = null
      for (const { offset, told } of recordsOf(id).slice(0, count)) {
        state =
          told === null
            ? eraseAttributes(layout, state, offset)
            : foldAttributes(layout, state, { ...told, offset })
      }
      return state
    },
  }
}
