import { entropyOf } from '../../metrics/index.ts'
import type { BacktestMetrics } from '../backtest/backtest-metrics.ts'
import type { JudgedSlice } from '../train/index.ts'

/** How much the whole would gain if one tag were better. */
export interface TagHeadRoom {
  slice: string
  value: string
  share: number
  rows: number
  positives: number
  normalizedEntropy: number
  calibration: number | null
  auc: number | null
  f1: number | null
  /** Mean log-loss of all rows that would be saved, nats, if the tag were as good as the mean of all; below 0 it is better than that. */
  gainAtMean: number
  /** If it were as good as the best tag of the same slice. */
  gainAtBest: number
  /** The first one, as a share of the log-loss of all rows. */
  gainShare: number
  /** What F1 of all rows would rise by if the tag had the precision and recall of all. */
  f1Gain: number | null
  isRare: boolean
  /** What is wrong with it, for people. */
  reason: string
}

/** With fewer a tag's loss is chance. */
const POSITIVES_MIN = 10
const SHARE_MIN = 0.005
const OFF_CALIBRATION = 0.2
const AUC_BELOW = 0.03

/**
 * Tags in the order of what fixing them would gain. A tag counts as as good as the mean when its log-loss is the same share
 * of the entropy of its own base rate as that of all rows is of theirs: tags with more positives are harder in nats.
 */
export function headRooms(slices: readonly JudgedSlice[], whole: BacktestMetrics): TagHeadRoom[] {
  const { logLoss, normalizedEntropy, auc } = whole
  if (logLoss === null || normalizedEntropy === null) return []
  const told = slices.filter(
    ({ positives, rows, share, normalizedEntropy: own }) =>
      own !== null && share >= SHARE_MIN && share < 0.999 && positives >= POSITIVES_MIN && positives < rows,
  )
  const best = new Map<string, number>()
  for (const { slice, normalizedEntropy: own } of told)
    best.set(slice, Math.min(best.get(slice) ?? Infinity, own!))
  return told
    .map((tag): TagHeadRoom => {
      const { slice, value, share, rows, positives, isRare, f1, calibration } = tag
      const entropy = entropyOf(positives / rows)
      const gainAt = (wanted: number) => share * (tag.normalizedEntropy! - wanted) * entropy
      const gainAtMean = gainAt(normalizedEntropy)
      return {
        ...{ slice, value, share, rows, positives, isRare, f1, calibration, auc: tag.auc },
        normalizedEntropy: tag.normalizedEntropy!,
        gainAtMean,
        gainAtBest: gainAt(best.get(slice)!),
        gainShare: gainAtMean / logLoss,
        f1Gain: f1Gain(tag, whole),
        reason: reasonOf(tag, auc),
      }
    })
    .sort((left, right) => right.gainAtMean - left.gainAtMean)
}

function reasonOf({ calibration, auc }: BacktestMetrics, aucOfAll: number | null): string {
  const reasons = []
  if (calibration !== null && Math.abs(calibration - 1) >= OFF_CALIBRATION)
    reasons.push(calibration > 1 ? 'scores are too high' : 'scores are too low')
  if (auc !== null && aucOfAll !== null && auc < aucOfAll - AUC_BELOW)
    reasons.push('it tells them apart less well than elsewhere')
  return reasons.length === 0 ? 'nothing stands out' : reasons.join('; ')
}

interface Counts {
  hits: number
  falseAlarms: number
  misses: number
}

function f1Gain(tag: BacktestMetrics, whole: BacktestMetrics): number | null {
  const { precision, recall, f1 } = whole
  if (precision === null || recall === null || f1 === null || precision === 0) return null
  const [all, own] = [countsOf(whole), countsOf(tag)]
  const hits = recall * tag.positives
  const wanted = { hits, misses: tag.positives - hits, falseAlarms: (hits * (1 - precision)) / precision }
  const changed = (name: keyof Counts) => all[name] - own[name] + wanted[name]
  return f1Of({ hits: changed('hits'), falseAlarms: changed('falseAlarms'), misses: changed('misses') }) - f1
}

function countsOf({ rows, positives, accuracy, recall }: BacktestMetrics): Counts {
  const hits = Math.round((recall ?? 0) * positives)
  const rights = Math.round((accuracy ?? 0) * rows)
  return { hits, misses: positives - hits, falseAlarms: rows - positives - (rights - hits) }
}

const f1Of = ({ hits, falseAlarms, misses }: Counts) => (2 * hits) / (2 * hits + falseAlarms + misses)
