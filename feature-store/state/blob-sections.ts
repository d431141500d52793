import { BlobCorruptError } from '../errors.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { EntityState } from './entity-state.ts'
import type { StateLayout } from './layout.ts'
import { HASH_BYTES, recentIdsOf } from './recent-ids.ts'

/**
 * What follows the fixed part of a state: tag, length and bytes each, ascending, empty ones left out. 2 and 3 are kept
 * for values and for tiles of windows.
 */
export const SECTION = { recentIds: 1, values: 2, tiles: 3 } as const

export function writeSections(into: ByteWriter, { recentIds, oldestId }: EntityState): void {
  if (recentIds === null || recentIds.length === 0) {
    into.varint(0)
    return
  }
  into.varint(1)
  into.varint(SECTION.recentIds)
  into.varint(recentIds.length * HASH_BYTES)
  into.int32s(recentIds, oldestId)
}

/** @throws BlobCorruptError for a section nobody here can read: writing the state again would lose it */
export function readSections(reader: ByteReader, { recentIdsMax }: StateLayout, state: EntityState): void {
  const count = reader.varint()
  for (let n = 0; n < count; n++) {
    const tag = reader.varint()
    const bytes = reader.raw(reader.varint())
    if (tag !== SECTION.recentIds)
      throw new BlobCorruptError(`section ${String(tag)}: a newer version of feedloop wrote it`)
    if (recentIdsMax > 0) state.recentIds = recentIdsOf(bytes, recentIdsMax)
  }
}
