import type { Example, ModelManifest } from '#schemas'
import type { OpenModel } from '#scorer/model'
import { OperatorError } from '#streams'
import { forecastQuality, type ForecastQuality, logLossOf } from '../metrics/index.ts'
import { forecastsBy, labelledRows } from './labelled-rows.ts'
import type { ModelLog } from './model-log.ts'
import { checkedManifest, moveOf, proven } from './operator-move.ts'

/** How a model did. */
export interface ComparedModel extends ForecastQuality {
  modelId: string
  /** Some of the examples may be among those it has learned from: it looks better than it is. */
  knowsSome: boolean
}

/** Two models on the same examples. */
export interface ModelComparison {
  models: [ComparedModel, ComparedModel]
  /** Mean log-loss of the first less that of the second, nats; below 0 the first is better. */
  difference: number
  /** Of that mean, from the differences of single examples. */
  standardError: number
}

export interface ComparisonParts {
  modelLog: ModelLog
  openModel: OpenModel
  featureSetId: string
  objective: string
  /** The newest matured ones, oldest first. */
  newestExamples(): Promise<readonly Example[]>
}

/**
 * Both files score the same newest examples, each under its own calibration.
 *
 * @throws OperatorError when one is not there, cannot be opened, or there is nothing to compare on
 */
export async function compareModels(
  ids: readonly [string, string],
  parts: ComparisonParts,
): Promise<ModelComparison> {
  const manifests = ids.map((modelId) => checkedManifest(moveOf(modelId, parts.modelLog), parts))
  const rows = labelledRows(await parts.newestExamples(), parts)
  if (rows.labels.length === 0)
    throw new OperatorError(
      'compare_no_examples',
      `No example of these features carries the label ${parts.objective} yet: compare when some have matured.`,
    )
  const scored = []
  for (const manifest of manifests) scored.push(await scoredBy(manifest, rows, parts))
  const [one, other] = scored as [(typeof scored)[number], (typeof scored)[number]]
  const differences = one.forecasts.map(
    ({ score, label }, at) => logLossOf(score, label) - logLossOf(other.forecasts[at]!.score, label),
  )
  return { models: [one.model, other.model], ...meanOf(differences) }
}

async function scoredBy(
  manifest: ModelManifest,
  rows: ReturnType<typeof labelledRows>,
  parts: ComparisonParts,
) {
  const session = await proven(manifest, parts)
  try {
    const forecasts = await forecastsBy(session, rows)
    const knowsSome = manifest.trainedOn.examples > 0 && manifest.trainedOn.toMs >= rows.fromMs
    const model: ComparedModel = { modelId: manifest.modelId, ...forecastQuality(forecasts), knowsSome }
    return { forecasts, model }
  } finally {
    await session.close()
  }
}

/** @see https://en.wikipedia.org/wiki/Standard_error */
function meanOf(differences: readonly number[]): { difference: number; standardError: number } {
  const count = differences.length
  const difference = differences.reduce((sum, one) => sum + one, 0) / count
  const squares = differences.reduce((sum, one) => sum + (one - difference) ** 2, 0)
  return { difference, standardError: count < 2 ? 0 : Math.sqrt(squares / (count - 1) / count) }
}

/** The comparison in a sentence. */
export function comparisonSentence({ models, difference, standardError }: ModelComparison): string {
  const [{ modelId: one, examples }, { modelId: other }] = models
  const on = `on the same ${examples.toLocaleString('en-US')} examples`
  if (difference === 0) return `Both have the same log-loss ${on}.`
  const [better, worse] = difference < 0 ? [one, other] : [other, one]
  const errors = standardError === 0 ? Infinity : Math.abs(difference) / standardError
  const chance = errors < 2 ? ': that may be chance' : ''
  return `The log-loss of ${better} is lower than that of ${worse} by ${Math.abs(difference).toFixed(5)} (standard error ${standardError.toFixed(5)}) ${on}${chance}.`
}
