import type { StateStore } from '../state-store.ts'
import type { OwnedPartition } from './fenced-stage.ts'

/** States of these ids: from the cache, or read together in one round trip. Ids without a state are left out. */
export async function loadStates<State>(
  store: StateStore,
  owned: OwnedPartition<State>,
  ids: ReadonlySet<string>,
  decode: (blob: Buffer) => State,
): Promise<Map<string, State>> {
  const states = new Map<string, State>()
  const unknown: string[] = []
  for (const id of ids) {
    const cached = owned.states.get(id)
    if (cached === undefined) unknown.push(id)
    else states.set(id, cached)
  }
  if (unknown.length === 0) return states
  const { blobs } = await store.read({ fences: [], blobs: unknown.map((id) => ({ tag: owned.tag, id })) })
  for (const [index, blob] of blobs.entries()) if (blob !== null) states.set(unknown[index]!, decode(blob))
  return states
}
