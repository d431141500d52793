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
  const sums = new Float32Array(vectors.length / width)
  for (const tree of trees) {
    const leafAt = createWalk(tree)
    for (let row = 0, at = 0; row < sums.length; row++, at += width) sums[row]! += leafAt(vectors, at)
  }
  return sums.map((sum) => sum + base)
}

/** What a tree says of a vector that begins at `at`. */
export function createWalk(tree: Tree): (vectors: Float32Array, at: number) => number {
  const find = createLeafFinder(tree)
  const values = Float64Array.from(tree, (node) => (node.kind === 'leaf' ? node.value : 0))
  return (vectors, at) => values[find(vectors, at)]!
}

/** The node of a tree that is the leaf of a vector that begins at `at`. Nodes are laid side by side, for many vectors. */
export function createLeafFinder(tree: Tree): (vectors: ArrayLike<number>, at: number) => number {
  /** Column of a split; -1: a leaf. */
  const columns = Int32Array.from(tree, (node) => (node.kind === 'leaf' ? -1 : node.column))
  const lefts = Int32Array.from(tree, (node) => (node.kind === 'leaf' ? 0 : node.left))
  const rights = Int32Array.from(tree, (node) => (node.kind === 'leaf' ? 0 : node.right))
  /** NaN: it looks at sets of values. */
  const borders = Float64Array.from(tree, (node) => (node.kind === 'border' ? node.border : NaN))
  const missings = Int32Array.from(tree, (node) =>
    node.kind === 'border' && node.missingLeft ? node.left : node.kind === 'border' ? node.right : 0,
  )
  return (vectors, at) => {
    let node = 0
    for (let column = columns[0]!; column !== -1; column = columns[node]!) {
      const value = vectors[at + column]!
      const border = borders[node]!
      if (value <= border) node = lefts[node]!
      else if (value > border) node = rights[node]!
      else if (Number.isNaN(border)) node = isInSet(tree[node]!, value) ? lefts[node]! : rights[node]!
      else node = missings[node]!
    }
    return node
  }
}

const isInSet = (node: TreeNode, value: number) => node.kind === 'categories' && node.values.includes(value)

/** Numbers that were learned: of each leaf its value, of each split its column and where it splits. */
export function parametersOf({ trees }: TreeModel): number {
  const sizeOf = (node: TreeNode) =>
    node.kind === 'leaf' ? 1 : node.kind === 'border' ? 2 : 1 + node.values.length
  return 1 + trees.reduce((all, tree) => tree.reduce((sum, node) => sum + sizeOf(node), all), 0)
}
