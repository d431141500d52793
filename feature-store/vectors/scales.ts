/** Numbers in a vector are of order 1, so that a linear learner needs no scaler. */

const LOG_UNIT = 4
const LIMIT = 10
const RATE_LIMIT = 4
const MINUTE_MS = 60_000

/** ln(1 + count) / 4: 0 for none, about 1 for fifty, 2.3 for ten thousand. */
export const scaledCount = (count: number) => Math.log1p(count) / LOG_UNIT

/** ln(place), places counted from 1: who looks at it falls as a power of the place. */
export const scaledPlace = (place: number) => Math.log(Math.max(1, place))

/** ln(1 + minutes) / 4: a minute 0.17, an hour 1.03, a day 1.8. Not negative. */
export const scaledMinutes = (elapsedMs: number) => Math.log1p(Math.max(0, elapsedMs) / MINUTE_MS) / LOG_UNIT

/** ln(rate / prior) with the prior worth `strength` trials, -4..4. */
export function scaledRate(successes: number, trials: number, prior: number, strength: number): number {
  const rate = (successes + prior * strength) / (trials + strength)
  return clamp(Math.log(rate / prior), RATE_LIMIT)
}

export interface NumberScale {
  subtract: number
  divide: number
  log1p: boolean
}

/** An attribute's number as configured, -10..10. A negative number has no logarithm and counts as 0. */
export function scaledNumber(value: number, scale: NumberScale | undefined): number {
  if (scale === undefined) return clamp(value, LIMIT)
  const shaped = scale.log1p ? Math.log1p(Math.max(0, value)) : value
  return clamp((shaped - scale.subtract) / scale.divide, LIMIT)
}

/** The values that a scale can hold: beyond them all give the same number. */
export function rangeOf(scale: NumberScale | undefined): { least: number; most: number } {
  if (scale === undefined) return { least: -LIMIT, most: LIMIT }
  const { subtract, divide, log1p } = scale
  const [least, most] = [subtract - LIMIT * divide, subtract + LIMIT * divide]
  return log1p ? { least: Math.max(0, Math.expm1(least)), most: Math.expm1(most) } : { least, most }
}

/** FNV-1a over UTF-16 units, spread over `buckets`: stable everywhere, cheap. */
export function hashedBucket(text: string, buckets: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % buckets
}

const clamp = (value: number, limit: number) => Math.min(limit, Math.max(-limit, value))
