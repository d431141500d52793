import type { ProvableModel } from '../export/provable-model.ts'
import type { FitOptions } from '../learners/learner.ts'
import { fitModel, type FitRequest } from './fit-model.ts'

/** Where fits run: a worker thread, or in tests the thread that asks. */
export interface Fitter {
  /** Fits that run side by side; more wait. */
  readonly atOnce: number
  /**
   * @param request its rows may be moved away: nobody may use them afterwards
   * @throws what the learner threw, or FitError
   */
  fit(request: FitRequest, options: Omit<FitOptions, 'seed'>): Promise<ProvableModel>
  /** Ends what runs; those fits reject. */
  stop(): Promise<void>
}

/** Blocks whoever asks until the model is there: for systems in memory, where nothing may start a thread. */
export const fitterInProcess: Fitter = {
  atOnce: 1,
  fit: fitModel,
  stop: () => Promise.resolve(),
}
