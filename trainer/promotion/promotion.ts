import type { PromotionConfig } from '../config.ts'
import { type Forecast, forecastQuality, type ForecastQuality, logLossOf } from '../metrics/index.ts'

/** How a candidate did on fresh examples, and how the champion did on the same ones. */
export interface Trial {
  candidate: readonly Forecast[]
  /** Same examples in the same order. */
  champion: { modelId: string; forecasts: readonly Forecast[] } | null
}

export interface Judgement {
  promoted: boolean
  /** One sentence. */
  reason: string
  quality: ForecastQuality
}

/**
 * Whether a candidate becomes champion. A first model must beat the base rate; a later one must save a share of the
 * champion's log-loss that chance does not explain (paired differences). Either must be calibrated, give or take
 * what so few positives allow (2 / sqrt(positives)). Examples all of one label prove nothing.
 */
export function judge({ candidate, champion }: Trial, config: PromotionConfig): Judgement {
  const quality = forecastQuality(candidate)
  const { examples, normalizedEntropy, calibration, positives } = quality
  const on = `on ${String(examples)} fresh examples`
  const verdict = (promoted: boolean, reason: string): Judgement => ({ promoted, reason, quality })
  if (normalizedEntropy === null || calibration === null) {
    return verdict(false, `All labels are alike ${on}: nothing is proven.`)
  }
  const tolerance = config.calibrationTolerance + 2 / Math.sqrt(positives)
  if (Math.abs(calibration - 1) > tolerance) {
    return verdict(false, `The mean score is ${calibration.toFixed(2)} times the base rate ${on}.`)
  }
  const entropy = `normalized entropy ${normalizedEntropy.toFixed(4)}`
  if (champion === null) {
    const { firstNormalizedEntropyMax: most } = config
    if (normalizedEntropy < most) return verdict(true, `First model: ${entropy} ${on}.`)
    return verdict(false, `As a first model it needs less than ${String(most)}, it has ${entropy} ${on}.`)
  }
  const { share, z } = savings(candidate, champion.forecasts)
  const facts = `${(share * 100).toFixed(2)} % of the log-loss of ${champion.modelId} ${on} (${entropy}, z ${z.toFixed(1)})`
  if (share < config.improvementMin) return verdict(false, `Saves too little: ${facts}.`)
  if (z < config.improvementZMin) return verdict(false, `What it saves may be chance: ${facts}.`)
  return verdict(true, `Saves ${facts}.`)
}

/** Share of the champion's log-loss that the candidate saves, and how many standard errors that is above 0. */
export function savings(
  candidate: readonly Forecast[],
  champion: readonly Forecast[],
): { share: number; z: number } {
  const count = candidate.length
  let sum = 0
  let squares = 0
  let championSum = 0
  for (let at = 0; at < count; at++) {
    const { score, label } = candidate[at]!
    const championLoss = logLossOf(champion[at]!.score, label)
    const saved = championLoss - logLossOf(score, label)
    sum += saved
    squares += saved * saved
    championSum += championLoss
  }
  const mean = sum / count
  const error = Math.sqrt(Math.max(0, squares / count - mean * mean) / count)
  const z = error > 0 ? mean / error : mean === 0 ? 0 : Math.sign(mean) * Infinity
  return { share: championSum === 0 ? 0 : sum / championSum, z }
}

/** The numbers a manifest carries. */
export function metricsOf(quality: ForecastQuality): Record<string, number> {
  const { examples, normalizedEntropy, logLoss, auc, calibration } = quality
  const measured = { examples, normalizedEntropy, logLoss, auc, calibration }
  return Object.fromEntries(
    Object.entries(measured).filter((entry): entry is [string, number] => entry[1] !== null),
  )
}
