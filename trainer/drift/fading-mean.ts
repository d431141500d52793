export interface FadingMean {
  add(value: number): void
  /** 0 before the first value. */
  readonly mean: number
}

/** Mean in which a value counts for exp(-n / memory) after n others. State: two numbers. Time: constant. */
export function createFadingMean(memory: number): FadingMean {
  let mean = 0
  let weight = 0
  return {
    add(value) {
      weight = weight * (1 - 1 / memory) + 1
      mean += (value - mean) / weight
    },
    get mean() {
      return mean
    },
  }
}
