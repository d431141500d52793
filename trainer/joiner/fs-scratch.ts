import type { Logger } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { LOG_EVENTS } from '../signals.ts'
import { openScratchFile } from './pending/fs-scratch-file.ts'
import type { ScratchFile } from './pending/scratch-file.ts'

/** A service that may write nowhere runs on memory alone, as long as that does: it is told what to do. */
export async function openScratch(
  { limits, scratchFolder }: Pick<TrainerConfig, 'limits' | 'scratchFolder'>,
  log: Logger,
): Promise<ScratchFile | undefined> {
  if (limits.pendingDiskBytesMax === 0) return undefined
  try {
    return await openScratchFile(scratchFolder)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const advice =
      'Set trainer.scratchFolder to a folder that this user may write to. Until then predictions wait in memory alone.'
    log.warn({ said, advice }, LOG_EVENTS.scratchMissing)
    return undefined
  }
}
