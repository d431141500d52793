import { asShown, type FeatureSet } from '#feature-store'
import { type Example, type ToldPositive, vectorOfBytes } from '#schemas'

/** An example as the trainer sees it. */
export interface TrainingExample {
  exampleId: string
  /** One float32 per column of the feature set. */
  vector: Float32Array
  /** The same as learners should see it, with the place at which it was shown; left out: it is `vector`. */
  taught?: Float32Array
  /** One byte per column: bit 0 missing, bit 1 stale. */
  flags: Uint8Array
  label: 0 | 1
  userId: string
  itemId: string
  /** Probability with which the item was shown where it was. */
  propensity: number
  /** What was served; null when no model answered. */
  score: number | null
  modelId: string
  occurredAtMs: number
  maturedAtMs: number
  /** Positives of all labels, and the topics that told them. */
  positives: readonly ToldPositive[]
  /** A source of this label was silent then: its 0 says nothing. */
  isOut: boolean
}

/** Why an example teaches nothing. */
export type ExampleRefusal = 'feature_set' | 'no_label' | 'malformed'

/** Reads an example for one label; a refusal when it was made for other features or does not carry the label. */
export function trainingExampleOf(
  example: Example,
  { featureSet, objective }: { featureSet: FeatureSet; objective: string },
): TrainingExample | ExampleRefusal {
  const { exampleId, userId, itemId, propensity, score, modelId, occurredAtMs, maturedAtMs } = example
  if (example.featureSetId !== featureSet.id) return 'feature_set'
  const label = example.labels.find(({ name }) => name === objective)?.value
  if (label === undefined) return 'no_label'
  if (example.vector.length !== featureSet.width * 4 || (label !== 0 && label !== 1)) return 'malformed'
  const vector = vectorOfBytes(example.vector)
  if (!vector.every(Number.isFinite) || (score !== null && !(score >= 0 && score <= 1))) return 'malformed'
  // A copy: the decoded bytes may keep a whole fetch in memory.
  const flags = Uint8Array.from(example.flags)
  const who = { exampleId, userId, itemId, modelId }
  const isOut = example.labelsOut.includes(objective)
  const positives = positivesOf(example)
  const taught = asShown(featureSet, vector, example.position)
  return {
    ...who,
    vector,
    taught,
    flags,
    label,
    propensity,
    score,
    occurredAtMs,
    maturedAtMs,
    positives,
    isOut,
  }
}

/** An example of an older joiner does not say who told them. */
function positivesOf({ labels, toldBy }: Example): readonly ToldPositive[] {
  if (toldBy.length > 0) return toldBy
  return labels.filter(({ value }) => value === 1).map(({ name: label }) => ({ label, source: '' }))
}

/** For learners: judges and golden rows take it as it was served. */
export function asTaught(example: TrainingExample): TrainingExample {
  const { vector, taught = vector } = example
  return taught === vector ? example : { ...example, vector: taught }
}

/** rows x width, as sessions take them. */
export function vectorsOf(examples: readonly Pick<TrainingExample, 'vector'>[], width: number): Float32Array {
  const vectors = new Float32Array(examples.length * width)
  examples.forEach(({ vector }, row) => vectors.set(vector, row * width))
  return vectors
}
