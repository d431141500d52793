import type { TrainerConfig } from '../../config.ts'

const MINUTE_MS = 60_000

/**
 * The same labels, known this long after the showing instead of after their horizon and the grace. What comes later than
 * it does not count.
 */
export function withLabelDelay(config: TrainerConfig, delayMs: number): TrainerConfig {
  const delayMinutes = delayMs / MINUTE_MS
  const labels = Object.fromEntries(
    Object.entries(config.labels).map(([name, label]) => [
      name,
      { ...label, horizonMinutes: Math.min(label.horizonMinutes, delayMinutes) },
    ]),
  )
  const longest = Math.max(...Object.values(labels).map(({ horizonMinutes }) => horizonMinutes))
  return { ...config, labels, limits: { ...config.limits, graceMinutes: delayMinutes - longest } }
}
