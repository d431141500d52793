import { createLeafFinder, type Tree } from './tree-model.ts'

/** To which leaf each of some trees leads. Leaves are counted through: those of the first tree, then those of the next. */
export interface LeafWalk {
  readonly trees: readonly Tree[]
  /** Of each tree, the number of its first leaf. */
  readonly offsets: readonly number[]
  /** What each leaf says. */
  readonly values: Float64Array
  /** Writes the leaf of each tree for the vector that begins at `from`. Time: O(trees x depth). */
  read(vectors: ArrayLike<number>, from: number, into: Int32Array): void
}

export function createLeafWalk(trees: readonly Tree[]): LeafWalk {
  const finders = trees.map(createLeafFinder)
  const offsets: number[] = []
  const values: number[] = []
  const leafAt = trees.map((tree) => {
    offsets.push(values.length)
    return Int32Array.from(tree, (node) => (node.kind === 'leaf' ? values.push(node.value) - 1 : -1))
  })
  return {
    trees,
    offsets,
    values: Float64Array.from(values),
    read(vectors, from, into) {
      for (let tree = 0; tree < trees.length; tree++)
        into[tree] = leafAt[tree]![finders[tree]!(vectors, from)]!
    },
  }
}
