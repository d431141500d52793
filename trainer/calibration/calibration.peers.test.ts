import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, describe, it } from 'vitest'
import { probabilityOf } from '#scorer/model'
import { createChance, hasPython } from '#schemas/testing'
import { openPythonPeer } from '../testing/process-python-peer.ts'
import { fitBaseRate } from './base-rate.ts'
import { pooledBlocks } from './isotonic.ts'
import { fitPlatt } from './platt.ts'

const script = path.join(import.meta.dirname, 'peers', 'calibration_peers.py')

interface PeerFit {
  shift: number
  slope: number
  intercept: number
  /** Of the isotonic regression, by rising score. */
  rates: number[]
}

/** Rows whose truth is another line of the log-odds. */
function drawn(seed: number, count: number, slope: number, intercept: number) {
  const chance = createChance(seed)
  const logOdds = Array.from({ length: count }, () => -2 + 6 * (chance() + chance() - 1))
  const labels = logOdds.map((value) => (chance() < probabilityOf(slope * value + intercept) ? 1 : 0))
  return { logOdds, labels }
}

describe.skipIf(!(await hasPython()))('calibrations beside scikit-learn and scipy', () => {
  it('are the same on thousands of rows', async () => {
    const sets = [drawn(1, 5_000, 0.5, -1), drawn(2, 20_000, 1.3, 0.4), drawn(3, 10_000, 1, -3)]
    const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-calibration-peers-'))
    try {
      const file = path.join(folder, 'sets.json')
      await writeFile(file, JSON.stringify(sets))
      const peers = JSON.parse(await (await openPythonPeer()).run(script, [file])) as PeerFit[]
      for (const [n, { logOdds, labels }] of sets.entries()) {
        const rows = { logOdds: Float64Array.from(logOdds), labels: Uint8Array.from(labels) }
        const peer = peers[n]!
        expect(fitBaseRate(rows).shift).toBeCloseTo(peer.shift, 8)
        const platt = fitPlatt(rows)
        expect(platt.slope).toBeCloseTo(peer.slope, 3)
        expect(platt.intercept).toBeCloseTo(peer.intercept, 3)
        const rates = pooledBlocks(rows).flatMap(({ count, positives }) =>
          Array.from({ length: count }, () => positives / count),
        )
        expect(rates).toHaveLength(peer.rates.length)
        for (const [at, rate] of rates.entries()) expect(rate).toBeCloseTo(peer.rates[at]!, 8)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
