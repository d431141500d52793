import { createWalk, type Tree, type TreeModel, treeLogits } from '../../export/tree-model.ts'
import type { FitOptions, TrainingRows } from '../learner.ts'
import { baseLogit, meanLogLoss, writeGradients } from './log-loss.ts'
import type { RowPartition } from './row-partition.ts'
import type { Draws } from './seeded-draws.ts'
import type { GbdtConfig } from './settings.ts'
import type { Sums } from './split.ts'
import type { TimeSplit } from './time-split.ts'
import type { GrownTree } from './tree-grower.ts'

export interface BoostingParts {
  rows: TrainingRows
  split: TimeSplit
  config: GbdtConfig
  draws: Draws
  /** All columns, as their splits are compared. */
  columnOrder: Uint32Array
  /** The model that it goes on from. */
  start: TreeModel | undefined
  pairs: Float32Array
  partition: RowPartition
  grow(root: Sums & { rows: number }, columns: Uint32Array): GrownTree
}

/**
 * Gradient boosting: each tree is grown on the gradients of the log-loss that the trees before it leave.
 *
 * @see J. Friedman (2001), Greedy Function Approximation: A Gradient Boosting Machine, Annals of Statistics 29; J. Friedman
 * (2002), Stochastic Gradient Boosting, CSDA 38 (rows drawn for each tree).
 */
export function boost(parts: BoostingParts, { signal, progress }: Omit<FitOptions, 'seed'>): TreeModel {
  const { rows, split, config, start } = parts
  const { logit, isOneClass } = baseLogit(split.learned, rows)
  const model = start ?? { width: rows.width, base: logit, trees: [] }
  const logits = Float64Array.from(treeLogits(model, rows.vectors))
  const trees: Tree[] = []
  const watch = createStopWatch(parts, logits)
  // One class has nothing to tell apart: trees would only chase infinity.
  const most = isOneClass && start === undefined ? 0 : config.trees
  for (let round = 0; round < most && !watch.isOver(); round++) {
    signal.throwIfAborted()
    const grown = nextTree(parts, logits)
    if (grown !== undefined) {
      trees.push(grown.tree)
      addTree(grown, grown.drawn, parts, logits)
      watch.look(trees.length)
    } else if (config.rowShare === 1 && config.columnShare === 1) {
      break
    }
    progress((round + 1) / config.trees)
  }
  progress(1)
  return { ...model, trees: [...model.trees, ...trees.slice(0, watch.best() ?? trees.length)] }
}

/** Undefined: no split is worth it. */
function nextTree(parts: BoostingParts, logits: Float64Array) {
  const { rows, split, config, draws, columnOrder, pairs, partition, grow } = parts
  const { learned } = split
  const drawn = config.rowShare === 1 ? learned : drawnOf(learned, config.rowShare, draws)
  // Growing moves them.
  partition.rows.set(drawn)
  const sums = writeGradients(drawn, rows, logits, pairs)
  const columns = config.columnShare === 1 ? columnOrder : drawnOf(columnOrder, config.columnShare, draws)
  const grown = grow({ ...sums, rows: drawn.length }, columns)
  return grown.leaves.length === 1 ? undefined : { ...grown, drawn }
}

function drawnOf(all: Uint32Array, share: number, draws: Draws): Uint32Array {
  const count = Math.max(Math.min(1, all.length), Math.round(all.length * share))
  return draws.subset(all.length, count).map((at) => all[at]!)
}

/** Rows that the tree was grown on are in its leaves already; the others walk down. */
function addTree(
  { tree, leaves }: GrownTree,
  drawn: Uint32Array,
  { rows, split, partition }: BoostingParts,
  logits: Float64Array,
): void {
  const { vectors, width } = rows
  const leafAt = createWalk(tree)
  for (const row of split.held) logits[row]! += leafAt(vectors, row * width)
  // Both ascend.
  let next = 0
  for (const row of split.learned) {
    if (drawn[next] === row) next += 1
    else logits[row]! += leafAt(vectors, row * width)
  }
  for (const { begin, rows: count, node } of leaves) {
    const leaf = tree[node]!
    const value = leaf.kind === 'leaf' ? leaf.value : 0
    for (let at = begin; at < begin + count; at++) logits[partition.rows[at]!]! += value
  }
}

/** How the latest rows fare, and when growth no longer helps them. */
function createStopWatch({ rows, split, config: { stopAfterTrees } }: BoostingParts, logits: Float64Array) {
  const isOn = stopAfterTrees !== undefined && split.held.length > 0
  let best = { trees: 0, loss: isOn ? meanLogLoss(split.held, rows, logits) : Infinity }
  let seen = 0
  return {
    look(trees: number): void {
      if (!isOn) return
      seen = trees
      const loss = meanLogLoss(split.held, rows, logits)
      if (loss < best.loss) best = { trees, loss }
    },
    isOver: () => isOn && seen - best.trees >= stopAfterTrees,
    /** Trees that served the latest rows best; undefined: nobody looked. */
    best: () => (isOn ? best.trees : undefined),
  }
}
