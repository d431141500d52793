import type { Forecast } from '../../metrics/index.ts'
import { backtestMetrics, type BacktestMetrics } from './backtest-metrics.ts'
import { type Curves, curvesOf } from '../../metrics/index.ts'
import { BacktestError } from './errors.ts'
import type { Importance } from './importances.ts'
import { forecastsOf, type JudgedRows, judgedRowsOf } from './judged-rows.ts'
import { type OffPolicy, offPolicyOf } from './off-policy.ts'
import { type Paired, pairedDifference } from './paired.ts'
import { BASE_RATE, DAY_MS, dayOf } from './played.ts'
import type { PlayCounts, Played, PlayOptions, Recalibration, Retrain, ScoreColumn } from './played.ts'
import type { Gate, Going } from './serving.ts'

/** How a learner or baseline did. */
export interface BacktestResult {
  name: string
  kind: 'learner' | 'baseline'
  /** How its models went live. */
  gate: Gate
  total: MetricsWithCost
  days: (MetricsWithCost & { day: number; date: string })[]
  /** Share of the rows at which a model of it answered; the base rate stood in at the others. */
  served: number
  /** It less the first of the list, on the same rows; null: it is the first. */
  againstFirst: Paired | null
  /** Of learners, parts of the rows: those that `trainer.slices` declares, then what every log can be looked at by. */
  slices: SliceResult[]
  /** Of learners, where the log says by what chance things were shown: what showing by this ranking would have brought. */
  offPolicy: OffPolicy | null
  /** Of learners without a gate: what features are worth to the last model. */
  importances: readonly Importance[]
  curves: Curves
  /** When which model went live, event time. */
  live: readonly Going[]
  /** Of learners, models by the settings that the trainer chose for them. */
  settings: Readonly<Record<string, number>>
  /** When its models were calibrated anew while they served. */
  recalibrations: readonly Recalibration[]
}

/** A part of the rows. */
export interface SliceResult extends BacktestMetrics {
  slice: string
  value: string
  /** Of all judged rows. */
  share: number
}

export interface MetricsWithCost extends BacktestMetrics {
  /** Models made. */
  retrains: number
  /** Wall clock of making them. */
  seconds: number
}

/** What a backtest found. The keys of the first learner's result are at the top as well, for scripts. */
export interface BacktestReport extends MetricsWithCost {
  dataset: string
  settings: BacktestSettings
  featureSets: { name: string; id: string; columns: number }[]
  /** `stoppedEarly`: the figures are of what was played until then. */
  log: {
    requests: number
    fromMs: number
    toMs: number
    days: number
    stoppedEarly: boolean
    notes: string[]
  }
  leftOut: JudgedRows['leftOut']
  days: BacktestResult['days']
  slices: SliceResult[]
  offPolicy: OffPolicy | null
  /** The first learner first, then the other learners, then the baselines. */
  results: BacktestResult[]
  wallSeconds: number
}

export interface BacktestSettings extends Required<
  Pick<PlayOptions, 'retrainEveryMs' | 'retrainGrowthMin' | 'fromDay'>
> {
  objective: string
  /** null: all of the log. */
  windowMs: number | null
  /** null: after the label's horizon and the grace. */
  labelDelayMs: number | null
  threshold: number
}

/** One configuration and what came of it. */
export interface PlayedFeed {
  /** '' when there is only one. */
  name: string
  played: Played
}

export interface ReportParts {
  dataset: string
  settings: BacktestSettings
  feeds: readonly PlayedFeed[]
  notes: readonly string[]
  stoppedEarly: boolean
  wallSeconds: number
}

/** Bound to one configuration's pass. */
interface Judging {
  feed: PlayedFeed
  judged: JudgedRows
  requests: Int32Array
  users: Int32Array
  fallback: Float32Array
}

/** @throws BacktestError when there is nothing to judge */
export function backtestReport(parts: ReportParts): BacktestReport {
  const { dataset, settings, feeds, wallSeconds } = parts
  const judgings = judgingsOf(feeds, settings.fromDay)
  const first = judgings[0]!
  const compared: { result: BacktestResult; forecasts: Forecast[] }[] = []
  for (const judging of judgings) {
    for (const column of columnsOf(judging, judging === first)) {
      const forecasts = forecastsOf(
        judging.feed.played,
        judging.judged.places,
        column.scores,
        judging.fallback,
      )
      compared.push({ forecasts, result: resultOf(judging, column, forecasts, parts) })
    }
  }
  compared.sort((left, right) => orderOf(left.result) - orderOf(right.result))
  const reference = compared[0]!
  for (const { result, forecasts } of compared.slice(1)) {
    const { users, requests } = first
    result.againstFirst = pairedDifference(
      { users, requests, one: forecasts, other: reference.forecasts },
      dataset,
    )
  }
  const { played } = first.feed
  return {
    dataset,
    ...reference.result.total,
    settings,
    featureSets: feeds.map(({ name, played: { featureSet } }) => ({
      name,
      id: featureSet.id,
      columns: featureSet.width,
    })),
    log: {
      requests: played.counts.requests,
      fromMs: played.fromMs,
      toMs: played.toMs,
      days: dayOf(played.toMs) - dayOf(played.fromMs) + 1,
      stoppedEarly: parts.stoppedEarly,
      notes: [...parts.notes, ...notesOf(played.counts)],
    },
    leftOut: first.judged.leftOut,
    days: reference.result.days,
    slices: reference.result.slices,
    offPolicy: reference.result.offPolicy,
    results: compared.map(({ result }) => result),
    wallSeconds,
  }
}

/** Learners before baselines, those without a gate before those behind it; the order of the configuration is kept. */
const orderOf = ({ kind, gate }: BacktestResult) => (kind === 'baseline' ? 2 : gate === 'live' ? 1 : 0)

function judgingsOf(feeds: readonly PlayedFeed[], fromDay: number): Judging[] {
  const judged = feeds.map(({ played }) => judgedRowsOf(played, fromDay))
  const [shortest] = [...judged].sort((left, right) => left.places.length - right.places.length)
  return feeds.map((feed, place) => {
    const { rows, columns } = feed.played
    // Everybody is judged where the last of them had a model.
    const own = judged[place]!
    const places = own.places.slice(own.places.length - shortest!.places.length)
    if (!sameRows(feeds[0]!.played, feed.played, places)) {
      throw new BacktestError(
        'backtest_rows_differ',
        `The configurations do not agree on what was shown and what came of it: give ${feed.name} the labels of ${feeds[0]!.name}.`,
      )
    }
    return {
      feed,
      judged: { ...own, places },
      requests: Int32Array.from(places, (row) => rows.requests[row]!),
      users: Int32Array.from(places, (row) => rows.users[row]!),
      fallback: columns.find(({ name }) => name === BASE_RATE)!.scores,
    }
  })
}

function sameRows({ rows: first }: Played, { rows }: Played, places: Int32Array): boolean {
  return (
    first.labels.length === rows.labels.length &&
    places.every((row) => first.labels[row] === rows.labels[row] && first.users[row] === rows.users[row])
  )
}

/** Baselines are told once: they are the same for all but for the previous champion. */
const columnsOf = ({ feed }: Judging, isFirst: boolean) =>
  feed.played.columns.filter(({ kind }) => isFirst || kind === 'learner')

function resultOf(
  { feed, judged, requests, fallback }: Judging,
  column: ScoreColumn,
  forecasts: readonly Forecast[],
  { settings: { threshold }, dataset }: ReportParts,
): BacktestResult {
  const { played } = feed
  const { name, kind, gate, scores } = column
  const contender = kind === 'learner' ? played.contenders.find((one) => one.name === name) : undefined
  const metricsOf = (from: number, to: number, retrains: readonly Retrain[]) => ({
    ...backtestMetrics(forecasts.slice(from, to), requests.subarray(from, to), threshold),
    retrains: retrains.length,
    seconds: retrains.reduce((sum, { seconds }) => sum + seconds, 0),
  })
  const made = contender?.retrains ?? []
  const days = dayStretches(played, judged.places).map(({ day, from, to }) => ({
    day: day - judged.firstDay,
    date: new Date(day * DAY_MS).toISOString().slice(0, 10),
    ...metricsOf(
      from,
      to,
      made.filter(({ atMs }) => dayOf(atMs) === day),
    ),
  }))
  const unserved = judged.places.reduce((sum, row) => sum + (Number.isNaN(scores[row]) ? 1 : 0), 0)
  return {
    name: feed.name === '' || kind === 'baseline' ? name : `${feed.name}/${name}`,
    kind,
    gate,
    total: metricsOf(0, forecasts.length, made),
    days,
    served: 1 - unserved / judged.places.length,
    againstFirst: null,
    slices: kind === 'learner' ? slicesOf(played, { judged, requests, forecasts, threshold }) : [],
    offPolicy: kind === 'learner' ? offPolicyOf(played, judged, column, { fallback, seed: dataset }) : null,
    importances: (gate === 'none' ? played.importances.get(name) : undefined) ?? [],
    curves: curvesOf(
      forecasts,
      Float64Array.from(judged.places, (row) => played.rows.occurredAtMs[row]!),
    ),
    live: contender?.live[gate] ?? [],
    settings: settingsOf(made),
    recalibrations: contender?.recalibrations[gate] ?? [],
  }
}

interface SliceParts {
  judged: JudgedRows
  requests: Int32Array
  forecasts: readonly Forecast[]
  threshold: number
}

function slicesOf({ slices }: Played, { judged, requests, forecasts, threshold }: SliceParts): SliceResult[] {
  return slices.flatMap(({ name, codes, values }) => {
    const placesOf = values.map((): number[] => [])
    for (const [place, row] of judged.places.entries()) placesOf[codes[row]!]!.push(place)
    return placesOf.flatMap((places, value) => {
      if (places.length === 0) return []
      const own = places.map((place) => forecasts[place]!)
      const ownRequests = places.map((place) => requests[place]!)
      const share = places.length / forecasts.length
      return [{ slice: name, value: values[value]!, share, ...backtestMetrics(own, ownRequests, threshold) }]
    })
  })
}

function settingsOf(made: readonly Retrain[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { settings } of made) if (settings !== null) counts[settings] = (counts[settings] ?? 0) + 1
  return counts
}

function dayStretches({ rows }: Played, places: Int32Array) {
  const stretches: { day: number; from: number; to: number }[] = []
  for (const [place, row] of places.entries()) {
    const day = dayOf(rows.occurredAtMs[row]!)
    const last = stretches.at(-1)
    if (last?.day === day) last.to = place + 1
    else stretches.push({ day, from: place, to: place + 1 })
  }
  return stretches
}

function notesOf(counts: PlayCounts): string[] {
  const { refused, repeated, duplicateRequests, shownLate, crowdedOut, unscored } = counts
  const told: [number, string][] = [
    [refused, 'record(s) were refused, as the live loop would: unknown types, absurd times, long ids'],
    [repeated, 'interaction(s) were repeated and counted once'],
    [duplicateRequests, 'request(s) have the id of an earlier one and were not scored'],
    [shownLate, 'item(s) were shown too long after their request and are no examples'],
    [unscored, 'candidate(s) would not be scored live: a feature with whenMissing dropCandidate was missing'],
    [crowdedOut, 'example(s), the oldest, did not fit into the window that batch learners are fitted to'],
  ]
  return told.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`)
}
