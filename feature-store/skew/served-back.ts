import type { Prediction } from '#schemas'
import type { MirroredEntity } from './mirrored-side.ts'
import { type CheckedVectors, STATE_WENT_BACK } from './skew-tally.ts'

/** Clocks of scorers may differ, and two of them read at the same time. */
const CLOCKS_APART_MS = 5_000
/** A state that nobody has seen change for so long may have expired. */
const FORGOTTEN_MS = 86_400_000

/**
 * Whether states were older than what earlier predictions had been given: a state that was lost or put back names an offset at
 * which its vector is right, so only the order tells. Notes what was served.
 */
export function servedBack(
  { predictionId, modelId, occurredAtMs, scoredAtMs, userId, userOffset, ranking }: Prediction,
  entityOf: { user(id: string): MirroredEntity | undefined; item(id: string): MirroredEntity | undefined },
): CheckedVectors['differing'] {
  const isBack = (entity: MirroredEntity | undefined, offset: number): number | null => {
    if (entity === undefined) return null
    const { served } = entity
    const sinceMs = scoredAtMs - served.atMs
    if (offset < served.offset && sinceMs > CLOCKS_APART_MS)
      return sinceMs > FORGOTTEN_MS ? null : served.offset
    if (offset > served.offset) entity.served = { offset, atMs: scoredAtMs }
    return null
  }
  const found: CheckedVectors['differing'][number][] = []
  const note = (id: string, served: number, earlier: number | null) => {
    if (earlier === null) return
    const about = { predictionId, modelId, occurredAtMs, itemId: id, column: STATE_WENT_BACK }
    found.push({ features: [STATE_WENT_BACK], example: { ...about, served, computed: earlier } })
  }
  note(`user ${userId}`, userOffset, isBack(entityOf.user(userId), userOffset))
  for (const { itemId, itemOffset, vector } of ranking)
    if (vector !== null) note(`item ${itemId}`, itemOffset, isBack(entityOf.item(itemId), itemOffset))
  return found
}
