import { availableParallelism } from 'node:os'
import { createOnnxModels } from '#scorer/model'
import { createFitHost } from '../../learning/process-fit-host.ts'
import type { PlayOptions } from './played.ts'

/** What comes of fits and models must not depend on how busy the machine is: this is for one that hangs. */
const ANSWER_MS_MAX = 86_400_000
/** Each holds a copy of the window. */
const FITS_AT_ONCE_MAX = 4

/** What fits and opens models while a log is played. */
export function openEngines(): Pick<PlayOptions, 'fitter' | 'openModel'> & { close(): Promise<void> } {
  const fitter = createFitHost({
    fitMsMax: ANSWER_MS_MAX,
    atOnce: Math.min(FITS_AT_ONCE_MAX, availableParallelism()),
    keepsThreads: true,
  })
  const models = createOnnxModels({ callMsMax: ANSWER_MS_MAX })
  return {
    fitter,
    openModel: models.openModel,
    async close() {
      await fitter.stop()
      await models.stop()
    },
  }
}
