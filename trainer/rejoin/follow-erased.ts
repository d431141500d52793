import type { Erasure } from '#schemas'
import { followErasures, type Runtime } from '#streams'
import type { ErasedSoFar } from '../joiner/erase-pending.ts'

/** What is erased, from before the first record is joined. */
export async function followErased(
  runtime: Pick<Runtime, 'follow' | 'offsets'>,
): Promise<ErasedSoFar & { stop(): Promise<void> }> {
  const told: Erasure[] = []
  const following = await followErasures(runtime, {
    name: 'rejoin-erasures',
    told: (erasure) => void told.push(erasure),
  })
  await following.ready
  return { book: following.book, told, stop: () => following.stop() }
}
