import { verdictText, type DemoReport, type Quantiles } from '../report/index.ts'

/** The report for people, one fact a line. */
export function reportText(report: DemoReport, failures: readonly string[]): string {
  const { interactions, predictions, swaps, drift, normalizedEntropy, bestReachable, skew } = report
  const { models, retrains } = report
  const entropy = (value: number | null) => (value === null ? '-' : value.toFixed(3))
  const milliseconds = (value: Quantiles | null) =>
    value === null ? '-' : `p50 ${value.p50.toFixed(0)} ms, p99 ${value.p99.toFixed(0)} ms`
  const lines: [string, string][] = [
    ['duration', `${report.durationSeconds.toFixed(0)} s, feed clock ${String(report.feed.clockSpeed)}x`],
    [
      'interactions',
      `${String(interactions.produced)} produced, ${String(interactions.applied)} applied, ${String(interactions.lost)} lost, ${String(interactions.duplicates)} duplicates`,
    ],
    [
      'states',
      `${String(interactions.entities)} compared with a replay of the log, ${String(interactions.entitiesDifferent)} differ`,
    ],
    ['requests', String(report.requests)],
    [
      'predictions',
      `${String(predictions.written)} written, ${String(predictions.lost)} lost, ${String(predictions.duplicates)} duplicates; without a model: ${fallbackText(predictions.fallbacks)}`,
    ],
    ['prediction latency', milliseconds(predictions.latencyMs)],
    ['freshness', milliseconds(report.freshnessMs)],
    ['outcomes, examples', `${String(report.outcomes)}, ${String(report.examples)}`],
    ['swaps', `${String(swaps.count)} models answered, ${String(swaps.failedRequests)} requests failed`],
    [
      'normalized entropy',
      `before the drift ${entropy(normalizedEntropy.beforeDrift)}, at worst ${entropy(normalizedEntropy.atWorst)}, after recovery ${entropy(normalizedEntropy.afterRecovery)}`,
    ],
    [
      'best reachable',
      `before the drift ${entropy(bestReachable.beforeDrift)}, at worst ${entropy(bestReachable.atWorst)}, after recovery ${entropy(bestReachable.afterRecovery)}`,
    ],
    ['retrains', retrainsText(retrains)],
    ['drift', driftText(drift)],
    [
      'skew',
      `${String(skew.vectorsChecked)} vectors computed again from the log, ${String(skew.mismatches)} differ`,
    ],
  ]
  const promoted = models.filter(({ promotedAtMs }) => promotedAtMs !== null)
  return [
    'What an independent pass over topics and store found:',
    '',
    ...lines.map(([label, value]) => `  ${label.padEnd(20)}${value}`),
    '',
    ...promoted.map(({ id, reason }) => `  ${'promoted'.padEnd(20)}${id}: ${reason}`),
    // Those that made one are in the sum, and what came of it is above.
    ...retrains
      .filter(({ outcome }) => outcome !== 'made')
      .map(({ told }) => `  ${'retrained'.padEnd(20)}${told}`),
    '',
    verdictText(failures),
    '',
  ].join('\n')
}

function fallbackText(fallbacks: Record<string, number>): string {
  const reasons = Object.entries(fallbacks).map(([reason, count]) => `${String(count)} ${reason}`)
  return reasons.length === 0 ? 'none' : reasons.join(', ')
}

function retrainsText(retrains: DemoReport['retrains']): string {
  if (retrains.length === 0) return 'none: what learns online has its model at once'
  const of = (wanted: string | null) => retrains.filter(({ outcome }) => outcome === wanted).length
  const seconds = retrains.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0)
  const others = [
    [of('failed'), 'failed'],
    [of('abandoned'), 'given up'],
    [of(null), 'not over at the end'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${String(count)} ${String(what)}`]))
  return [`${String(of('made'))} made a model, ${seconds.toFixed(1)} s of fitting in all`, ...others].join(
    ', ',
  )
}

function driftText({ injectedAtMs, detectedAtMs, kind, cause, falseAlarms }: DemoReport['drift']): string {
  const early = falseAlarms === 0 ? '' : `; ${String(falseAlarms)} false alarms`
  if (injectedAtMs === null) return `none injected${early}`
  if (detectedAtMs === null) return `injected, not detected${early}`
  return `${String(kind)}, detected ${((detectedAtMs - injectedAtMs) / 1_000).toFixed(0)} s after the injection: ${String(cause)}${early}`
}
