import type { IngestCounts } from './kafka-ingest.ts'
import type { Consistency } from './read-consistency.ts'
import { forecastQuality, type ForecastQuality } from '../../metrics/index.ts'
import { verdictText, type Audit } from '../report/index.ts'
import type { BesideBacktest } from './beside-backtest.ts'
import { modelsText } from './ingest-failures.ts'

/** What became of a log that went through the loop, counted from topics and store. */
export interface IngestReport {
  dataset: string
  consistency: Consistency
  durationSeconds: number
  /** Of the whole duration, until nothing moved any more. */
  requestsPerSecond: number
  log: {
    /** Of the files, and those that were sent. */
    rows: number
    impressions: number
    /** Event time of the first and the last that was sent. */
    fromMs: number
    toMs: number
    unanswered: number
    /** By Ctrl-C: rows are left. */
    stoppedEarly: boolean
  }
  /** Of predictions that a model made before the outcome was known, from `judgedFromMs` on, against always saying their base rate. */
  quality: ForecastQuality
  /** null: none was asked for. */
  beside: BesideBacktest | null
  interactions: Audit['interactions']
  requests: number
  predictions: Audit['predictions']
  examples: number
  examplesMissing: number
  models: Audit['models']
  skew: Audit['skew']
}

/** What the run itself knows. */
export interface IngestRun {
  dataset: string
  consistency: Consistency
  beside: BesideBacktest | null
  /** Impressions in the files. */
  rows: number
  /** Event time from which predictions are judged. */
  judgedFromMs: number
  stoppedEarly: boolean
  counts: IngestCounts
  durationSeconds: number
}

export function ingestReport(audit: Audit, run: IngestRun): IngestReport {
  const { interactions, requests, predictions, examples, examplesMissing, models, skew, judged } = audit
  const { dataset, consistency, beside, rows, judgedFromMs, stoppedEarly, counts, durationSeconds } = run
  return {
    dataset,
    consistency,
    durationSeconds,
    requestsPerSecond: durationSeconds === 0 ? 0 : counts.requests / durationSeconds,
    log: {
      rows,
      impressions: counts.requests,
      fromMs: counts.fromMs,
      toMs: counts.toMs,
      unanswered: counts.unanswered,
      stoppedEarly,
    },
    quality: forecastQuality(judged.filter(({ occurredAtMs }) => occurredAtMs >= judgedFromMs)),
    beside,
    interactions,
    requests,
    predictions,
    examples,
    examplesMissing,
    models,
    skew,
  }
}

/** The report for people, one fact a line. */
export function ingestReportText(report: IngestReport, failures: readonly string[]): string {
  const { log, quality, interactions, predictions, examples, examplesMissing, skew } = report
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const sent = log.impressions === log.rows ? '' : ` of ${String(log.rows)}`
  const lines: [string, string][] = [
    [
      'log',
      `${report.dataset}: ${String(log.impressions)}${sent} impressions, ${day(log.fromMs)} to ${day(log.toMs)}${log.stoppedEarly ? ' (stopped early)' : ''}`,
    ],
    [
      'duration',
      `${report.durationSeconds.toFixed(0)} s, ${report.requestsPerSecond.toFixed(0)} requests/s, consistency ${report.consistency}`,
    ],
    [
      'interactions',
      `${String(interactions.produced)} produced, ${String(interactions.lost)} lost, ${String(interactions.duplicates)} duplicates`,
    ],
    [
      'predictions',
      `${String(predictions.written)} written, ${String(predictions.lost)} lost, ${String(predictions.duplicates)} duplicates`,
    ],
    ['examples', `${String(examples)} matured, ${String(examplesMissing)} missing`],
    ['models', modelsText(report)],
    ...qualityLines(quality),
    ...(report.beside === null ? [] : besideLines(report.beside)),
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

/** Nothing to measure while no model served. */
function qualityLines(quality: ForecastQuality): [string, string][] {
  const { examples, positives, normalizedEntropy, logLoss, baseLogLoss, auc, calibration } = quality
  if (examples === 0) return [['judged', 'no shown item had been scored by a model']]
  return [
    ['judged', `${String(examples)} predictions by models, ${String(positives)} positive`],
    ['normalized entropy', `${fixed(normalizedEntropy, 4)} (the base rate predictor is 1)`],
    ['log-loss', `${fixed(logLoss, 5)}, base rate predictor ${fixed(baseLogLoss, 5)}`],
    ['AUC', `${fixed(auc, 4)}, base rate predictor 0.5`],
    ['calibration', `${fixed(calibration, 3)} (mean score over base rate, 1 is right)`],
  ]
}

/** Features that are named. */
const NAMED_MAX = 3

function besideLines({ rows, loop, backtest, vectors }: BesideBacktest): [string, string][] {
  const { compared, different, features } = vectors
  const named = features.slice(0, NAMED_MAX).map((one) => `${one.name} in ${String(one.different)}`)
  return [
    [
      'beside a backtest',
      `${String(rows)} rows that both judged: the loop has ${fixed(loop.normalizedEntropy, 4)}`,
    ],
    ...backtest.map(({ gate, quality, difference }): [string, string] => [
      `  gate ${gate}`,
      `${fixed(quality.normalizedEntropy, 4)}${difference === null ? '' : `, the loop less it ${fixed(difference.difference, 4)} (${fixed(difference.low, 4)} to ${fixed(difference.high, 4)})`}`,
    ]),
    [
      '  vectors',
      `${String(different)} of ${String(compared)} differ${named.length === 0 ? '' : `: ${named.join(', ')}`}`,
    ],
  ]
}

const fixed = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits))
