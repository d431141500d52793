/** Below this a faded count is nothing: keeps numbers out of the slow denormal range, and blobs small. */
export const FADED = 1e-9

/**
 * What is left of 1 after `elapsedMs`: 2 ^ (-elapsed / halfLife). Written with exp, which V8 computes with one
 * portable routine (fdlibm), so that every machine gets the same bits. Not above 1: the future does not count more.
 */
export function remaining(elapsedMs: number, halfLifeMs: number): number {
  return elapsedMs <= 0 ? 1 : Math.exp((-Math.LN2 * elapsedMs) / halfLifeMs)
}

/** One factor per half-life, into `into`. */
export function remainingEach(elapsedMs: number, halfLivesMs: readonly number[], into: Float64Array): void {
  for (let i = 0; i < halfLivesMs.length; i++) into[i] = remaining(elapsedMs, halfLivesMs[i]!)
}

/**
 * Fades counters in place, from `first` on. `halfLives` gives each one's position in `factors`, -1 for those that
 * never fade.
 */
export function fade(
  numbers: number[],
  first: number,
  halfLives: readonly number[],
  factors: Float64Array,
): void {
  for (let i = 0; i < halfLives.length; i++) {
    const halfLife = halfLives[i]!
    if (halfLife < 0) continue
    const left = numbers[first + i]! * factors[halfLife]!
    numbers[first + i] = left < FADED ? 0 : left
  }
}
