import { describe, expect, it } from 'vitest'
import { movieLensFeed, openBanditFeed } from '../datasets/index.ts'
import { feedSchema } from '../feed.ts'
import type { Audit } from '../report/index.ts'
import { ingestFailures } from './ingest-failures.ts'
import { ingestReport, ingestReportText } from './ingest-report.ts'
import { pacedFeed } from './paced-feed.ts'

const model = {
  id: 'm',
  learner: 'ftrl',
  stage: 'champion' as const,
  promotedAtMs: 1,
  reason: 'First model.',
  metrics: { examples: 400 },
}

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
    deadLettersBy: [],
  },
  requests: 2,
  predictions: { written: 2, lost: 0, duplicates: 0, fallbacks: {}, latencyMs: null },
  freshnessMs: null,
  outcomes: 3,
  examples: 2,
  examplesMissing: 0,
  models: [model],
  swaps: { count: 1, failedRequests: 0 },
  retrains: [],
  drift: { injectedAtMs: null, detectedAtMs: null, kind: null, cause: null, falseAlarms: 0 },
  skew: { vectorsChecked: 2, mismatches: 0, firstMismatch: null },
  judged: [
    { requestId: 'r1', itemId: 'i', occurredAtMs: 0, modelId: 'm', score: 0.8, label: 1 },
    { requestId: 'r2', itemId: 'i', occurredAtMs: 1, modelId: 'm', score: 0.4, label: 0 },
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

const run = {
  dataset: 'open-bandit',
  consistency: 'eventual' as const,
  beside: null,
  rows: 2,
  judgedFromMs: 0,
  stoppedEarly: false,
  counts,
  durationSeconds: 4,
}

it('states normalized entropy, log-loss, AUC and calibration against the base rate predictor', () => {
  const report = ingestReport(audit, run)
  expect(report.quality).toMatchObject({ examples: 2, positives: 1, auc: 1 })
  expect(report.quality.logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12)
  expect(report.quality.baseLogLoss).toBeCloseTo(Math.LN2, 12)
  expect(report.quality.calibration).toBeCloseTo(1.2, 12)
  expect(ingestFailures(report)).toEqual([])
  expect(ingestReportText(report, [])).toContain('All checks passed.')
})

describe('a run that failed', () => {
  const failuresAfter = (change: Partial<Audit>, ofRun: Partial<typeof run> = {}) =>
    ingestFailures(ingestReport({ ...audit, ...change }, { ...run, ...ofRun }))

  it('lost something, or left it out', () => {
    const interactions = { ...audit.interactions, lost: 2 }
    expect(failuresAfter({ interactions, skew: { ...audit.skew, mismatches: 1 } })).toEqual([
      '2 interactions were lost',
      '1 recorded vectors differ from the log',
    ])
    expect(failuresAfter({}, { rows: 5 })).toEqual(['3 of 5 impressions were not sent'])
    expect(failuresAfter({}, { rows: 5, stoppedEarly: true })).toEqual([])
    expect(failuresAfter({ examplesMissing: 7 })).toEqual([
      '7 examples are missing, whose labels were final before the log ended',
    ])
  })

  it('made no model, or judged none', () => {
    expect(failuresAfter({ models: [] })).toEqual([
      'no model was made of 2 matured examples: the log is too short for one',
    ])
    const waiting = { ...model, stage: 'candidate' as const, promotedAtMs: null, metrics: {} }
    expect(failuresAfter({ models: [waiting] })).toEqual([
      '1 model was made, but none was judged before the log ended',
    ])
  })
})

it('says that models were judged and none was good enough, which is no failure', () => {
  const reason =
    'As a first model it needs less than 1, it has normalized entropy 1.0312 on 412 fresh examples.'
  const rejected = { ...model, stage: 'rejected' as const, promotedAtMs: null, reason }
  const given = { ...rejected, reason: 'Drift was detected while it was judged.', metrics: {} }
  const report = ingestReport({ ...audit, models: [rejected, given], judged: [] }, run)
  expect(ingestFailures(report)).toEqual([])
  const text = ingestReportText(report, [])
  expect(text).toContain(`0 promoted of 2: none was good enough to serve. Of the last one judged: ${reason}`)
  expect(text).toContain('no shown item had been scored by a model')
  expect(text).not.toContain('normalized entropy  ')
})

it.each([
  ['open-bandit', openBanditFeed()],
  ['movielens', movieLensFeed()],
])('has a valid feed for %s, in which examples wait for fits', (_name, feed) => {
  const { features, trainer } = feedSchema.parse(pacedFeed(feed))
  expect(features.features.length).toBeGreaterThan(5)
  expect(trainer.labels[trainer.objective]).toBeDefined()
  expect(trainer.retrain.examplesWait).toBe(true)
})

it('judges from the day on that is asked for', () => {
  expect(ingestReport(audit, { ...run, judgedFromMs: 1 }).quality).toMatchObject({
    examples: 1,
    positives: 0,
  })
})
