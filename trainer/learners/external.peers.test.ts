import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChance, hasPython } from '#schemas/testing'
import { createOnnxModels } from '#scorer/model'
import { candidateOf } from '../export/candidate.ts'
import { fitModel } from '../learning/fit-model.ts'
import { forecastQuality } from '../metrics/index.ts'
import { openPythonPeer, type PythonPeer } from '../testing/process-python-peer.ts'
import { learnerChoiceSchema } from './choice.ts'
import { sigmoid } from './learner.ts'

const isThere = await hasPython()
const programs = path.join(import.meta.dirname, 'external')
const COLUMNS = ['hour', 'ctr', 'age', 'price', 'clicks', 'flag']
const WIDTH = COLUMNS.length
const LEARNED = 20_000
const SCORED = 10_000
/** What ONNX Runtime answers may differ so much from what the library says. */
const PARITY = 1e-6

/** Columns that matter together, of very different sizes. */
function drawRows(count: number, seed: number) {
  const chance = createChance(seed)
  const vectors = new Float32Array(count * WIDTH)
  const labels = new Uint8Array(count)
  for (let row = 0; row < count; row++) {
    const [hour, ctr, age] = [Math.floor(chance() * 24), chance() ** 3, chance() * 5_000]
    const [price, clicks, flag] = [Math.exp(chance() * 8), Math.floor(chance() * 50), chance() < 0.3 ? 1 : 0]
    vectors.set([hour, ctr, age, price, clicks, flag], row * WIDTH)
    const logit = -2 + 3 * ctr + (hour > 17 && flag === 1 ? 1.5 : 0) - age / 4_000 + (clicks > 25 ? 0.7 : 0)
    labels[row] = chance() < sigmoid(logit) ? 1 : 0
  }
  return { count, width: WIDTH, vectors, labels, occurredAtMs: Float64Array.from(labels, (_, at) => at) }
}

describe.skipIf(!isThere)(`the programs that are shipped${isThere ? '' : ' (skipped: no python3)'}`, () => {
  let python: PythonPeer
  let folder: string
  const models = createOnnxModels({})
  beforeAll(async () => {
    python = await openPythonPeer()
    folder = await mkdtemp(path.join(tmpdir(), 'feedloop-programs-'))
  })
  afterAll(async () => {
    await models.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('are under 60 lines each', async () => {
    const names = (await readdir(programs)).filter((name) => name.endsWith('.py'))
    expect(names).toEqual(['train_lightgbm.py', 'train_sklearn.py', 'train_xgboost.py'])
    for (const name of names)
      expect((await readFile(path.join(programs, name), 'utf8')).split('\n').length).toBeLessThan(60)
  })

  it.each([
    ['train_xgboost.py', 'max_depth=5'],
    ['train_lightgbm.py', 'num_leaves=15'],
    ['train_sklearn.py', '60'],
  ])('%s %s: scorers answer for 10,000 rows what Python says', async (...[program, argument]) => {
    const fresh = drawRows(SCORED, 2)
    const model = await fitModel(
      {
        choice: learnerChoiceSchema.parse({
          use: 'external',
          command: [python.command, path.join(programs, program), argument],
          workFolder: folder,
        }),
        task: { width: WIDTH, graphName: 'external-click', columns: COLUMNS, label: 'click' },
        rows: drawRows(LEARNED, 1),
        seed: 1,
        // The program says itself what these score, and the golden proof holds the file to it.
        goldenVectors: fresh.vectors,
      },
      { signal: new AbortController().signal, progress: () => undefined },
    )
    expect(Object.keys(model.facts.told ?? {})).toEqual(['program.log_loss'])
    const { onnx, manifest } = candidateOf({
      ...{ model, learner: 'external', objective: 'click', sequence: 1, goldenTolerance: PARITY },
      featureSet: { id: 'fs', names: COLUMNS, width: WIDTH },
      trainedOn: { fromMs: 0, toMs: 0 },
      createdAtMs: 0,
    })
    expect(manifest.golden.rows).toBe(SCORED)
    const session = await models.openModel(onnx, manifest)
    const scores = await session.predict(fresh.vectors, SCORED)
    await session.close()
    const worst = Math.max(...scores.map((score, row) => Math.abs(score - model.golden.scores[row]!)))
    expect(worst).toBeLessThan(PARITY)
    const forecasts = [...scores].map((score, row) => ({ score, label: fresh.labels[row] as 0 | 1 }))
    const { normalizedEntropy, calibration } = forecastQuality(forecasts)
    expect(normalizedEntropy).toBeLessThan(0.97)
    expect(Math.abs(calibration! - 1)).toBeLessThan(0.1)
    expect(await readdir(folder)).toEqual([])
  })
})
