import type { StateStore } from '../state-store.ts'
import type { OwnedPartition } from './owned-partition.ts'

/** States of these ids: from the cache, or read together in one round trip. Ids without a state are left out. */
export async function loadStates<State>(
  store: StateStore,
  owned: OwnedPartition<State>,
  ids: ReadonlySet<string>,
  decode: (blob: Buffer) => State,
): Promise<Map<string, State>> {
  const states = new Map<string, State>()
  const unknown = new Set<string>()
  for (const id of ids) {
    const cached = owned.states.get(id)
    if (cached === undefined) unknown.add(id)
    else states.set(id, cached)
  }
  await readStates(store, owned, unknown, decode, (id, state) => states.set(id, state))
  return states
}

/** Reads states that are not in the cache. */
export async function readStates<State>(
  store: StateStore,
  owned: OwnedPartition<State>,
  unknown: ReadonlySet<string>,
  decode: (blob: Buffer, id: string) => State,
  found: (id: string, state: State) => void,
): Promise<void> {
  if (unknown.size === 0) return
  const ids = [...unknown]
  const { blobs } = await store.read({ fences: [], blobs: ids.map((id) => ({ tag: owned.tag, id })) })
  for (const [index, blob] of blobs.entries())
    if (blob !== null) found(ids[index]!, decode(blob, ids[index]!))
}
