import type { Detector } from './detector.ts'
import { createDetectorFacts } from './detector-facts.ts'

/** A value that is 0 while all is well has risen. Means, and values since the change, by the detector's cut. */
export interface Rise {
  before: number
  after: number
  count: number
}

export interface RiseWatch {
  /** Name of the detector that finds the rises. */
  readonly detector: string
  update(value: number): void
  /** The rise that stands, once it is this far above where it came from, and above 0, and has lasted this many values. */
  risen(riseMin: number, countMin?: number): Rise | undefined
  /** Mean of the detector's window; 0 before the first value. */
  readonly mean: number
  /** Begins a window: what was seen so far is no longer compared with. */
  restart(): void
}

/** A rise that the detector is sure of and nobody has taken yet. */
interface HeldRise {
  calm: number
  count: number
}

/**
 * Holds a rise that a detector found until it is asked for: one that is too small so far, or comes while nobody listens, is
 * still there, and measured anew, when somebody asks again. A return from below 0 is no rise: 0 is what an honest model
 * has, and one that had promised too little and stops to do so has become better.
 *
 * State and time: those of the detector, and 200 values.
 *
 * @param start makes a detector that has seen nothing yet
 */
export function createRiseWatch(start: () => Detector): RiseWatch {
  let detector = start()
  let facts = createDetectorFacts()
  let held: HeldRise | undefined
  let mean = 0
  let now = 0

  return {
    detector: detector.name,
    update(value) {
      const known = facts.of(value, detector.update(value))
      const { cut } = known
      mean = known.mean
      if (held !== undefined) held.count += 1
      // The cut's younger side: the window may still hold some of the older.
      now = cut?.after ?? mean
      if (cut !== undefined) {
        const calm = Math.min(cut.before, held?.calm ?? Infinity)
        held = cut.after > cut.before ? { calm, count: cut.afterCount } : undefined
      }
      if (held !== undefined && now <= held.calm) held = undefined
    },
    risen(riseMin, countMin = 0) {
      if (held === undefined || held.count < countMin) return undefined
      if (now - Math.max(0, held.calm) < riseMin) return undefined
      return { before: held.calm, after: now, count: held.count }
    },
    get mean() {
      return mean
    },
    restart() {
      detector = start()
      facts = createDetectorFacts()
      held = undefined
      mean = 0
      now = 0
    },
  }
}
