/** The smallest score that log-odds are taken of, and how near to 1 float32 comes. */
const LEAST = 1e-37
const MOST = 1 - 2 ** -25

/** Log-odds of a probability, finite for 0 and 1. */
export function logOddsOf(score: number): number {
  const kept = Math.min(MOST, Math.max(LEAST, score))
  return Math.log(kept) - Math.log1p(-kept)
}

/** The probability of log-odds. */
export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}
