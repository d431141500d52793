import { fixedText as fixed, table } from '#streams'
import type { Estimate } from './bootstrap.ts'
import type { BacktestReport, BacktestResult } from './backtest-report.ts'
import { durationText } from '../duration.ts'
import type { Gate } from './serving.ts'
import type { Interval } from './paired.ts'

/** The report for people. */
export function backtestText(report: BacktestReport): string {
  const { results, days } = report
  const byDay = days
    .slice(-DAYS_SHOWN_MAX)
    .map(({ day, date, ...metrics }) => [
      String(day),
      date,
      ...[metrics.rows, metrics.positives].map(String),
      fixed(metrics.normalizedEntropy, 4),
      fixed(metrics.auc, 4),
      fixed(metrics.groupedAuc, 4),
      fixed(metrics.calibration, 3),
      String(metrics.retrains),
      metrics.seconds.toFixed(1),
    ])
  const columns = [
    'day',
    'date',
    'rows',
    'positive',
    'entropy',
    'AUC',
    'per request',
    'calibration',
    'models',
    's',
  ]
  return [
    ...factsOf(report),
    '',
    table(HEADINGS, results.map(lineOf)),
    '',
    ...results.filter(({ kind }) => kind === 'learner').flatMap(choicesOf),
    `${results[0]!.name} by day${days.length > DAYS_SHOWN_MAX ? `, the last ${String(DAYS_SHOWN_MAX)} of ${String(days.length)} (--json has all)` : ''}:`,
    '',
    table(columns, byDay),
    '',
    ...offPolicyLines(results),
    'entropy: normalized; 1 is always saying the base rate of the same rows, lower is better. per request: mean AUC of the',
    'requests that show both labels. ECE: calibration error, and what chance alone would show. [ ]: of the difference in',
    'entropy to the first line, 95 % of resampled users. s: of its fits, which run side by side and beside the log.',
    '',
  ].join('\n')
}

/** What each ranking would have brought, where the log says by what chance things were shown. null: it does not. */
export function offPolicyTable(results: readonly BacktestResult[]): OffPolicyTable | null {
  const told = results.flatMap(({ name, gate, offPolicy }) =>
    offPolicy === null ? [] : [{ who: gate === 'live' ? `${name} (gate)` : name, offPolicy }],
  )
  if (told.length === 0) return null
  const { choices, logged } = told[0]!.offPolicy
  return {
    about: `Mean reward of showing in each place what the models rank there, from ${count(choices)} choices by known chances, which brought ${estimateText(logged)}. Brackets: 95 % of resampled users.`,
    head: ['who', 'same choice', 'IPS', 'SNIPS', 'doubly robust'],
    rows: told.map(({ who, offPolicy: { same, ips, snips, dr } }) => [
      who,
      count(same),
      ...[ips, snips, dr].map(estimateText),
    ]),
  }
}

interface OffPolicyTable {
  about: string
  head: string[]
  rows: string[][]
}

function offPolicyLines(results: readonly BacktestResult[]): string[] {
  const told = offPolicyTable(results)
  return told === null ? [] : [`Off-policy. ${told.about}`, '', table(told.head, told.rows), '']
}

const DAYS_SHOWN_MAX = 14

const HEADINGS = [
  'who',
  'goes live',
  'entropy',
  'less the first',
  'log-loss',
  'AUC',
  'per request',
  'NDCG@10',
  'calibration',
  'ECE (chance)',
  'accuracy',
  'models',
  's',
]

function lineOf({ name, kind, gate, total, served, againstFirst, live }: BacktestResult): string[] {
  const isLearner = kind === 'learner'
  const share = served < 1 && isLearner ? `, ${(served * 100).toFixed(0)} % served` : ''
  const goesLive = !isLearner
    ? ''
    : gate === 'none'
      ? goesLiveOf(gate)
      : `${goesLiveOf(gate)} (${String(live.length)})${share}`
  return [
    name,
    goesLive,
    fixed(total.normalizedEntropy, 4),
    intervalText(againstFirst?.normalizedEntropy ?? null),
    fixed(total.logLoss, 5),
    fixed(total.auc, 4),
    fixed(total.groupedAuc, 4),
    fixed(total.ndcg10, 4),
    fixed(total.calibration, 3),
    total.ece === null ? '-' : `${total.ece.toFixed(4)} (${fixed(total.eceNoiseFloor, 4)})`,
    fixed(total.accuracy, 4),
    isLearner ? String(total.retrains) : '',
    isLearner ? total.seconds.toFixed(1) : '',
  ]
}

/** How often which settings and calibrations were chosen. */
function choicesOf({ name, gate, settings, recalibrations }: BacktestResult): string[] {
  const calibrations: Record<string, number> = {}
  for (const { kind } of recalibrations) calibrations[kind] = (calibrations[kind] ?? 0) + 1
  const told = (what: string, counts: Readonly<Record<string, number>>) => {
    const times = Object.entries(counts).map(([choice, count]) => `${choice} ${String(count)}`)
    return times.length === 0 ? [] : [`${name}, ${goesLiveOf(gate)}, ${what}: ${times.join(', ')}`]
  }
  return [
    ...(gate === 'none' ? told('models by the settings that were chosen', settings) : []),
    ...told('calibrated anew by', calibrations),
  ]
}

const goesLiveOf = (gate: Gate) => (gate === 'none' ? 'at once' : 'gate')

/** What was played and judged, a sentence each. */
export function factsOf({
  dataset,
  settings,
  featureSets,
  log,
  leftOut,
  rows,
  positives,
  wallSeconds,
}: BacktestReport): string[] {
  const { objective, retrainEveryMs, retrainGrowthMin, windowMs, labelDelayMs, fromDay } = settings
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const grown = retrainGrowthMin === 0 ? '' : ` when ${String(retrainGrowthMin * 100)} % is new`
  const retrained =
    retrainEveryMs === null ? 'one model' : `a model every ${durationText(retrainEveryMs)}${grown}`
  const window = windowMs === null ? 'all of the log so far' : `the last ${durationText(windowMs)}`
  const known = labelDelayMs === null ? 'its horizon and grace' : durationText(labelDelayMs)
  const sets = featureSets.map(
    ({ name, columns }) => `${String(columns)} columns${name === '' ? '' : ` (${name})`}`,
  )
  const { notShown, beforeFromDay, beforeFirstModel } = leftOut
  return [
    `${dataset}: ${count(log.requests)} requests, ${day(log.fromMs)} to ${day(log.toMs)}, ${sets.join(', ')}`,
    `${retrained} from ${window}; ${objective} is known after ${known}`,
    `${count(rows)} shown items judged from day ${String(fromDay)} on, ${count(positives)} positive; not judged: ${count(beforeFromDay)} before that day, ${count(beforeFirstModel)} before the first model, ${count(notShown)} not shown`,
    ...log.notes.map((note) => `note: ${note}`),
    `${wallSeconds.toFixed(1)} s`,
  ]
}

export function intervalText(interval: Interval | null): string {
  if (interval === null) return ''
  const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`
  return `${signed(interval.difference)} [${signed(interval.low)}, ${signed(interval.high)}]`
}

const estimateText = (estimate: Estimate | null) =>
  estimate === null
    ? '-'
    : `${estimate.value.toFixed(5)} [${estimate.low.toFixed(5)}, ${estimate.high.toFixed(5)}]`
const count = (value: number) => value.toLocaleString('en-US')
