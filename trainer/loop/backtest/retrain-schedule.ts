/** When models are made: at whole multiples of an interval of event time, or once. */
export interface RetrainSchedule {
  /** The newest moment not after `atMs` that was not told before; undefined: none. Moments nobody asked about are passed over. */
  dueAt(atMs: number): number | undefined
}

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
