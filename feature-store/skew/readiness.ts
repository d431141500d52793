import type { Prediction } from '#schemas'
import type { TailState } from './entity-tail.ts'
import type { MirrorRecords } from './mirror-records.ts'
import type { MirroredSide } from './mirrored-side.ts'

/** `waiting`: not all that it was made of has been read; `too_old`: it is no longer, or was never, known here. */
export type Readiness = 'ready' | 'waiting' | 'too_old'

export interface ReadinessParts {
  sides: { user: MirroredSide; item: MirroredSide }
  records: MirrorRecords
  partitionOf(topic: 'interactions' | 'itemInteractions', id: string): number
  stateOf(entity: 'user' | 'item' | 'feed', id: string, offset: number): TailState
}

/** Whether the vectors of a prediction can be computed now. */
export function readinessOf(prediction: Prediction, parts: ReadinessParts): Readiness {
  const { userId, userOffset, feedOffsets, ranking, scoredAtMs } = prediction
  const { sides, records, partitionOf, stateOf } = parts
  const items = ranking.flatMap((ranked) => {
    const entity = sides.item.sample.get(ranked.itemId)
    return entity === undefined ? [] : [{ ...ranked, entity }]
  })
  const user = sides.user.sample.get(userId)
  if (user === undefined || items.length === 0) return 'too_old'
  const hasAll =
    records.hasRead('interactions', partitionOf('interactions', userId), userOffset) &&
    items.every(({ itemId, itemOffset }) =>
      records.hasRead('itemInteractions', partitionOf('itemInteractions', itemId), itemOffset),
    ) &&
    feedOffsets.every((offset, partition) => records.hasRead('interactions', partition, offset))
  if (!hasAll) return 'waiting'
  const states = [
    stateOf('user', userId, userOffset),
    ...items.map(({ itemId, itemOffset }) => stateOf('item', itemId, itemOffset)),
    ...feedOffsets.map((offset, partition) => stateOf('feed', String(partition), offset)),
  ]
  if (states.includes('too_old')) return 'too_old'
  if (states.includes('not_ready')) return 'waiting'
  const fromMs = Math.max(...[user, ...items.map(({ entity }) => entity)].map((one) => one.attributesFromMs))
  if (fromMs === Infinity) return 'waiting'
  return fromMs > scoredAtMs ? 'too_old' : 'ready'
}
