import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasPython } from '#schemas/testing'
import { describe, expect, it } from 'vitest'
import { forecastQuality } from '../metrics/index.ts'
import { openPythonPeer } from '../testing/process-python-peer.ts'
import { createGbdt } from './gbdt.ts'
import { gbdtConfigSchema } from './gbdt/settings.ts'

interface PeerSet {
  name: string
  /** Rows for learning; the others are scored. */
  train: number
  width: number
  settings: object
  qualities: Record<'lightgbm' | 'xgboost' | 'scikit-learn', { logLoss: number; auc: number }>
}
const isThere = await hasPython()

const script = path.join(import.meta.dirname, 'peers', 'gbdt_peers.py')
/** Log-loss may be this much above LightGBM's, AUC this much below. */
const SHARE_MAX = 0.005

async function ownQuality({ name, train, width, settings }: PeerSet, folder: string) {
  const [numbers, bytes] = [
    await readFile(path.join(folder, `${name}.f32`)),
    await readFile(path.join(folder, `${name}.u8`)),
  ]
  const vectors = new Float32Array(Uint8Array.from(numbers).buffer)
  const rows = {
    count: train,
    width,
    vectors: vectors.slice(0, train * width),
    labels: bytes.subarray(0, train),
  }
  const learner = createGbdt(gbdtConfigSchema.parse(settings), { width, graphName: 'gbdt' })
  const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
  const scores = (await learner.fit(rows, options)).scoresOf(vectors.subarray(train * width))
  return forecastQuality([...scores].map((score, at) => ({ score, label: bytes[train + at] === 1 ? 1 : 0 })))
}

describe.skipIf(!isThere)('gbdt beside LightGBM, XGBoost and scikit-learn', () => {
  it('is as good as LightGBM on four data sets', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-gbdt-peers-'))
    try {
      const sets = JSON.parse(await (await openPythonPeer()).run(script, [folder])) as PeerSet[]
      expect(sets.map(({ name }) => name)).toEqual(['nonlinear', 'breast-cancer', 'imbalanced', 'stations'])
      for (const set of sets) {
        const own = await ownQuality(set, folder)
        const { lightgbm } = set.qualities
        const found = `${set.name}: ${String(own.logLoss)}, ${String(own.auc)} beside ${JSON.stringify(set.qualities)}`
        expect.soft(own.logLoss, found).toBeLessThanOrEqual(lightgbm.logLoss * (1 + SHARE_MAX))
        expect.soft(own.auc, found).toBeGreaterThanOrEqual(lightgbm.auc * (1 - SHARE_MAX))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
