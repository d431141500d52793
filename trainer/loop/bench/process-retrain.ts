import { createRandom } from '#streams'
import type { LearnerChoice } from '../../learners/choice.ts'
import { createFitHost } from '../../learning/process-fit-host.ts'
import { retrainConfigSchema } from '../../learning/window-config.ts'
import { COLUMNS } from './score-feed.ts'

const MINUTES_MAX = 60

/** What a trainer does while it retrains, as far as a scorer can feel it: fits on so many rows until it is ended. */
const count = Number(process.argv.at(-1))
const random = createRandom('retrain-rows')
const vectors = Float32Array.from({ length: count * COLUMNS }, () => random.next())
const labels = Uint8Array.from({ length: count }, (_, row) =>
  Number(random.next() < 0.1 + 0.3 * vectors[row * COLUMNS]!),
)
const { niceness } = retrainConfigSchema.parse({})
const fitter = createFitHost({ fitMsMax: MINUTES_MAX * 60_000, niceness })
const choice = { use: 'gbdt', name: 'trees', settings: 'fixed' } as unknown as LearnerChoice
for (let seed = 1; ; seed++) {
  const rows = { count, width: COLUMNS, vectors: vectors.slice(), labels: labels.slice() }
  const task = { width: COLUMNS, graphName: 'retrain' }
  const golden = vectors.slice(0, COLUMNS)
  const fit = fitter.fit(
    { choice, task, rows, seed, goldenVectors: golden },
    { signal: new AbortController().signal, progress: () => undefined },
  )
  process.stdout.write('fitting\n')
  await fit
}
