import { type ModelFacts, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { exportTreeModel } from './tree-file.ts'

/** A node of a tree; the first one is the root, `left` and `right` are places in the tree. Numbers are float32. */
export type TreeNode =
  | { kind: 'leaf'; value: number }
  /** Values of at most `border` go left. */
  | { kind: 'border'; column: number; border: number; missingLeft: boolean; left: number; right: number }
  /** These values go left, all others and missing ones right. */
  | { kind: 'categories'; column: number; values: readonly number[]; left: number; right: number }

export type Tree = readonly TreeNode[]

/** What a tree learner knows: probability = sigmoid(base + the leaf of each tree). */
export interface TreeModel {
  width: number
  /** Log-odds before the first tree, float32. */
  base: number
  trees: readonly Tree[]
}

/** A tree model as learners hand it over. */
export function treeTrainedModel(model: TreeModel, graphName: string, facts: ModelFacts): TrainedModel {
  return {
    onnx: exportTreeModel(model, graphName),
    scoresOf: (vectors) => Float32Array.from(treeLogits(model, vectors), sigmoid),
    facts,
  }
}

/**
 * Log-odds as ONNX Runtime computes them: leaves summed in float32 in the order of the trees, the base last. Time:
 * O(rows x trees x depth).
 */
export function treeLogits({ width, base, trees }: TreeModel, vectors: Float32Array): Float32Array {
  return Float32Array.from({ length: vectors.length / width }, (_, row) => {
    let sum = 0
    for (const tree of trees) sum = Math.fround(sum + leafOf(tree, vectors, row * width))
    return sum + base
  })
}

/** What a tree says of the vector that begins at `at`. */
export function leafOf(tree: Tree, vectors: Float32Array, at: number): number {
  const leaf = tree[leafNodeOf(tree, vectors, at)]!
  return leaf.kind === 'leaf' ? leaf.value : 0
}

/** The place of the leaf that the vector which begins at `at` comes to. */
export function leafNodeOf(tree: Tree, vectors: ArrayLike<number>, at: number): number {
  let place = 0
  for (let node = tree[0]!; node.kind !== 'leaf'; node = tree[place]!)
    place = goesLeft(node, vectors[at + node.column]!) ? node.left : node.right
  return place
}

function goesLeft(node: Exclude<TreeNode, { kind: 'leaf' }>, value: number): boolean {
  if (node.kind === 'categories') return node.values.includes(value)
  return Number.isNaN(value) ? node.missingLeft : value <= node.border
}

/** Numbers that were learned: of each leaf its value, of each split its column and where it splits. */
export function parametersOf({ trees }: TreeModel): number {
  const sizeOf = (node: TreeNode) =>
    node.kind === 'leaf' ? 1 : node.kind === 'border' ? 2 : 1 + node.values.length
  return 1 + trees.reduce((all, tree) => tree.reduce((sum, node) => sum + sizeOf(node), all), 0)
}
