import type { Erasure } from '#schemas'
import { type Erasures, NO_ERASURES, type Runtime } from '#streams'
import { SIGNALS } from '../signals.ts'
import { type Lane, SOURCES } from './joiner-lanes.ts'

/** What is known to be erased, in the order in which it was told. */
export interface ErasedSoFar {
  book: Erasures
  told: readonly Erasure[]
}

export const NOTHING_ERASED: ErasedSoFar = { book: NO_ERASURES, told: [] }

/**
 * Takes out of a partition what waits of users that were erased since its last batch: nothing becomes an example of it, and
 * its bytes are overwritten. What is read from now on is left out by the step that reads it.
 */
export async function erasePending(
  { runtime, erased }: { runtime: Pick<Runtime, 'signals' | 'topicName'>; erased: ErasedSoFar },
  lane: Lane,
): Promise<void> {
  for (; lane.erasuresDone < erased.told.length; lane.erasuresDone++) {
    const { entity, id } = erased.told[lane.erasuresDone]!
    if (entity !== 'user') continue
    const { partition } = lane
    const upTo = new Map(
      SOURCES.map((source) => [
        source,
        erased.book.upTo(entity, id, { topic: runtime.topicName(source), partition }),
      ]),
    )
    if ([...upTo.values()].every((offset) => offset === 0)) continue
    const kept = lane.window.erase(id, upTo)
    await lane.shelf.erase(kept)
    if (kept.length > 0) runtime.signals.count(SIGNALS.predictionsErased, {}, kept.length)
  }
}
