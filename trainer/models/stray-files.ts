import type { Clock } from '#streams'
import type { PromotionConfig } from '../config.ts'
import type { ModelLog } from './model-log.ts'
import type { ModelWriter } from './model-writer.ts'

const MINUTE_MS = 60_000

/** Whoever is killed between a file and its move, or between a rejection and the tombstones, leaves pieces for ever. */
export async function withdrawStrayFiles(
  {
    modelLog,
    config,
    clock,
  }: {
    modelLog: Pick<ModelLog, 'strayFiles'>
    config: Pick<PromotionConfig, 'strayFileMinutes'>
    clock: Clock
  },
  writer: Pick<ModelWriter, 'withdrawPieces'>,
): Promise<void> {
  const untilMs = clock.nowMs() - config.strayFileMinutes * MINUTE_MS
  for (const { modelId, indexes, writtenAtMs } of modelLog.strayFiles())
    if (writtenAtMs <= untilMs) await writer.withdrawPieces(modelId, indexes)
}
