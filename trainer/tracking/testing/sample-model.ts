import { createChance } from '#schemas/testing'
import { type Candidate, candidateOf } from '../../export/candidate.ts'
import { provableModelOf } from '../../export/provable-model.ts'
import { createGbdt } from '../../learners/gbdt.ts'
import { gbdtConfigSchema } from '../../learners/gbdt/settings.ts'

/** A model of trees over four columns, and rows to score. */
export async function sampleTreeModel(): Promise<Candidate & { vectors: Float32Array; rows: number }> {
  const chance = createChance(5)
  const [rows, width] = [600, 4]
  const vectors = Float32Array.from({ length: rows * width }, () => chance() * 4 - 2)
  const labels = Uint8Array.from({ length: rows }, (_, row) =>
    Number(chance() < (vectors[row * width]! * vectors[row * width + 1]! > 0 ? 0.7 : 0.2)),
  )
  const settings = gbdtConfigSchema.parse({ rowsMin: 5 })
  const trained = await createGbdt(settings, { width, graphName: 'gbdt' }).fit(
    { count: rows, width, vectors, labels },
    { seed: 1, signal: new AbortController().signal, progress: () => undefined },
  )
  const candidate = candidateOf({
    model: provableModelOf(trained, vectors.slice(0, 32 * width)),
    learner: 'gbdt',
    objective: 'click',
    featureSet: { id: 'fs', names: ['user_rate', 'item_rate', 'hour', 'age'], width },
    sequence: 1,
    goldenTolerance: 1e-5,
    trainedOn: { fromMs: 0, toMs: 1 },
    createdAtMs: 1_760_000_000_000,
  })
  return { ...candidate, vectors, rows }
}
