import { parametersOf, type TreeModel, treeTrainedModel } from '../export/tree-model.ts'
import { readTreeModel } from '../export/tree-file-reader.ts'
import { createSplitFinder } from './gbdt/best-split.ts'
import { columnBinsOf } from './gbdt/binned-rows.ts'
import { boost } from './gbdt/boosting.ts'
import { columnOrderOf } from './gbdt/column-order.ts'
import { columnRulesOf } from './gbdt/columns.ts'
import { createFitMemory } from './gbdt/fit-memory.ts'
import { GBDT_FORMS } from './gbdt/forms.ts'
import { createHistograms } from './gbdt/histograms.ts'
import { refreshLeaves } from './gbdt/refresh-leaves.ts'
import { openHistogramThreads } from './gbdt/process-histogram-threads.ts'
import { createRowPartition } from './gbdt/row-partition.ts'
import { createDraws } from './gbdt/seeded-draws.ts'
import { type GbdtConfig, gbdtConfigSchema } from './gbdt/settings.ts'
import { splitByTime } from './gbdt/time-split.ts'
import { growTree } from './gbdt/tree-grower.ts'
import {
  batchLearner,
  type BatchLearner,
  type FitOptions,
  type LearnerTask,
  type TrainedModel,
  type TrainingRows,
} from './learner.ts'

export const gbdt = batchLearner(gbdtConfigSchema, (settings, task) => createGbdt(settings, task), GBDT_FORMS)

/**
 * Histogram gradient-boosted trees on the log-loss: columns in at most 255 bins and one for missing values (NaN), whose
 * side is learned; trees grown leaf by leaf; histograms of larger leaves by subtraction.
 *
 * Time: O(trees x columns x (rows x log leaves + 256 x leaves)). Memory beside the rows: a byte per value and about 40
 * per row, and 4 KiB per column and leaf (512 MiB at most): 500,000 rows of 32 columns take 40 MiB. A fit goes on from a
 * given model (`startFrom`) by more trees on what that one leaves, until `treesKeptMax`, then it begins anew; or by what
 * the leaves of the same trees say now (`goOnBy`).
 *
 * @example
 * const learner = createGbdt(gbdtConfigSchema.parse({ trees: 20, rowsMin: 1 }), { width: 2, graphName: 'gbdt' })
 * const { scoresOf } = await learner.fit(rows, { seed: 1, signal, progress })
 *
 * @see T. Chen, C. Guestrin (2016), XGBoost: A Scalable Tree Boosting System, KDD; G. Ke et al. (2017), LightGBM: A
 * Highly Efficient Gradient Boosting Decision Tree, NIPS.
 */
export function createGbdt(config: GbdtConfig, task: LearnerTask) {
  const rules = columnRulesOf(config, task)
  if (config.goOnBy === 'leaves' && rules.some(({ direction }) => direction !== 0))
    throw new Error('leaves that are found anew may break increasing and decreasing: go on by trees')
  return {
    async fit(rows, options) {
      const start = startOf(options.startFrom, config, task)
      if (start !== undefined && config.goOnBy === 'leaves')
        return trainedOf(refreshLeaves(start, rows, config, options), rows, task)
      const draws = createDraws(options.seed)
      const columnBins = columnBinsOf(rows, { rules, binsMax: config.bins, draws })
      const memory = createFitMemory(rows, columnBins, config.leaves)
      const threads = await openHistogramThreads(memory, rows.count, config.threads)
      try {
        const histograms = createHistograms(memory.memory, memory.layout, threads.build)
        const partition = createRowPartition({ ...memory, count: rows.count }, columnBins)
        const findSplit = createSplitFinder(histograms, { columnBins, rules, terms: config })
        const { slots } = memory.layout
        const grower = { histograms, slots, partition, findSplit, columnBins, rules, config }
        const model = boost(
          {
            ...{ rows, config, draws, start, partition, pairs: memory.pairs },
            columnOrder: quantitiesOnly(columnOrderOf(rows), task),
            split: splitOf(rows, config),
            grow: (root, columns) => growTree(grower, root, columns),
          },
          options,
        )
        // Splits were judged on the held rows; what leaves say may be learned from them too.
        const isRefreshed = config.goOnBy === 'leaves' && config.stopAfterTrees !== undefined
        return trainedOf(isRefreshed ? refreshLeaves(model, rows, config, options) : model, rows, task)
      } finally {
        await threads.stop()
      }
    },
  } satisfies BatchLearner
}

function trainedOf(model: TreeModel, { count }: TrainingRows, { graphName }: LearnerTask): TrainedModel {
  const facts = { examples: count, rounds: Math.max(1, model.trees.length), parameters: parametersOf(model) }
  return treeTrainedModel(model, graphName, facts)
}

/** The model to go on from; undefined: begin anew. */
function startOf(
  startFrom: FitOptions['startFrom'],
  { trees, treesKeptMax, goOnBy }: GbdtConfig,
  { width }: LearnerTask,
): TreeModel | undefined {
  if (startFrom === undefined) return undefined
  const start = readTreeModel(startFrom)
  if (start.width !== width)
    throw new Error(
      `the model to go on from takes ${String(start.width)} columns, not ${String(width)}: begin anew`,
    )
  return goOnBy === 'trees' && start.trees.length + trees > treesKeptMax ? undefined : start
}

/** Numbers of buckets are names: between two of them there is no border. */
function quantitiesOnly(columnOrder: Uint32Array, { buckets = [] }: LearnerTask): Uint32Array {
  const names = new Set(buckets.flatMap(({ columns }) => columns))
  return columnOrder.filter((column) => !names.has(column))
}

function splitOf({ count, occurredAtMs }: TrainingRows, { stopAfterTrees, holdoutShare }: GbdtConfig) {
  return splitByTime(count, stopAfterTrees === undefined ? 0 : holdoutShare, occurredAtMs)
}
