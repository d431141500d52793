import type { ProvableModel } from '../export/provable-model.ts'
import type { FitOptions } from '../learners/learner.ts'
import type { FitRequest } from './fit-model.ts'
import type { Fitter } from './fitter.ts'

/** Fits of one learner: now and then anew, in between going on from the last one that began anew. */
export interface WarmFits {
  /** @param seen examples there have ever been */
  fit(request: FitRequest, seen: number, options: Omit<FitOptions, 'seed'>): Promise<ProvableModel>
  /** The next one begins anew. */
  forget(): void
}

/** What a fit goes on from. */
interface Base {
  seen: number
  rows: number
  /** undefined: nothing came of it. */
  onnx: Promise<Uint8Array | undefined>
}

/**
 * When a fit begins anew is said by the numbers of examples alone, never by how long fits take: models are the same
 * whatever the timing. All go on from the last anew, not from one another, so that they do not drift away from their rows.
 *
 * @param anewShare of the rows of the last fit anew, as many new examples make the next one anew; 0: all are
 */
export function createWarmFits(fitter: Pick<Fitter, 'fit'>, anewShare: number): WarmFits {
  let base: Base | undefined

  return {
    async fit(request, seen, options) {
      if (base === undefined || seen - base.seen >= anewShare * base.rows) {
        const { count } = request.rows
        const fitted = fitter.fit(request, options)
        base = { seen, rows: count, onnx: fitted.then(({ onnx }) => onnx).catch(() => undefined) }
        return fitted
      }
      const startFrom = await base.onnx
      return fitter.fit(startFrom === undefined ? request : { ...request, startFrom }, options)
    },
    forget() {
      base = undefined
    },
  }
}
