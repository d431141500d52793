import { createHash } from 'node:crypto'
import { z } from 'zod'

/**
 * How the scores of a model file become probabilities, as a manifest carries it: a kind and its parameters. Which
 * kinds there are is known where scores are calibrated; here any kind can be read, so that one that is not known
 * has a name to be refused by.
 */
export const calibrationSchema = z.looseObject({ kind: z.string().min(1) })

export type Calibration = z.infer<typeof calibrationSchema>

/** Scores as the model file answers them. */
export const IDENTITY_CALIBRATION: Calibration = { kind: 'identity' }

/** The name of a calibration: its kind, and a hash of its parameters when it has any. The same for the same two. */
export function calibrationIdOf(calibration: Calibration): string {
  const { kind, ...parameters } = calibration
  if (Object.keys(parameters).length === 0) return kind
  const hash = createHash('sha256').update(JSON.stringify(parameters, keysSorted)).digest('hex')
  return `${kind}-${hash.slice(0, 12)}`
}

function keysSorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
