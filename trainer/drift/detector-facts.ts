import type { DetectorVerdict, DriftCut } from './detector.ts'

/** Values that an estimate takes for those after the change. */
const RECENT_VALUES_MAX = 200

export interface DetectorFacts {
  /**
   * What is known after this value: told by the detector, else estimated. A cut comes with a drift only, and not with
   * one that nothing older can be compared with.
   */
  of(value: number, verdict: DetectorVerdict): { mean: number; cut: DriftCut | undefined }
}

/**
 * The facts of any detector, also of one that says no more than when. An estimate takes the last 200 values for those
 * after the change, and all others since the change before it for those before.
 *
 * State: 200 values. Time: constant.
 */
export function createDetectorFacts(): DetectorFacts {
  /** A ring; `oldest` is where the next value goes once it is full. */
  const recent: number[] = []
  let oldest = 0
  let recentTotal = 0
  let olderCount = 0
  let olderTotal = 0

  function add(value: number): void {
    recentTotal += value
    if (recent.length < RECENT_VALUES_MAX) {
      recent.push(value)
      return
    }
    const leaving = recent[oldest]!
    recent[oldest] = value
    oldest = (oldest + 1) % RECENT_VALUES_MAX
    recentTotal -= leaving
    olderTotal += leaving
    olderCount += 1
  }

  function takeCut(): DriftCut | undefined {
    const before = olderTotal / olderCount
    const beforeCount = olderCount
    olderTotal = 0
    olderCount = 0
    if (beforeCount === 0) return undefined
    return { before, beforeCount, after: recentTotal / recent.length, afterCount: recent.length }
  }

  return {
    of(value, verdict) {
      add(value)
      const mean = verdict.mean ?? recentTotal / recent.length
      if (verdict.kind !== 'drift') return { mean, cut: undefined }
      const estimate = takeCut()
      return { mean, cut: verdict.cut ?? estimate }
    },
  }
}
