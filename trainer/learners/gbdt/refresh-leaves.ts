import { createLeafFinder, type Tree, type TreeModel } from '../../export/tree-model.ts'
import type { FitOptions, TrainingRows } from '../learner.ts'
import { leafValue, UNBOUNDED } from './leaf-value.ts'
import { baseLogit, writeGradients } from './log-loss.ts'
import type { GbdtConfig } from './settings.ts'

/**
 * The same trees, whose leaves say what these rows say: base rate and each leaf's value are found anew, tree after tree, from
 * the gradients of its rows. A leaf without rows keeps its own. Time: O(rows x trees x depth), some twentieth of growing them.
 *
 * @see LightGBM's `Booster.refit`, with decay_rate 0; XGBoost's updater `refresh`.
 */
export function refreshLeaves(
  model: TreeModel,
  rows: TrainingRows,
  config: Pick<GbdtConfig, 'l1' | 'l2' | 'learningRate'>,
  { signal, progress }: Pick<FitOptions, 'signal' | 'progress'>,
): TreeModel {
  const { count, vectors, width } = rows
  const all = Uint32Array.from({ length: count }, (_, row) => row)
  const base = baseLogit(all, rows).logit
  const logits = new Float64Array(count).fill(base)
  const pairs = new Float32Array(2 * count)
  const leaves = new Int32Array(count)
  const trees = model.trees.map((tree, number) => {
    signal.throwIfAborted()
    const find = createLeafFinder(tree)
    for (let row = 0, at = 0; row < count; row++, at += width) leaves[row] = find(vectors, at)
    writeGradients(all, rows, logits, pairs)
    const refreshed = withValues(tree, valuesOf(tree, leaves, pairs, config))
    const values = Float64Array.from(refreshed, (node) => (node.kind === 'leaf' ? node.value : 0))
    for (let row = 0; row < count; row++) logits[row]! += values[leaves[row]!]!
    progress((number + 1) / model.trees.length)
    return refreshed
  })
  return { ...model, base, trees }
}

/** By node; NaN where no row is. */
function valuesOf(
  tree: Tree,
  leaves: Int32Array,
  pairs: Float32Array,
  config: Pick<GbdtConfig, 'l1' | 'l2' | 'learningRate'>,
): Float64Array {
  const gradients = new Float64Array(tree.length)
  const hessians = new Float64Array(tree.length)
  for (let row = 0; row < leaves.length; row++) {
    const leaf = leaves[row]!
    gradients[leaf]! += pairs[2 * row]!
    hessians[leaf]! += pairs[2 * row + 1]!
  }
  return gradients.map((gradient, node) =>
    hessians[node] === 0
      ? NaN
      : Math.fround(config.learningRate * leafValue(gradient, hessians[node]!, config, UNBOUNDED)),
  )
}

const withValues = (tree: Tree, values: Float64Array): Tree =>
  tree.map((node, at) =>
    node.kind === 'leaf' && !Number.isNaN(values[at]) ? { ...node, value: values[at]! } : node,
  )
