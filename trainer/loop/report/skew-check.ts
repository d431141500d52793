import { checkPrediction, type Replay } from '#feature-store'
import type { RecordOf } from '#schemas'
import type { DemoReport } from './demo-report.ts'

export interface SkewCheck {
  prediction(prediction: RecordOf['predictions']): void
  result(): DemoReport['skew']
}

/** Recomputes the vectors of every n-th prediction. */
export function createSkewCheck(replay: Replay, predictionCount: number, vectorsMax: number): SkewCheck {
  const result: DemoReport['skew'] = { vectorsChecked: 0, mismatches: 0, firstMismatch: null }
  let every = 1
  let seen = 0
  return {
    prediction(prediction) {
      if (seen === 0)
        every = Math.max(1, Math.ceil((predictionCount * prediction.ranking.length) / vectorsMax))
      if (seen++ % every !== 0) return
      const check = checkPrediction(replay, prediction)
      if (check.kind !== 'checked') return
      result.vectorsChecked += check.vectors
      result.mismatches += check.mismatches.length
      const [first] = check.mismatches
      if (first !== undefined) {
        result.firstMismatch ??= `${prediction.predictionId} ${first.itemId} ${first.column}: recorded ${String(first.recorded)}, recomputed ${String(first.recomputed)}`
      }
    },
    result: () => result,
  }
}
