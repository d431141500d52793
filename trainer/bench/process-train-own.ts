/** Our contestant: `process-train-own.ts gbdt|ftrl FOLDER ROWS THREADS` prints one JSON line, as train_peers.py does. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createFtrl, ftrlConfigSchema } from '../learners/ftrl.ts'
import { createGbdt } from '../learners/gbdt.ts'
import { gbdtConfigSchema } from '../learners/gbdt/settings.ts'
import type { TrainingRows } from '../learners/learner.ts'
import { forecastQuality } from '../metrics/index.ts'
import type { TrainRun } from './train-run.ts'

const WIDTH = 32
/** Of FTRL; the other columns are 0. */
const ACTIVE = 30

const [learner, folder, rowsText, threadsText] = process.argv.slice(2) as [string, string, string, string]
const count = Number(rowsText)
const numbers = readFileSync(path.join(folder, 'x.f32'))
const vectors = new Float32Array(numbers.buffer, numbers.byteOffset, numbers.length / 4)
const labels = readFileSync(path.join(folder, 'y.u8'))
const rows: TrainingRows = {
  count,
  width: WIDTH,
  vectors: vectors.slice(0, count * WIDTH),
  labels: labels.subarray(0, count),
}
const test = vectors.subarray(count * WIDTH)

async function fitTrees(): Promise<(vectors: Float32Array) => Float32Array> {
  // The settings of the others: LightGBM's have no l2.
  const settings = gbdtConfigSchema.parse({
    trees: 100,
    leaves: 31,
    learningRate: 0.1,
    rowsMin: 20,
    l2: 0,
    threads: Number(threadsText),
  })
  const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
  return (await createGbdt(settings, { width: WIDTH, graphName: 'gbdt' }).fit(rows, options)).scoresOf
}

function passFtrl(): (vectors: Float32Array) => Float32Array {
  const ftrl = createFtrl(ftrlConfigSchema.parse({}), { width: WIDTH, graphName: 'ftrl' })
  for (let row = 0; row < count; row++)
    ftrl.update({
      vector: vectors.subarray(row * WIDTH, (row + 1) * WIDTH),
      label: labels[row] === 1 ? 1 : 0,
    })
  return ftrl.model().scoresOf
}

if (learner === 'ftrl') for (let at = 0; at < vectors.length; at++) if (at % WIDTH >= ACTIVE) vectors[at] = 0
const [begun, begunCpu] = [performance.now(), process.cpuUsage()]
const scoresOf = learner === 'ftrl' ? passFtrl() : await fitTrees()
const [seconds, cpu] = [(performance.now() - begun) / 1_000, process.cpuUsage(begunCpu)]
const scores = scoresOf(test)
const quality = forecastQuality(
  [...scores].map((score, at) => ({ score, label: labels[count + at] === 1 ? 1 : 0 })),
)
const run: TrainRun = {
  seconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  logLoss: quality.logLoss ?? NaN,
  auc: quality.auc ?? NaN,
  peakMiB: process.resourceUsage().maxRSS / 1_024,
}
process.stdout.write(`${JSON.stringify(run)}\n`)
