import type { Prediction } from '#schemas'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { isExpired } from '../state/expiry.ts'
import type { MirroredEntity } from './mirrored-side.ts'
import type { StateLayout } from '../state/layout.ts'
import { type CheckedVectors, STATE_WENT_BACK } from './skew-tally.ts'

/** Clocks of scorers may differ, and two of them read at the same time. */
const CLOCKS_APART_MS = 5_000

/**
 * Whether states were older than what earlier predictions had been given: a state that was lost or put back names an offset at
 * which its vector is right, so only the order tells. A state that has expired by the event time of the request is no state, and
 * has not gone back: of a log that is played, months pass in minutes. Notes what was served.
 */
export function servedBack(
  { predictionId, modelId, occurredAtMs, scoredAtMs, userId, userOffset, ranking }: Prediction,
  entityOf: { user(id: string): MirroredEntity | undefined; item(id: string): MirroredEntity | undefined },
  layouts: Pick<CompiledFeatureSet['layouts'], 'user' | 'item'>,
): CheckedVectors['differing'] {
  const isBack = (entity: MirroredEntity | undefined, layout: StateLayout, offset: number): number | null => {
    if (entity === undefined) return null
    const { served, state } = entity
    if (offset < served.offset && scoredAtMs - served.atMs > CLOCKS_APART_MS) {
      const isOver = offset < 0 && isExpired(layout, served, occurredAtMs)
      return isOver ? null : served.offset
    }
    if (offset > served.offset) {
      const now = state.stateAt(offset)
      // Never old enough when it is not known: then a state that is gone is told.
      const asOfMs = now === null || typeof now === 'string' ? Infinity : now.asOfMs
      entity.served = { offset, atMs: scoredAtMs, asOfMs }
    }
    return null
  }
  const found: CheckedVectors['differing'][number][] = []
  const note = (id: string, served: number, earlier: number | null) => {
    if (earlier === null) return
    const about = { predictionId, modelId, occurredAtMs, itemId: id, column: STATE_WENT_BACK }
    found.push({ features: [STATE_WENT_BACK], example: { ...about, served, computed: earlier } })
  }
  note(`user ${userId}`, userOffset, isBack(entityOf.user(userId), layouts.user, userOffset))
  for (const { itemId, itemOffset, vector } of ranking)
    if (vector !== null)
      note(`item ${itemId}`, itemOffset, isBack(entityOf.item(itemId), layouts.item, itemOffset))
  return found
}
