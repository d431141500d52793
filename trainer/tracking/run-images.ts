import { z } from 'zod'
import { curveSvg, type Point } from './curve-svg.ts'
import type { TrackedRun } from './run.ts'

/** An artifact of this name holds what charts of a run are drawn of. */
export const CURVES_FILE = 'curves.json'
/** Of the metric series: MLflow draws them itself, too. */
const SERIES_MAX = 30

const pointsSchema = z.array(z.tuple([z.number(), z.number()]))
const curvesSchema = z.object({
  /** False positive rate, true positive rate. */
  roc: pointsSchema.optional(),
  /** Recall, precision. */
  precisionRecall: pointsSchema.optional(),
  reliability: z.array(z.object({ meanScore: z.number(), rate: z.number() })).optional(),
})

const SHARE = [0, 1] as const
const SHARES = { x: SHARE, y: SHARE }
const DIAGONAL: readonly Point[] = [
  [0, 0],
  [1, 1],
]

/**
 * The curves of a run as images: its metric series, and ROC, precision and recall, and reliability when `curves.json` has
 * them. As SVG: it is shown beside PNG by MLflow, and needs neither fonts nor a native library to be made.
 *
 * @param curves text of `curves.json`, if the run has one
 * @returns SVG by its path below the run's artifacts
 */
export function runImages(
  { metrics }: Pick<TrackedRun, 'metrics'>,
  curves: string | undefined,
): Map<string, string> {
  const images = new Map<string, string>()
  const { roc, precisionRecall, reliability } = curvesOf(curves)
  if (roc !== undefined)
    images.set(
      'curves/roc.svg',
      curveSvg({
        title: 'ROC',
        x: 'false positive rate',
        y: 'true positive rate',
        domain: SHARES,
        points: roc,
        reference: DIAGONAL,
      }),
    )
  if (precisionRecall !== undefined)
    images.set(
      'curves/precision-recall.svg',
      curveSvg({
        title: 'Precision and recall',
        x: 'recall',
        y: 'precision',
        domain: SHARES,
        points: precisionRecall,
      }),
    )
  if (reliability !== undefined) {
    const points = reliability.map(({ meanScore, rate }): Point => [meanScore, rate])
    const high = Math.max(0, ...points.flat())
    images.set(
      'curves/reliability.svg',
      curveSvg({
        title: 'Reliability',
        x: 'mean score',
        y: 'share of positives',
        points,
        reference: [
          [0, 0],
          [high, high],
        ],
        hasDots: true,
      }),
    )
  }
  const series = Object.entries(metrics).filter(([, points]) => points.length > 1)
  for (const [name, points] of series.slice(0, SERIES_MAX)) {
    const sorted = points.map(({ step, value }): Point => [step, value]).sort(([one], [other]) => one - other)
    const file = `curves/metrics/${name.replace(/[^\w.-]/g, '_')}.svg`
    images.set(file, curveSvg({ title: name, x: 'step', y: name, points: sorted }))
  }
  return images
}

/** What is there of them; another program's file of that name holds none. */
function curvesOf(text: string | undefined): z.infer<typeof curvesSchema> {
  try {
    return curvesSchema.parse(JSON.parse(text ?? '{}'))
  } catch {
    // not ours: it is sent as it is, without images
    return {}
  }
}
