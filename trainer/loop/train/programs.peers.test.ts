import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vectorOfBytes } from '#schemas'
import { hasPython } from '#schemas/testing'
import { calibratedBy, createOnnxModels } from '#scorer/model'
import { openPythonPeer, type PythonPeer } from '../../testing/process-python-peer.ts'
import { registerDatasetCommands } from '../dataset/index.ts'
import { registerTrainCommands } from './commands.ts'
import { readRun } from './fs-training-run.ts'
import { typedCommands } from './testing/typed-command.ts'

const isThere = await hasPython()
/** What ONNX Runtime answers may differ so much from what Python says. */
const PARITY = 1e-6
const IMPRESSIONS = 4_000

describe.skipIf(!isThere)(`train by programs of others${isThere ? '' : ' (skipped: no python3)'}`, () => {
  let python: PythonPeer
  let folder: string
  const models = createOnnxModels({})
  beforeAll(async () => {
    python = await openPythonPeer()
    folder = mkdtempSync(join(tmpdir(), 'feedloop-train-programs-'))
    await feedloop(
      ...['dataset', 'synthesize', '--out', join(folder, 'data'), '--users', '100', '--items', '120'],
      ...['--days', '4', '--impressions', String(IMPRESSIONS)],
    )
  })
  afterAll(async () => {
    await models.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const feedloop = typedCommands(registerTrainCommands, registerDatasetCommands)

  it.each(['xgboost', 'lightgbm', 'sklearn'])(
    '%s: a run whose file says what Python said of the same rows',
    async (learner) => {
      const out = join(folder, learner)
      const told = await feedloop(
        ...['train', '--data', join(folder, 'data'), '--learner', learner, '--python', python.command],
        ...['--out', out],
      )
      expect(told).toContain(`${learner} can learn 100 rows by heart`)
      const { onnx, manifest, metrics, test } = await readRun(join(out, readdirSync(out)[0]!))
      expect(manifest).toMatchObject({ learner, metrics: { examples: test.count } })
      // Golden scores are those that the program wrote, of vectors that it was given.
      const golden = vectorOfBytes(Buffer.from(manifest.golden.vectors, 'base64'))
      const said = vectorOfBytes(Buffer.from(manifest.golden.scores, 'base64'))
      expect(said.length).toBeGreaterThan(manifest.width)
      const raw = await models.openModel(onnx, { ...manifest, ...calibratedBy({ kind: 'identity' }) })
      const answered = await raw.predict(golden, said.length)
      expect(Math.max(...answered.map((score, row) => Math.abs(score - said[row]!)))).toBeLessThan(PARITY)
      await raw.close()
      const served = await models.openModel(onnx, manifest)
      expect([...(await served.predict(test.vectors, test.count))]).toEqual([...test.scores])
      await served.close()
      // A hundred and thirty clicks are enough to learn from, not to be good.
      expect(metrics.train.auc).toBeGreaterThan(0.65)
      expect(metrics.test.rows).toBe(test.count)
    },
  )
})
