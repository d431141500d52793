import type { Evaluation } from './evaluation.ts'
import { svgChart } from './svg-chart.ts'

const share = (value: number) => `${(100 * value).toFixed(0)} %`
const unit = (title: string) => ({ title, from: 0, to: 1, tell: share })

/** Charts by their place on the page; a text where there is nothing to draw. */
export function evaluationCharts({
  curves,
  label,
  quality,
}: Evaluation): Record<'time' | 'true' | 'roc' | 'precision', string> {
  return {
    time: timeChart(curves.series),
    true: truthChart(
      curves.reliability,
      quality.calibration.kind === 'identity' ? [] : curves.uncalibrated,
      label,
    ),
    roc: svgChart({
      label: 'Found positives against false alarms',
      x: unit('false alarms, of all negatives'),
      y: unit('found, of all positives'),
      lines: [
        { points: curves.roc },
        {
          points: [
            [0, 0],
            [1, 1],
          ],
          isDashed: true,
        },
      ],
    }),
    precision: precisionChart(curves.precisionRecall),
  }
}

function timeChart(series: Evaluation['curves']['series']): string {
  const points = series.flatMap(({ atMs, normalizedEntropy }): [number, number][] =>
    normalizedEntropy === null ? [] : [[atMs, normalizedEntropy]],
  )
  if (points.length < 2) return '<p>Too few test rows to draw a course of time.</p>'
  const values = points.map(([, value]) => value)
  const [low, high] = [Math.min(...values, 0.95), Math.max(...values, 1.02)]
  const [fromMs, toMs] = [points[0]![0], points.at(-1)![0]]
  return svgChart({
    label: 'Normalized entropy over time',
    x: {
      title: 'test rows over time (UTC)',
      from: fromMs,
      to: toMs,
      tell: momentOf(toMs - fromMs),
      ticks: 2,
    },
    y: {
      title: 'entropy (1: no better than the mean)',
      from: low,
      to: high,
      tell: (value) => value.toFixed(2),
    },
    lines: [
      { points, hasDots: points.length < 30 },
      {
        points: [
          [fromMs, 1],
          [toMs, 1],
        ],
        isDashed: true,
      },
    ],
  })
}

const DAY_MS = 86_400_000

/** Hours of a few days, days of more. */
function momentOf(spanMs: number): (atMs: number) => string {
  const [from, to] = spanMs < 4 * DAY_MS ? [5, 16] : [2, 10]
  return (atMs) => new Date(atMs).toISOString().slice(from, to).replace('T', ' ')
}

type Bins = Evaluation['curves']['reliability']

function truthChart(bins: Bins, uncalibrated: Bins, label: string): string {
  if (bins.length < 2) return '<p>All scores are alike: there is nothing to draw.</p>'
  const places = ({ meanScore, rate }: (typeof bins)[number]): [number, number] => [meanScore, rate]
  const most = Math.max(...[...bins, ...uncalibrated].flatMap(places)) * 1.05
  const axis = (title: string) => ({
    title,
    from: 0,
    to: most,
    tell: (value: number) => percent(value, most),
  })
  return svgChart({
    label: 'What the model said against what happened',
    x: axis('what the model said'),
    y: axis(`share of ${label}s that came`),
    lines: [
      { points: bins.map(places), hasDots: true },
      {
        points: [
          [0, 0],
          [most, most],
        ],
        isDashed: true,
      },
      { points: uncalibrated.map(places), hasDots: true },
    ],
  })
}

const percent = (value: number, most: number) => `${(100 * value).toFixed(most < 0.05 ? 1 : 0)} %`

/** The first steps are a handful of rows: they only make the axis too high. */
const FIRST_STEPS = 2

function precisionChart(points: Evaluation['curves']['precisionRecall']): string {
  const drawn = points.slice(Math.min(FIRST_STEPS, points.length - 2))
  const most = Math.min(1, Math.max(...drawn.map(([, precision]) => precision)) * 1.1)
  return svgChart({
    label: 'Precision against recall',
    x: unit('found, of all positives'),
    y: { title: 'right, of all yes', from: 0, to: most, tell: (value) => percent(value, most) },
    lines: [{ points: drawn }],
  })
}
