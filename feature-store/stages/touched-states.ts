import { decodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import type { StateLayout } from '../state/layout.ts'
import type { StateStore } from '../state-store.ts'
import type { OwnedPartition } from './owned-partition.ts'
import { readStates } from './load-states.ts'

/** The states that a slice changes. */
export interface TouchedStates {
  /** Each touched entity once, in the order of its first touch. */
  readonly changed: [id: string, state: EntityState][]
  /** Those of them that the cache did not hold. */
  readonly uncached: [id: string, state: EntityState][]
  /** The state of the nth entity asked for, to be changed in place. */
  touch(n: number): EntityState
}

/** Loads the states of these ids (repeated as often as they like), those not cached in one round trip. */
export async function loadTouched(
  { store, layoutOf }: { store: StateStore; layoutOf(id: string): StateLayout },
  owned: OwnedPartition<EntityState>,
  ids: readonly string[],
): Promise<TouchedStates> {
  const slice = ++owned.slices
  const states: (EntityState | undefined)[] = new Array<EntityState | undefined>(ids.length)
  const unknown = new Set<string>()
  for (let n = 0; n < ids.length; n++) {
    states[n] = owned.states.get(ids[n]!)
    if (states[n] === undefined) unknown.add(ids[n]!)
  }
  const read = new Map<string, EntityState>()
  await readStates(
    store,
    owned,
    unknown,
    (blob, id) => decodeState(layoutOf(id), blob),
    (id, state) => read.set(id, state),
  )
  const changed: [string, EntityState][] = []
  const uncached: [string, EntityState][] = []
  return {
    changed,
    uncached,
    touch(n) {
      const cached = states[n]
      const state = cached ?? newOrRead(ids[n]!)
      if (state.touchedIn !== slice) {
        state.touchedIn = slice
        const touched: [string, EntityState] = [ids[n]!, state]
        changed.push(touched)
        if (cached === undefined) uncached.push(touched)
      }
      return state
    },
  }

  function newOrRead(id: string): EntityState {
    let state = read.get(id)
    if (state === undefined) read.set(id, (state = new EntityState(layoutOf(id))))
    return state
  }
}

/** What a slice writes, when some of what it touched is gone. */
export interface WrittenStates {
  states: readonly [id: string, state: EntityState][]
  uncached: readonly [id: string, state: EntityState][]
  deletes: readonly string[]
  withheld: readonly string[]
}

/**
 * Leaves out whom a tombstone of this slice ended (deleted), and of whom one lies ahead (withheld: folded on in memory, for
 * their copies, and written nowhere).
 *
 * @param upTo first offset that no erasure of the entity covers; 0: none does
 */
export function withoutErased(
  { changed, uncached }: Pick<TouchedStates, 'changed' | 'uncached'>,
  upTo: (id: string) => number,
): WrittenStates {
  const deletes = new Set<string>()
  const withheld = new Set<string>()
  for (const [id, state] of changed) {
    if (state.applied === 0) deletes.add(id)
    else if (state.lastOffset < upTo(id)) withheld.add(id)
  }
  if (deletes.size + withheld.size === 0) return { states: changed, uncached, deletes: [], withheld: [] }
  return {
    states: changed.filter(([id]) => !deletes.has(id) && !withheld.has(id)),
    uncached: uncached.filter(([id]) => !deletes.has(id)),
    deletes: [...deletes],
    withheld: [...withheld],
  }
}
