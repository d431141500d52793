import { expect, it } from 'vitest'
import { featureStoreConfigSchema } from '#feature-store'
import { trainerConfigSchema } from '../../config.ts'
import { runFailures, type Audit } from '../report/index.ts'
import { movieLensFeed, openBanditFeed } from '../datasets/index.ts'
import { ingestReport, ingestReportText } from './ingest-report.ts'

const audit: Audit = {
  interactions: {
    produced: 3,
    applied: 3,
    lost: 0,
    duplicates: 0,
    entities: 2,
    entitiesDifferent: 0,
    firstDifference: null,
    acknowledged: 3,
    deadLetters: 0,
  },
  requests: 2,
  predictions: { written: 2, lost: 0, duplicates: 0, fallbacks: {}, latencyMs: null },
  freshnessMs: null,
  outcomes: 3,
  examples: 2,
  models: [],
  swaps: { count: 1, failedRequests: 0 },
  drift: { injectedAtMs: null, detectedAtMs: null, kind: null, cause: null, falseAlarms: 0 },
  skew: { vectorsChecked: 2, mismatches: 0, firstMismatch: null },
  judged: [
    { occurredAtMs: 0, modelId: 'm', score: 0.8, label: 1 },
    { occurredAtMs: 1, modelId: 'm', score: 0.4, label: 0 },
  ],
}
const counts = {
  items: 1,
  users: 1,
  requests: 2,
  interactions: 3,
  answered: 2,
  unanswered: 0,
  fromMs: 0,
  toMs: 1,
}

it('states normalized entropy, log-loss, AUC and calibration against the base rate predictor', () => {
  const report = ingestReport('open-bandit', audit, counts, 4)
  expect(report.quality).toMatchObject({ examples: 2, positives: 1, auc: 1 })
  expect(report.quality.logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12)
  expect(report.quality.baseLogLoss).toBeCloseTo(Math.LN2, 12)
  expect(report.quality.calibration).toBeCloseTo(1.2, 12)
  expect(runFailures(report)).toEqual([])
  expect(ingestReportText(report, [])).toContain('All checks passed.')
})

it('sees what was lost', () => {
  const spoilt = {
    ...audit,
    interactions: { ...audit.interactions, lost: 2 },
    skew: { ...audit.skew, mismatches: 1 },
  }
  const failures = runFailures(ingestReport('open-bandit', spoilt, counts, 4))
  expect(failures).toEqual(['2 interactions were lost', '1 recorded vectors differ from the log'])
})

it.each([
  ['open-bandit', openBanditFeed()],
  ['movielens', movieLensFeed()],
])('has a valid feed for %s', (_name, { features, trainer }) => {
  expect(featureStoreConfigSchema.parse(features).features.length).toBeGreaterThan(5)
  expect(trainerConfigSchema.parse(trainer).labels[trainer.objective!]).toBeDefined()
})
