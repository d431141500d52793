import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasPython } from '#schemas/testing'
import { describe, expect, it } from 'vitest'
import { logLossOf } from '../metrics/index.ts'
import { openPythonPeer } from '../testing/process-python-peer.ts'
import { createFtrl, ftrlConfigSchema } from './ftrl.ts'

interface PeerStream {
  name: string
  width: number
  /** Columns of hashed ids. */
  buckets: { columns: number[]; range: number }[]
  settings: object
  /** Mean log-loss, each example scored before it is learned. */
  losses: Record<'river' | 'vowpal wabbit', number>
}
const isThere = await hasPython()

const script = path.join(import.meta.dirname, 'peers', 'ftrl_peers.py')
/** Log-loss may be this much above either. */
const SHARE_MAX = 0.01

async function ownLoss({ name, width, buckets, settings }: PeerStream, folder: string): Promise<number> {
  const bytesOf = async (ending: string) =>
    Uint8Array.from(await readFile(path.join(folder, `${name}.${ending}`)))
  const vectors = new Float32Array((await bytesOf('f32')).buffer)
  const weights = new Float32Array((await bytesOf('w32')).buffer)
  const labels = await bytesOf('u8')
  const ftrl = createFtrl(ftrlConfigSchema.parse({ ...settings, sightingsMin: 1 }), {
    width,
    graphName: 'ftrl',
    buckets,
  })
  let [losses, all] = [0, 0]
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] === 1 ? 1 : 0
    const weight = weights[row]!
    const score = ftrl.update({ vector: vectors.subarray(row * width, (row + 1) * width), label, weight })
    losses += weight * logLossOf(score, label)
    all += weight
  }
  return losses / all
}

describe.skipIf(!isThere)('ftrl beside River and Vowpal Wabbit', () => {
  it('is as good on the same streams: dense, with importances, and hashed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-ftrl-peers-'))
    try {
      const streams = JSON.parse(await (await openPythonPeer()).run(script, [folder])) as PeerStream[]
      expect(streams.map(({ name }) => name)).toEqual(['dense', 'weighted', 'hashed'])
      for (const stream of streams) {
        const own = await ownLoss(stream, folder)
        for (const [peer, loss] of Object.entries(stream.losses))
          expect
            .soft(own, `${stream.name}: ${peer} ${String(loss)}`)
            .toBeLessThanOrEqual(loss * (1 + SHARE_MAX))
        // The same arithmetic, but for float32 and the order of steps: better would be as wrong as worse.
        expect.soft(own, stream.name).toBeGreaterThan(stream.losses['vowpal wabbit'] * (1 - SHARE_MAX))
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
