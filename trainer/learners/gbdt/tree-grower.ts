import type { Tree, TreeNode } from '../../export/tree-model.ts'
import type { FindSplit } from './best-split.ts'
import type { ColumnBins } from './column-bins.ts'
import type { ColumnRule } from './columns.ts'
import type { Histograms } from './histograms.ts'
import { leafValue, type LeafBounds, UNBOUNDED } from './leaf-value.ts'
import type { RowPartition } from './row-partition.ts'
import type { GbdtConfig } from './settings.ts'
import type { Split, SplitLeaf, Sums } from './split.ts'

export interface GrowerParts {
  histograms: Histograms
  /** Histograms there is room for. */
  slots: number
  partition: RowPartition
  findSplit: FindSplit
  columnBins: readonly ColumnBins[]
  rules: readonly ColumnRule[]
  config: GbdtConfig
}

/** A leaf of the tree as it is grown: its rows are partition.rows[begin..begin + rows). */
export interface GrownLeaf extends SplitLeaf {
  begin: number
  depth: number
  /** Its place in the tree. */
  node: number
  /** What it says, before the learning rate. */
  value: number
  /** Where its histogram lies, while it is kept. */
  slot: number | undefined
  split: Split | undefined
}

export interface GrownTree {
  tree: Tree
  leaves: readonly GrownLeaf[]
}

/** The largest float32: every value is at most it, a missing one is not. */
const ALL_VALUES = 3.4028234663852886e38

/**
 * Grows a tree leaf by leaf: the leaf whose split saves most is split next. Of two new leaves the smaller one's histogram
 * is added up, the other's is what is left of the parent's. Time: O(columns x (rows x log leaves + bins x leaves)).
 *
 * @see G. Ke et al. (2017), LightGBM: A Highly Efficient Gradient Boosting Decision Tree, NIPS; H. Shi (2007),
 * Best-first Decision Tree Learning.
 */
export function growTree(
  parts: GrowerParts,
  root: Sums & { rows: number },
  columns: Iterable<number>,
): GrownTree {
  const { config, rules } = parts
  const bounds = rules.some(({ direction }) => direction !== 0)
    ? { lower: -Infinity, upper: Infinity }
    : UNBOUNDED
  const value = leafValue(root.gradient, root.hessian, config, bounds)
  const first: GrownLeaf = {
    ...root,
    bounds,
    value,
    begin: 0,
    depth: 0,
    node: 0,
    slot: undefined,
    split: undefined,
  }
  const leaves = [first]
  const tree: TreeNode[] = [{ kind: 'leaf', value: 0 }]
  const free = Array.from({ length: parts.slots }, (_, slot) => slot)
  const grower = { ...parts, columns: [...columns], leaves, free }
  measure(first, grower)
  while (leaves.length < config.leaves) {
    const leaf = bestOf(leaves)
    if (leaf?.split === undefined) break
    const { split } = leaf
    const [left, right] = splitLeaf(leaf, split, tree.length, parts)
    tree[leaf.node] = nodeOf(split, left, right, parts.columnBins[split.column]!)
    tree.push({ kind: 'leaf', value: 0 }, { kind: 'leaf', value: 0 })
    leaves.splice(leaves.indexOf(leaf), 1, left, right)
    measureBoth(leaf, left, right, grower)
  }
  for (const { node, value } of leaves)
    tree[node] = { kind: 'leaf', value: Math.fround(config.learningRate * value) }
  return { tree, leaves }
}

interface Grower extends GrowerParts {
  columns: readonly number[]
  leaves: readonly GrownLeaf[]
  free: number[]
}

function bestOf(leaves: readonly GrownLeaf[]): GrownLeaf | undefined {
  let best: GrownLeaf | undefined
  for (const leaf of leaves) if ((leaf.split?.gain ?? 0) > (best?.split?.gain ?? 0)) best = leaf
  return best
}

function splitLeaf(
  leaf: GrownLeaf,
  { column, test, left, l2 }: Split,
  node: number,
  { partition, rules, config }: GrowerParts,
): [GrownLeaf, GrownLeaf] {
  const { begin, rows, bounds } = leaf
  const right = { gradient: leaf.gradient - left.gradient, hessian: leaf.hessian - left.hessian }
  const terms = { l1: config.l1, l2 }
  const values = [left, right].map((side) => leafValue(side.gradient, side.hessian, terms, bounds))
  const [leftValue, rightValue] = [values[0]!, values[1]!]
  const [leftBounds, rightBounds] = boundsOf(bounds, rules[column]!, (leftValue + rightValue) / 2)
  const leftRows = partition.split(begin, begin + rows, column, test)
  const rest = { depth: leaf.depth + 1, slot: undefined, split: undefined }
  return [
    { ...left, rows: leftRows, begin, bounds: leftBounds, value: leftValue, node, ...rest },
    {
      ...right,
      rows: rows - leftRows,
      begin: begin + leftRows,
      bounds: rightBounds,
      value: rightValue,
      node: node + 1,
      ...rest,
    },
  ]
}

/** All below a monotone split stays on its side of the middle: LightGBM's `basic` method. */
function boundsOf(bounds: LeafBounds, { direction }: ColumnRule, middle: number): [LeafBounds, LeafBounds] {
  if (direction === 0) return [bounds, bounds]
  const [below, above] = [
    { ...bounds, upper: middle },
    { ...bounds, lower: middle },
  ]
  return direction === 1 ? [below, above] : [above, below]
}

function nodeOf({ column, test }: Split, left: GrownLeaf, right: GrownLeaf, bins: ColumnBins): TreeNode {
  const sides = { column, left: left.node, right: right.node }
  if (bins.kind === 'categories') {
    const values = test.kind === 'categories' ? test.bins.map((bin) => bins.values[bin]!) : []
    return { kind: 'categories', ...sides, values }
  }
  const { bin, missingLeft } = test as Extract<Split['test'], { kind: 'border' }>
  // What no training row lacked says nothing: a missing value goes where most rows went.
  const isLeft = bins.hasMissing ? missingLeft : left.hessian >= right.hessian
  return { kind: 'border', ...sides, border: bins.borders[bin] ?? ALL_VALUES, missingLeft: isLeft }
}

/** The smaller one is added up, into a slot of its own; the larger one takes the parent's. */
function measureBoth(parent: GrownLeaf, left: GrownLeaf, right: GrownLeaf, grower: Grower): void {
  const [smaller, larger] = left.rows <= right.rows ? [left, right] : [right, left]
  const { slot } = parent
  if (slot === undefined) {
    measure(smaller, grower)
    measure(larger, grower)
    return
  }
  if (!maySplit(larger, grower)) {
    grower.free.push(slot)
    measure(smaller, grower)
    return
  }
  const part = takeSlot(grower)
  grower.histograms.build(smaller.begin, smaller.begin + smaller.rows, part)
  grower.histograms.subtract(slot, part)
  find(larger, slot, grower)
  find(smaller, part, grower)
}

function measure(leaf: GrownLeaf, grower: Grower): void {
  if (!maySplit(leaf, grower)) return
  const slot = takeSlot(grower)
  grower.histograms.build(leaf.begin, leaf.begin + leaf.rows, slot)
  find(leaf, slot, grower)
}

function maySplit({ rows, depth }: GrownLeaf, { config }: Grower): boolean {
  return rows >= 2 * config.rowsMin && depth < (config.depthMax ?? Infinity)
}

/** Keeps the histogram only of a leaf that may be split. */
function find(leaf: GrownLeaf, slot: number, grower: Grower): void {
  leaf.split = maySplit(leaf, grower) ? grower.findSplit(leaf, slot, grower.columns) : undefined
  if (leaf.split === undefined) grower.free.push(slot)
  else leaf.slot = slot
}

/** When all are taken, the leaf that is least worth splitting gives its own up: both its children are added up then. */
function takeSlot({ free, leaves }: Grower): number {
  const slot = free.pop()
  if (slot !== undefined) return slot
  const kept = leaves.filter((leaf) => leaf.slot !== undefined)
  const least = kept.reduce((one, two) => (one.split!.gain <= two.split!.gain ? one : two))
  const given = least.slot!
  least.slot = undefined
  return given
}
