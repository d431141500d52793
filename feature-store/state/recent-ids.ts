import { BlobCorruptError } from '../errors.ts'
import type { EntityState } from './entity-state.ts'

export const HASH_BYTES = 4

/**
 * FNV-1a, 32 bits, over UTF-16 units: with 32 ids remembered, one interaction in 134 million is taken for one of them
 * by mistake. Signed: such numbers lie in an array as they are, larger ones would be boxed.
 */
export function idHashOf(id: string): number {
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash
}

/**
 * The same folded to 27 bits, which take four bytes in states and copies; never 0, which stands for none. Of a thousand
 * items one in 134,000 is taken for another.
 */
export function itemHashOf(itemId: string): number {
  const hash = idHashOf(itemId)
  return ((hash >>> 27) ^ hash) & 0x7ff_ffff || 1
}

/**
 * Notes an interaction's id among the last `idsMax` of its user; false: it is one of them, so it was folded before.
 * Part of the state: whoever folds the log again decides the same. Cost: a look at `idsMax` numbers.
 */
export function rememberId(state: EntityState, idHash: number, idsMax: number): boolean {
  if (idsMax === 0) return true
  const ids = (state.recentIds ??= [])
  for (let i = 0; i < ids.length; i++) if (ids[i] === idHash) return false
  if (ids.length < idsMax) ids.push(idHash)
  else {
    ids[state.oldestId] = idHash
    state.oldestId = state.oldestId + 1 === idsMax ? 0 : state.oldestId + 1
  }
  return true
}

/** The newest `idsMax` of them, oldest first: the window may have been made smaller since. */
export function recentIdsOf(bytes: Buffer, idsMax: number): number[] {
  if (bytes.length % HASH_BYTES !== 0)
    throw new BlobCorruptError(`${String(bytes.length)} bytes of recent ids`)
  const ids: number[] = []
  const first = Math.max(0, bytes.length - idsMax * HASH_BYTES)
  for (let at = first; at < bytes.length; at += HASH_BYTES) ids.push(bytes.readInt32LE(at))
  return ids
}
