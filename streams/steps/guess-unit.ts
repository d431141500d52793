/** Largest time value of ECMAScript, 13 September 275760. */
export const LATEST_MS = 8.64e15

/** How many of each unit a millisecond is, or is a part of. */
const UNITS = [
  ['seconds', 1_000],
  ['microseconds', 1e-3],
  ['nanoseconds', 1e-6],
] as const

export interface PlausibleTimes {
  earliestMs: number
  latestMs: number
}

/**
 * What a time that is no plausible number of milliseconds was probably meant as, in words.
 *
 * @example
 * guessedUnit(1_795_908_721, { earliestMs: 6.3e11, latestMs: 1.8e12 })
 * // ': 1795908721 looks like seconds (2026-11-29T02:32:01.000Z); milliseconds are wanted'
 */
export function guessedUnit(value: number, { earliestMs, latestMs }: PlausibleTimes): string {
  for (const [unit, factor] of UNITS) {
    const meantMs = value * factor
    if (meantMs >= earliestMs && meantMs <= latestMs && meantMs <= LATEST_MS)
      return `: ${String(value)} looks like ${unit} (${new Date(meantMs).toISOString()}); milliseconds are wanted`
  }
  return ''
}
