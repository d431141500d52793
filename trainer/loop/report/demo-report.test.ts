import { describe, expect, it } from 'vitest'
import { failuresOf, type DemoReport } from './demo-report.ts'

const model = (id: string, promotedAtMs: number | null) => ({
  id,
  learner: 'ftrl',
  stage: 'retired' as const,
  promotedAtMs,
  reason: '',
  metrics: {},
})

function sound(): DemoReport {
  return {
    durationSeconds: 180,
    interactions: {
      produced: 10,
      applied: 10,
      lost: 0,
      duplicates: 0,
      entities: 4,
      entitiesDifferent: 0,
      firstDifference: null,
      acknowledged: 10,
      deadLetters: 0,
      deadLettersBy: [],
    },
    requests: 5,
    predictions: {
      written: 5,
      lost: 0,
      duplicates: 0,
      fallbacks: { no_model: 1 },
      latencyMs: { p50: 1, p99: 2 },
    },
    freshnessMs: { p50: 1, p99: 2 },
    outcomes: 5,
    examples: 5,
    examplesMissing: 0,
    models: [model('m1', 1), model('m2', 2), model('m3', 3)],
    swaps: { count: 3, failedRequests: 0 },
    retrains: [],
    drift: { injectedAtMs: 10, detectedAtMs: 20, kind: 'concept', cause: 'c', falseAlarms: 0 },
    normalizedEntropy: { beforeDrift: 0.85, atWorst: 1.4, afterRecovery: 0.866 },
    bestReachable: { beforeDrift: 0.8, atWorst: 0.8, afterRecovery: 0.8 },
    skew: { vectorsChecked: 100, mismatches: 0, firstMismatch: null },
    feed: { clockSpeed: 60, fromMs: 0, toMs: 1 },
  }
}

const all = { drift: true, recovery: true }

describe('failuresOf', () => {
  it('finds nothing wrong with a sound run', () => {
    expect(failuresOf(sound(), all)).toEqual([])
  })

  it.each<[string, (report: DemoReport) => void, RegExp]>([
    ['a lost interaction', (r) => (r.interactions.lost = 1), /1 interactions were lost/],
    ['one applied twice', (r) => (r.interactions.duplicates = 2), /2 .*more than once/],
    ['a state that differs', (r) => (r.interactions.entitiesDifferent = 1), /differ from a replay/],
    ['a dead letter', (r) => (r.interactions.deadLetters = 1), /dead-lettered/],
    ['a lost prediction', (r) => (r.predictions.lost = 1), /never answered/],
    ['a duplicate prediction', (r) => (r.predictions.duplicates = 1), /written twice/],
    ['a failed request', (r) => (r.swaps.failedRequests = 1), /failed/],
    ['a skewed vector', (r) => (r.skew.mismatches = 1), /differ from the log/],
    ['nothing checked', (r) => (r.skew.vectorsChecked = 0), /no vector/],
    ['nothing produced', (r) => (r.interactions.produced = 0), /no interactions/],
    ['a false alarm', (r) => (r.drift.falseAlarms = 1), /before the drift/],
    ['no alarm', (r) => (r.drift.detectedAtMs = null), /not detected/],
    ['two models', (r) => (r.models[2]!.promotedAtMs = null), /2 models were promoted, expected 3/],
    ['no recovery', (r) => (r.normalizedEntropy.afterRecovery = 0.868), /2\.1 % above/],
    ['no measurement', (r) => (r.normalizedEntropy.afterRecovery = null), /could not be measured/],
  ])('sees %s', (_name, spoil, text) => {
    const report = sound()
    spoil(report)
    expect(failuresOf(report, all)).toEqual([expect.stringMatching(text)])
  })

  it('measures the recovery by what was reachable', () => {
    const report = sound()
    report.normalizedEntropy.afterRecovery = 0.9
    expect(failuresOf(report, all)).toHaveLength(1)
    report.bestReachable.afterRecovery = 0.84
    expect(failuresOf(report, all)).toEqual([])
    report.bestReachable = { beforeDrift: 0.84, atWorst: null, afterRecovery: 0.8 }
    report.normalizedEntropy.afterRecovery = 0.85
    expect(failuresOf(report, all)).toEqual([expect.stringMatching(/5\.0 % above/)])
  })

  it('does not ask a short run for a drift or a recovery', () => {
    const report = { ...sound(), models: [], drift: { ...sound().drift, detectedAtMs: null } }
    expect(failuresOf(report, { drift: false, recovery: false })).toEqual([])
  })
})
