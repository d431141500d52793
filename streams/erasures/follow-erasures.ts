import type { Erasure } from '#schemas'
import { deferred } from '../deferred.ts'
import type { RunningStage, Runtime } from '../stage.ts'
import { createErasureBook, type ErasureBook } from './erasure-book.ts'

export interface FollowedErasures extends RunningStage {
  readonly book: ErasureBook
  /** Resolves when everything that is in the topic now is in the book; rejects when it cannot be followed any more. */
  caughtUp(): Promise<void>
}

interface Waiting {
  offset: number
  resolve(): void
  reject(error: unknown): void
}

/** Keeps a book of the erasures topic. `told` is given each record that comes, also those of before the start. */
export async function followErasures(
  runtime: Pick<Runtime, 'follow' | 'offsets'>,
  { name, told = () => undefined }: { name: string; told?: (erasure: Erasure) => void },
): Promise<FollowedErasures> {
  const book = createErasureBook()
  let nextOffset = 0
  let waiting: Waiting[] = []
  const following = await runtime.follow({
    name,
    topic: 'erasures',
    startFrom: 'earliest',
    record({ value, offset }) {
      nextOffset = offset + 1
      if (value !== null) {
        book.add(value)
        told(value)
      }
      for (const { offset: wanted, resolve } of waiting) if (wanted <= nextOffset) resolve()
      waiting = waiting.filter((one) => one.offset > nextOffset)
    },
  })
  let isOver = false
  const over = (error?: unknown) => {
    isOver = true
    for (const { reject } of waiting) reject(error)
  }
  following.done.then(() => over(), over)

  return {
    ...following,
    book,
    async caughtUp() {
      const { startOffset, endOffset } = await runtime.offsets('erasures', 0)
      if (startOffset === endOffset || nextOffset >= endOffset) return
      if (isOver) return following.done
      const { promise, resolve, reject } = deferred()
      waiting.push({ offset: endOffset, resolve, reject })
      await promise
    },
  }
}
