import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFeedloop } from '#streams/testing'
import { describeServices } from '#streams/testing/services'

/** 36 minutes of feed: a first model, no drift yet. */
const MINUTES = 0.6

/** What `--report` writes, as far as a short run can show it. */
interface Report {
  durationSeconds: number
  interactions: Record<string, number>
  requests: number
  predictions: { written: number; lost: number; duplicates: number; latencyMs: { p50: number; p99: number } }
  freshnessMs: { p50: number; p99: number }
  outcomes: number
  examples: number
  models: { id: string; learner: string; stage: string; promotedAtMs: number | null; reason: string }[]
  retrains: { learner: string; outcome: string | null }[]
  swaps: { count: number; failedRequests: number }
  drift: { injectedAtMs: number | null; detectedAtMs: number | null; kind: unknown; cause: unknown }
  normalizedEntropy: Record<'beforeDrift' | 'atWorst' | 'afterRecovery', number | null>
  skew: { vectorsChecked: number; mismatches: number }
}

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-demo-test-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describeServices('the demo on real services', (addresses) => {
  it('closes the loop, loses nothing, and reports what an independent pass counted', async () => {
    const file = join(folder, 'report.json')
    const argv = ['demo', '--minutes', String(MINUTES), '--report', file]
    const { exitCode, stdout, stderr } = await startFeedloop(argv, addresses).ended
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/is now champion/)
    expect(stdout).toMatch(/RETRAIN: Retraining of logistic .* its model logistic-click-1-/)
    expect(stdout).toMatch(/events\/s .*lag .*latency p50 .*model .*entropy .*drift none yet/)
    expect(stdout).toContain('All checks passed.')

    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    expect(report.interactions['produced']).toBeGreaterThan(1_000)
    expect(report.interactions).toMatchObject({
      acknowledged: report.interactions['produced'],
      applied: report.interactions['produced'],
      lost: 0,
      duplicates: 0,
      entitiesDifferent: 0,
      deadLetters: 0,
    })
    expect(report.predictions).toMatchObject({ written: report.requests, lost: 0, duplicates: 0 })
    for (const { p50, p99 } of [report.predictions.latencyMs, report.freshnessMs]) {
      expect(p50).toBeGreaterThan(0)
      expect(p99).toBeGreaterThanOrEqual(p50)
    }
    expect(report.outcomes).toBeGreaterThan(report.examples)
    expect(report.examples).toBeGreaterThan(1_000)
    const promoted = report.models.filter(({ promotedAtMs }) => promotedAtMs !== null)
    expect(promoted.length).toBeGreaterThanOrEqual(1)
    expect(report.retrains.filter(({ outcome }) => outcome === 'made').length).toBeGreaterThanOrEqual(2)
    expect(report.swaps.count).toBeGreaterThanOrEqual(1)
    expect(report.swaps.failedRequests).toBe(0)
    expect(report.drift).toMatchObject({ injectedAtMs: null, detectedAtMs: null })
    expect(report.normalizedEntropy.beforeDrift).toBeLessThan(1)
    expect(report.skew.vectorsChecked).toBeGreaterThan(1_000)
    expect(report.skew.mismatches).toBe(0)
  })
})
