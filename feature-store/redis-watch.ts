import type { RedisClient } from '#streams'
import { parseFence, wentBack, type HeldFence } from './fence.ts'
import { readFences } from './redis-read.ts'
import type { WhyLost } from './state-store.ts'
import { sleep } from './redis-sleep.ts'

/**
 * Looks at the fences one holds, again and again, until one is not where its owner left it.
 * @returns what ends it
 */
export function watchFences(
  redis: RedisClient,
  options: { fenceKey(tag: string): string; everyMs: number },
  held: () => HeldFence[],
  lost: (tag: string, why: WhyLost) => void,
): () => void {
  let watching = true
  const look = async () => {
    while (watching) {
      await sleep(options.everyMs)
      const expected = held()
      if (!watching || expected.length === 0) continue
      const texts = await readFences(
        redis,
        expected.map(({ tag }) => options.fenceKey(tag)),
      ).catch(() => null)
      if (!watching || texts === null) continue // unreachable is not lost; the writers will say so
      const gone = expected.find((fence, i) => wentBack(fence, texts[i] ? parseFence(texts[i]) : null))
      if (gone === undefined) continue
      watching = false
      lost(gone.tag, 'went_back')
    }
  }
  void look()
  return () => {
    watching = false
  }
}
