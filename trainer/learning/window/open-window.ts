import type { Logger } from '#streams'
import type { TrainerConfig } from '../../config.ts'
import { LOG_EVENTS } from '../../signals.ts'
import { createExampleWindow, type ExampleWindow } from './example-window.ts'
import type { Scratch } from './scratch.ts'

/** For learners that learn each example once and keep none. */
export const NO_WINDOW: ExampleWindow = {
  add() {
    // Nobody will ask for it.
  },
  size: () => ({ examples: 0, memoryBytes: 0, folderBytes: 0 }),
  stretches: 0,
  rows() {
    throw new Error('no learner of this feed is fitted to a window')
  },
  close() {
    // It holds nothing.
  },
}

/** The window of the configuration; where it names none, the last `recentExamplesMax` examples in memory. */
export function openWindow(
  { window, limits }: Pick<TrainerConfig, 'window' | 'limits'>,
  { width, scratch, log }: { width: number; scratch: Scratch; log: Logger },
): ExampleWindow {
  const common = {
    width,
    scratch,
    scratchFailed: (error: unknown) => log.warn({ error }, LOG_EVENTS.windowFolderFull),
  }
  if (window !== undefined) return createExampleWindow({ ...common, ...window, shape: window })
  return createExampleWindow({
    ...common,
    shape: { kind: 'all' },
    examplesMax: limits.recentExamplesMax,
    bytesMax: Infinity,
    memoryBytesMax: Infinity,
    keepsPositives: false,
  })
}
