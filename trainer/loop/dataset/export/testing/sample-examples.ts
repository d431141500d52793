import { compileFeatureSet, featureStoreConfigSchema } from '#feature-store'
import { bytesOfVector, type Example } from '#schemas'

export const featureSet = compileFeatureSet(featureStoreConfigSchema.parse({}))

const DAY_MS = 86_400_000
export const FIRST_MS = Date.parse('2026-03-01T00:00:00Z')

/** Vectors that tell the rows apart, one number of which float32 does not hold exactly as a decimal. */
export function vectorOf(n: number): Float32Array {
  return Float32Array.from(featureSet.names, (_, column) => (column === 0 ? n : Math.fround(n / 7 + column)))
}

/** Example `n`: eight a day, every fourth clicked, every eighth without an answer about it. */
export function exampleOf(n: number, changed: Partial<Example> = {}): Example {
  const occurredAtMs = FIRST_MS + (n * DAY_MS) / 8
  return {
    exampleId: `p:r-${String(n)}/item-${String(n % 5)}`,
    predictionId: `p:r-${String(n)}`,
    requestId: `r-${String(n)}`,
    userId: `u-${String(n % 3)}, "the ${String(n)}th"`,
    itemId: `item-${String(n % 5)}`,
    modelId: n % 2 === 0 ? 'm-1' : '',
    featureSetId: featureSet.id,
    fallbackReason: n % 2 === 0 ? null : 'no_model',
    occurredAtMs,
    maturedAtMs: occurredAtMs + 600_000,
    rank: n % 10,
    propensity: 0.1,
    score: n % 2 === 0 ? 0.25 : null,
    vector: bytesOfVector(vectorOf(n)),
    flags: Buffer.alloc(featureSet.width, n % 4),
    labels: [
      { name: 'click', value: n % 4 === 0 ? 1 : 0 },
      { name: 'like', value: 0 },
    ],
    toldBy: [],
    labelsOut: n % 8 === 7 ? ['click'] : [],
    position: n % 2 === 0 ? n % 10 : null,
    ...changed,
  }
}
