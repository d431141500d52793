import type { ErasureBook } from '#streams'
import type { LoggedExample } from './export-examples.ts'

/** An erasure is heard of by those who write within this. */
const HEARD_WITHIN_MS = 60_000

/**
 * Whether an example belongs to a user or item that was erased. In the examples topic an erasure names the offsets up to which
 * it holds. Of what was joined again it knows nothing: there it holds for what was written before it, and an erased user is in
 * nothing that was joined later. An erased item is left out of those whole.
 */
export function erasedExamples(
  book: ErasureBook,
  { topicName, isJoinedAgain }: { topicName: string; isJoinedAgain: boolean },
): (logged: LoggedExample) => boolean {
  if (book.size === 0) return () => false
  return ({ raw: { partition, offset, brokerTimeMs = Infinity }, value }) => {
    if (value === null) return false
    if (isJoinedAgain) {
      const erasedAtMs = book.newest('user', value.userId)?.askedAtMs ?? -Infinity
      return brokerTimeMs < erasedAtMs + HEARD_WITHIN_MS || book.newest('item', value.itemId) !== undefined
    }
    const at = { topic: topicName, partition }
    return offset < book.upTo('user', value.userId, at) || offset < book.upTo('item', value.itemId, at)
  }
}
