import type { IngestCounts } from './kafka-ingest.ts'
import { forecastQuality, type ForecastQuality } from '../../metrics/index.ts'
import { verdictText, type Audit } from '../report/index.ts'

/** What became of a log that went through the loop, counted from topics and store. */
export interface IngestReport {
  dataset: string
  durationSeconds: number
  /** Event time of the log's first and last impression that was sent. */
  log: { impressions: number; fromMs: number; toMs: number; unanswered: number }
  /** Of predictions that a model made before the outcome was known, against always saying their base rate. */
  quality: ForecastQuality
  interactions: Audit['interactions']
  requests: number
  predictions: Audit['predictions']
  examples: number
  models: Audit['models']
  skew: Audit['skew']
}

export function ingestReport(
  dataset: string,
  audit: Audit,
  counts: IngestCounts,
  durationSeconds: number,
): IngestReport {
  const { interactions, requests, predictions, examples, models, skew, judged } = audit
  return {
    dataset,
    durationSeconds,
    log: {
      impressions: counts.requests,
      fromMs: counts.fromMs,
      toMs: counts.toMs,
      unanswered: counts.unanswered,
    },
    quality: forecastQuality(judged),
    interactions,
    requests,
    predictions,
    examples,
    models,
    skew,
  }
}

/** The report for people, one fact a line. */
export function ingestReportText(report: IngestReport, failures: readonly string[]): string {
  const { log, quality, interactions, predictions, models, skew } = report
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const fixed = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits))
  const promoted = models.filter(({ promotedAtMs }) => promotedAtMs !== null)
  const lines: [string, string][] = [
    [
      'log',
      `${report.dataset}: ${String(log.impressions)} impressions, ${day(log.fromMs)} to ${day(log.toMs)}`,
    ],
    ['duration', `${report.durationSeconds.toFixed(0)} s`],
    [
      'interactions',
      `${String(interactions.produced)} produced, ${String(interactions.lost)} lost, ${String(interactions.duplicates)} duplicates`,
    ],
    [
      'predictions',
      `${String(predictions.written)} written, ${String(predictions.lost)} lost, ${String(predictions.duplicates)} duplicates`,
    ],
    ['judged', `${String(quality.examples)} predictions by models, ${String(quality.positives)} positive`],
    ['normalized entropy', `${fixed(quality.normalizedEntropy, 4)} (the base rate predictor is 1)`],
    ['log-loss', `${fixed(quality.logLoss, 5)}, base rate predictor ${fixed(quality.baseLogLoss, 5)}`],
    ['AUC', `${fixed(quality.auc, 4)}, base rate predictor 0.5`],
    ['calibration', `${fixed(quality.calibration, 3)} (mean score over base rate, 1 is right)`],
    ['models', `${String(promoted.length)} promoted of ${String(models.length)}`],
    [
      'skew',
      `${String(skew.vectorsChecked)} vectors computed again from the log, ${String(skew.mismatches)} differ`,
    ],
  ]
  return [
    'What an independent pass over topics and store found:',
    '',
    ...lines.map(([label, value]) => `  ${label.padEnd(20)}${value}`),
    '',
    verdictText(failures),
    '',
  ].join('\n')
}
