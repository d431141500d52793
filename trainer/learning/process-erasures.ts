import type { Erasure } from '#schemas'
import { followErasures, type Runtime } from '#streams'
import type { ErasedSoFar } from '../joiner/erase-pending.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface TrainerErasures extends ErasedSoFar {
  done: Promise<void>
  stop(): Promise<void>
}

/**
 * What a trainer knows to be erased; resolves when it knows all that was erased before. After an erasure `rebuild` is called,
 * once for all of `withinMs`: that is at most so often, and so late.
 */
export async function followTrainerErasures(
  runtime: Pick<Runtime, 'follow' | 'offsets' | 'log'>,
  { withinMs, rebuild }: { withinMs: number; rebuild(): void },
): Promise<TrainerErasures> {
  const told: Erasure[] = []
  let timer: NodeJS.Timeout | undefined
  let isKnown = false

  function note(erasure: Erasure): void {
    told.push(erasure)
    if (!isKnown) return
    timer ??= setTimeout(() => {
      timer = undefined
      runtime.log.info({ erasures: told.length }, LOG_EVENTS.rebuiltAfterErasure)
      rebuild()
    }, withinMs)
  }

  const following = await followErasures(runtime, { name: 'trainer-erasures', told: note })
  await following.ready
  isKnown = true
  return {
    book: following.book,
    told,
    done: following.done,
    async stop() {
      clearTimeout(timer)
      await following.stop()
    },
  }
}
