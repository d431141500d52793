import { bytesOfVector, type Example } from '#schemas'
import { createChance, sampleRecords } from '#schemas/testing'
import { sigmoid } from '../learners/learner.ts'

export interface ReadyExamplesOptions {
  seed: number
  featureSetId: string
  /** Columns; the first three say something. */
  width: number
  startMs: number
  /** Event time between two. */
  everyMs: number
  users: number
}

const TASTES = [1.6, -1.2, 0.8]
const BIAS = -1.5
const MATURES_AFTER_MS = 660_000

/** Matured examples without predictions: what a joiner would write of a feed whose clicks follow a logistic law. */
export function createReadyExamples(options: ReadyExamplesOptions): () => Example {
  const { featureSetId, width, startMs, everyMs, users } = options
  const chance = createChance(options.seed)
  let made = 0
  return () => {
    const vector = Float32Array.from({ length: width }, () => chance() * 2 - 1)
    const logit = TASTES.reduce((sum, weight, at) => sum + weight * vector[at]!, BIAS)
    const label = chance() < sigmoid(logit) ? 1 : 0
    const requestId = `r${String(made)}`
    const occurredAtMs = startMs + made++ * everyMs
    return {
      ...sampleRecords.examples,
      ...{ exampleId: `${requestId}/i`, predictionId: requestId, requestId, featureSetId, occurredAtMs },
      userId: `u${String(Math.floor(chance() * users))}`,
      itemId: `i${String(made % 97)}`,
      maturedAtMs: occurredAtMs + MATURES_AFTER_MS,
      vector: bytesOfVector(vector),
      flags: Buffer.alloc(width),
      labels: [{ name: 'click', value: label }],
      toldBy: label === 1 ? [{ label: 'click', source: 'interactions' }] : [],
      labelsOut: [],
      position: null,
    }
  }
}
