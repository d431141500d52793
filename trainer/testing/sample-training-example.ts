import type { TrainingExample } from '../learning/training-example.ts'

type SampleTrainingExample = Partial<Omit<TrainingExample, 'vector' | 'flags'>> & {
  vector: ArrayLike<number>
  flags?: ArrayLike<number>
}

/** An example of which a test says what matters to it. */
export function sampleTrainingExample(said: SampleTrainingExample): TrainingExample {
  return {
    exampleId: 'e',
    userId: 'user',
    itemId: 'item',
    label: 0,
    propensity: 1,
    score: null,
    modelId: '',
    occurredAtMs: 1,
    maturedAtMs: 2,
    positives: said.label === 1 ? [{ label: 'click', source: 'interactions' }] : [],
    isOut: false,
    ...said,
    vector: Float32Array.from(said.vector),
    flags: Uint8Array.from(said.flags ?? new Uint8Array(said.vector.length)),
  }
}
