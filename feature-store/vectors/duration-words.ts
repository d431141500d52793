const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
]

/** A stretch of time as people say it, in the largest unit of which there are two: `45 s`, `90 min`, `12 d`. */
export function durationOf(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, each]) => ms >= 2 * each) ?? ['s', 1_000]
  return `${String(Math.floor(ms / unitMs))} ${unit}`
}
