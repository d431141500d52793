import type { ModelManifest } from '#schemas'
import type { MetricsReport, TrainingReport } from './training-report.ts'

/** What a tracker needs to know of a run (run.json). Paths are relative to the run's folder. */
export interface RunRecord {
  runId: string
  experiment: string
  startedAtMs: number
  endedAtMs: number
  params: Record<string, string>
  metrics: Record<string, { step: number; timestampMs: number; value: number }[]>
  tags: Record<string, string>
  artifacts: string[]
  model?: { file: string; manifest: string; name: string }
}

/** Names of the files in a run's folder. */
export const RUN_FILES = {
  model: 'model.onnx',
  manifest: 'manifest.json',
  golden: 'golden.json',
  metrics: 'metrics.json',
  curves: 'curves.json',
  data: 'data.json',
  test: 'test.parquet',
  run: 'run.json',
} as const

const QUALITY = [
  'normalizedEntropy',
  'logLoss',
  'auc',
  'groupedAuc',
  'ndcg10',
  'calibration',
  'ece',
  'brier',
  'accuracy',
  'precision',
  'recall',
  'f1',
] as const

export function runRecordOf(report: TrainingReport, experiment: string): RunRecord {
  const { metrics, data, curves, choice, seed, startedAtMs, endedAtMs } = report
  const { use, name, ...settings } = choice
  const told: RunRecord['metrics'] = {}
  const tell = (metric: string, values: readonly (number | null)[]) => {
    const known = values.flatMap((value, step) =>
      value === null || !Number.isFinite(value) ? [] : [{ step, timestampMs: endedAtMs, value }],
    )
    if (known.length > 0) told[metric] = known
  }
  for (const part of ['test', 'validation', 'train'] as const)
    for (const metric of QUALITY) tell(`${part}.${metric}`, [metrics[part][metric]])
  for (const baseline of metrics.baselines)
    tell(`baseline.${plain(baseline.name)}.normalizedEntropy`, [baseline.test.normalizedEntropy])
  for (const part of ['before', 'after'] as const)
    for (const metric of ['calibration', 'ece'] as const)
      tell(`calibration.${part}.${metric}`, [metrics.calibration[part][metric]])
  tell('threshold', [metrics.threshold.threshold])
  tell('cost', [metrics.threshold.testCost])
  tell('validation.logLossByRound', metrics.rounds)
  tell(
    'test.normalizedEntropyOverTime',
    curves.series.map(({ normalizedEntropy }) => normalizedEntropy),
  )
  for (const [phase, value] of Object.entries(metrics.phases)) tell(`phase.${phase}`, [value as number])
  return {
    runId: metrics.runId,
    experiment,
    startedAtMs,
    endedAtMs,
    params: {
      learner: use,
      name,
      seed: String(seed),
      dataset: data.dataset,
      label: data.label,
      featureSetId: data.featureSetId,
      rows: String(data.rows),
      mockRows: String(data.mockRows),
      validationShare: String(data.split.shares.validation),
      testShare: String(data.split.shares.test),
      costFalsePositive: String(metrics.threshold.costs.falsePositive),
      costFalseNegative: String(metrics.threshold.costs.falseNegative),
      userRowsCounted: String(data.balance.rowsCounted),
      ...Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [
          `setting.${key}`,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    },
    metrics: told,
    tags: {
      ...{ tool: 'feedloop', modelId: metrics.modelId },
      calibrationId: metrics.calibration.calibrationId,
    },
    artifacts: Object.values(RUN_FILES).filter((file) => file !== RUN_FILES.run),
    model: {
      file: RUN_FILES.model,
      manifest: RUN_FILES.manifest,
      name: `${plain(experiment)}-${data.label}`,
    },
  }
}

/** As registries take names. */
const plain = (name: string) => name.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '')

/** When, with what, and the beginning of the model's hash. */
export function runIdOf(startedAtMs: number, learner: string, onnxSha256: string): string {
  const at = new Date(startedAtMs).toISOString()
  return `${at.slice(0, 10).replaceAll('-', '')}-${at.slice(11, 19).replaceAll(':', '')}-${learner}-${onnxSha256.slice(0, 8)}`
}

/** What a manifest says of how good its model is. */
export function manifestMetrics({ test }: Pick<MetricsReport, 'test'>): ModelManifest['metrics'] {
  const { normalizedEntropy, logLoss, auc, calibration } = test
  const told = { normalizedEntropy, logLoss, auc, calibration, examples: test.rows }
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
}
