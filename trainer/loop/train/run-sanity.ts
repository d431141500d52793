import type { TrainingRows } from '../../learners/learner.ts'
import { fitOnce } from './fit-once.ts'
import {
  judgeSanity,
  type Sanity,
  SANITY_REPEATS,
  SANITY_ROUNDS_MAX,
  SANITY_ROWS,
  sanityRows,
} from './sanity-check.ts'
import { learnerTaskOf } from './train-model.ts'
import type { SplitRows, TrainingOptions } from './training.ts'

/** Fits the learner to a hundred rows, again and again the same, and asks it for them. */
export async function checkSanity(split: SplitRows, options: TrainingOptions): Promise<Sanity> {
  const { rows, parts } = split
  const { choice, seed, fitter, signal } = options
  options.onStage(`checks whether ${choice.name} can learn ${String(SANITY_ROWS)} rows by heart`)
  const few = sanityRows(rows, parts.train)
  const { vectors, labels } = rows.training(few)
  const { model } = await fitOnce({
    choice,
    task: learnerTaskOf(split, choice, options.feed.trainer.objective),
    rows: () => repeated({ vectors, labels }, rows.width),
    validation: { vectors, labels },
    roundsMax: SANITY_ROUNDS_MAX,
    seed,
    goldenVectors: vectors.slice(),
    choosesSettings: false,
    fitter,
    signal,
    progress: () => undefined,
  })
  const scores = model.golden.scores
  const forecasts = Array.from(labels, (label, row) => ({ score: scores[row]!, label }))
  return judgeSanity(choice.name, forecasts, { vectors, width: rows.width })
}

function repeated(
  { vectors, labels }: Pick<TrainingRows, 'vectors' | 'labels'>,
  width: number,
): TrainingRows {
  const count = labels.length * SANITY_REPEATS
  const rows = {
    ...{ count, width, vectors: new Float32Array(count * width), labels: new Uint8Array(count) },
    // One after another: who keeps the latest for itself keeps all of the hundred.
    occurredAtMs: Float64Array.from({ length: count }, (_, at) => at),
  }
  for (let turn = 0; turn < SANITY_REPEATS; turn++) {
    rows.vectors.set(vectors, turn * vectors.length)
    rows.labels.set(labels, turn * labels.length)
  }
  return rows
}
