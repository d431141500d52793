import type { PromotionConfig } from '../config.ts'
import {
  calibrationRatio,
  type Forecast,
  forecastQuality,
  type ForecastQuality,
  logLossOf,
} from '../metrics/index.ts'

/** How a candidate did on fresh examples, and how the champion did on the same ones. */
export interface Trial {
  candidate: readonly Forecast[]
  /** Same examples in the same order. */
  champion: { modelId: string; forecasts: readonly Forecast[] } | null
  /** Kind of the drift that it was made for. */
  answers?: string | undefined
}

export interface Judgement {
  promoted: boolean
  /** One sentence. */
  reason: string
  quality: ForecastQuality
}

/**
 * Whether a candidate becomes champion. A first model must beat the base rate; a later one must save a share of the
 * champion's log-loss that chance does not explain (paired differences), and beat the base rate, too, unless it answers
 * a drift. Either must be calibrated on all rows and on the newest, give or take what so few positives allow
 * (2 / sqrt(positives)). Examples all of one label prove nothing.
 */
export function judge({ candidate, champion, answers }: Trial, config: PromotionConfig): Judgement {
  const quality = forecastQuality(candidate)
  const { examples, normalizedEntropy } = quality
  const on = `on ${String(examples)} fresh examples`
  const verdict = (promoted: boolean, reason: string): Judgement => ({ promoted, reason, quality })
  if (normalizedEntropy === null) return verdict(false, `All labels are alike ${on}: nothing is proven.`)
  const doubt = miscalibration(candidate, on, config) ?? doubtOfTheNewest(candidate, config)
  if (doubt !== undefined) return verdict(false, doubt)
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
  if (normalizedEntropy < WORSE_THAN_BASE_RATE) return verdict(true, `Saves ${facts}.`)
  if (answers === undefined) return verdict(false, `Worse than the base rate: ${entropy} ${on}.`)
  const both = `${normalizedEntropy.toFixed(4)} and ${forecastQuality(champion.forecasts).normalizedEntropy!.toFixed(4)}`
  return verdict(
    true,
    `Worse than the base rate, but the answer to a ${answers} drift in which the champion is worse still (normalized entropy ${both}): saves ${facts}.`,
  )
}

/** Normalized entropy from which a model knows less than the base rate does. */
const WORSE_THAN_BASE_RATE = 1
/** Positives among the newest rows, or so many promised, before anything is said of them. */
const NEWEST_POSITIVES_MIN = 10

/** Why the scores do not fit what came true; undefined: they do. */
function miscalibration(
  rows: readonly Forecast[],
  on: string,
  { calibrationTolerance }: PromotionConfig,
): string | undefined {
  const calibration = calibrationRatio(rows)
  if (calibration === null) return undefined
  const tolerance = calibrationTolerance + 2 / Math.sqrt(positivesOf(rows))
  if (Math.abs(calibration - 1) <= tolerance) return undefined
  return `The mean score is ${calibration.toFixed(2)} times the base rate ${on}.`
}

/** A mean over rows of two times fits neither: what is to serve must fit the newest. */
function doubtOfTheNewest(rows: readonly Forecast[], config: PromotionConfig): string | undefined {
  const newest = rows.slice(-config.newestExamples)
  if (newest.length === rows.length) return undefined
  const usual = (positivesOf(rows) / rows.length) * newest.length
  const named = (count: number) => `the newest ${String(count)} of ${String(rows.length)} fresh examples`
  if (usual >= NEWEST_POSITIVES_MIN && positivesOf(newest) === 0) {
    return `None of ${named(newest.length)} is positive, though ${usual.toFixed(0)} would be usual: do labels still arrive?`
  }
  // Positives may be rare: then the newest are more.
  let from = rows.length - newest.length
  let positives = positivesOf(newest)
  while (from > 0 && positives < NEWEST_POSITIVES_MIN) positives += rows[--from]!.label
  return miscalibration(rows.slice(from), `on ${named(rows.length - from)}`, config)
}

function positivesOf(rows: readonly Forecast[]): number {
  return rows.reduce((sum, { label }) => sum + label, 0)
}

/** Share of the champion's log-loss that the candidate saves, and how many standard errors that is above 0. */
export function savings(
  candidate: readonly Forecast[],
  champion: readonly Forecast[],
): { share: number; z: number; mean: number; error: number } {
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
  return { share: championSum === 0 ? 0 : sum / championSum, z, mean, error }
}

/** How far its log-loss lies above the champion's on the same examples (below 0: better), and the standard error of that. */
export function pairedMetrics(
  candidate: readonly Forecast[],
  champion: readonly Forecast[] | undefined,
): Record<string, number> {
  if (champion === undefined) return {}
  const { mean, error } = savings(candidate, champion)
  return { logLossToChampion: -mean, logLossToChampionError: error }
}

/** The numbers a manifest carries. */
export function metricsOf(quality: ForecastQuality): Record<string, number> {
  const { examples, normalizedEntropy, logLoss, auc, calibration } = quality
  const measured = { examples, normalizedEntropy, logLoss, auc, calibration }
  return Object.fromEntries(
    Object.entries(measured).filter((entry): entry is [string, number] => entry[1] !== null),
  )
}
