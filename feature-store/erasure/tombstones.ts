import type { Erasure } from '#schemas'
import type { FollowedErasures, Outputs, Runtime } from '#streams'
import type { Tombstoned } from '../stages/attributes-stage.ts'
import { markErased, TOLD } from './mark-erased.ts'

/**
 * A tombstone of the users or items topic is an erasure, too: what an erasure knows of is left alone, so that a rebuild of the
 * attributes, which reads old tombstones again, erases nobody who came back.
 */
export function eraseOnTombstone(parts: {
  runtime: Runtime
  outputs: Outputs
  followed: Pick<FollowedErasures, 'book' | 'caughtUp'>
  /** What else is to be done, later. */
  erased(erasure: Erasure): void
}): Tombstoned {
  const { runtime, outputs, followed, erased } = parts
  return async (entity, partition, tombstones) => {
    await followed.caughtUp()
    const topic = runtime.topicName(TOLD[entity])
    for (const { id, offset } of tombstones) {
      if (offset < followed.book.upTo(entity, id, { topic, partition })) continue
      const erasureId = `${topic}/${String(partition)}/${String(offset)}`
      const asked = { entity, id, erasureId, askedBy: 'tombstone', tombstone: { offset } } as const
      erased(await markErased(runtime, outputs, asked))
    }
  }
}
