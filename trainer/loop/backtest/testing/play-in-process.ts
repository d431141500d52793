import { fitterInProcess } from '../../../learning/fitter.ts'
import { openLinearModel } from '../../../testing/index.ts'
import type { PlayOptions } from '../played.ts'

/** What a test plays a log with: models opened and fitted in its own thread, a clock that stands still, nobody told. */
export const playInProcess: Pick<
  PlayOptions,
  'openModel' | 'fitter' | 'stopwatch' | 'signal' | 'onProgress'
> = {
  openModel: openLinearModel,
  fitter: fitterInProcess,
  stopwatch: { nowMs: () => 0 },
  signal: new AbortController().signal,
  onProgress: () => undefined,
}
