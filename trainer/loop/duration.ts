const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads a stretch of event time: 30m, 1h, 7d, or 0.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  if (match === null) throw new RangeError('expected a time like 90s, 30m, 6h or 7d')
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
}

/** In the largest unit that leaves a whole number. */
export function durationText(ms: number): string {
  const units = Object.entries(UNIT_MS).reverse()
  const [unit, unitMs] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['s', UNIT_MS.s]
  return `${String(ms / unitMs)}${unit}`
}
