import { createAdwin, type AdwinOptions } from './adwin.ts'

/** A value that is 0 while all is well has risen. Means, and values since the change by ADWIN's clearest cut. */
export interface Rise {
  before: number
  after: number
  count: number
}

export interface RiseWatch {
  update(value: number): void
  /** The rise that stands, once it is this far above where it came from, and above 0, and has lasted this many values. */
  risen(riseMin: number, countMin?: number): Rise | undefined
  /** Mean of the window. */
  readonly mean: number
  /** Begins a window: what was seen so far is no longer compared with. */
  restart(): void
}

/** A rise that ADWIN is sure of and nobody has taken yet. */
interface HeldRise {
  calm: number
  count: number
}

/**
 * Holds a rise that ADWIN found until it is asked for: one that is too small so far, or comes while nobody listens, is
 * still there, and measured anew, when somebody asks again. A return from below 0 is no rise: 0 is what an honest model
 * has, and one that had promised too little and stops to do so has become better.
 *
 * State: O(log values). Time: O(log values) every `clock` values, else constant.
 */
export function createRiseWatch(options: AdwinOptions): RiseWatch {
  let adwin = createAdwin(options)
  let held: HeldRise | undefined
  let now = 0

  return {
    update(value) {
      const cut = adwin.update(value)
      if (held !== undefined) held.count += 1
      // The cut's younger side: the window may still hold some of the older.
      now = cut?.after ?? adwin.mean
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
      return adwin.mean
    },
    restart() {
      adwin = createAdwin(options)
      held = undefined
      now = 0
    },
  }
}
