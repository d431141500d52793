import type { TrainingRows } from '../learners/learner.ts'
import { asTaught, type TrainingExample, vectorsOf } from './training-example.ts'

/** Examples as one matrix. Nothing in it is shared with them: it may be moved to another thread. */
export function rowsOf(
  examples: readonly TrainingExample[],
  { width, halfLifeMinutes }: { width: number; halfLifeMinutes?: number | undefined },
): TrainingRows {
  const flags = new Uint8Array(examples.length * width)
  examples.forEach((example, row) => flags.set(example.flags.subarray(0, width), row * width))
  const occurredAtMs = Float64Array.from(examples, (example) => example.occurredAtMs)
  return {
    count: examples.length,
    width,
    vectors: vectorsOf(examples.map(asTaught), width),
    labels: Uint8Array.from(examples, ({ label }) => label),
    propensities: Float32Array.from(examples, ({ propensity }) => propensity),
    occurredAtMs,
    itemIds: examples.map(({ itemId }) => itemId),
    userIds: examples.map(({ userId }) => userId),
    flags,
    ...(halfLifeMinutes === undefined ? {} : { weights: decayedWeights(occurredAtMs, halfLifeMinutes) }),
  }
}

/** 1 for the youngest, halved with every half-life of event time before it. */
export function decayedWeights(occurredAtMs: Float64Array, halfLifeMinutes: number): Float32Array {
  const youngestMs = occurredAtMs.reduce((most, ms) => Math.max(most, ms), -Infinity)
  return Float32Array.from(occurredAtMs, (ms) => 2 ** ((ms - youngestMs) / (halfLifeMinutes * 60_000)))
}

/** The rows, of which those from before an event time keep this share of their weight. */
export function fadedBefore(atMs: number, rows: TrainingRows, keptShare: number): TrainingRows {
  const { occurredAtMs, weights, count } = rows
  if (occurredAtMs === undefined || !occurredAtMs.some((ms) => ms < atMs)) return rows
  const faded = Float32Array.from(
    { length: count },
    (_, row) => (weights?.[row] ?? 1) * (occurredAtMs[row]! < atMs ? keptShare : 1),
  )
  return { ...rows, weights: faded }
}
