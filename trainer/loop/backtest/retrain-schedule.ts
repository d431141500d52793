/** When models are made: at whole multiples of an interval of event time, or once. */
export interface RetrainSchedule {
  /** The newest moment not after `atMs` that was not told before; undefined: none. Moments nobody asked about are passed over. */
  dueAt(atMs: number): number | undefined
}

/** A hundred models while a log grows from 1,000 to 100,000 examples: every 24 hours in which a twentieth is new. */
export const GROWTH_SCHEDULE = { retrainEveryMs: 86_400_000, retrainGrowthMin: 0.05 }

/** @param everyMs null: once, at `onceAtMs` */
export function createRetrainSchedule(everyMs: number | null, onceAtMs: number): RetrainSchedule {
  let lastMs = -Infinity
  return {
    dueAt(atMs) {
      const momentMs = everyMs === null ? onceAtMs : Math.floor(atMs / everyMs) * everyMs
      if (momentMs > atMs || momentMs <= lastMs) return undefined
      lastMs = momentMs
      return momentMs
    },
  }
}
