import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import type { FileNode } from './tree-file.ts'
import type { Tree, TreeModel, TreeNode } from './tree-model.ts'

/**
 * The trees in a file that `exportTreeModel` wrote, so that a fit can go on from a model that serves.
 *
 * @throws when it is another file
 */
export function readTreeModel(onnx: Uint8Array): TreeModel {
  const { graph } = onnxProto.onnx.ModelProto.decode(onnx)
  const ensemble = graph?.node?.find(({ opType }) => opType === 'TreeEnsembleRegressor')
  const width = graph?.input?.[0]?.type?.tensorType?.shape?.dim?.[1]?.dimValue
  if (!ensemble?.attribute || width === undefined || width === null)
    throw new Error('the model to go on from has no trees: begin anew')
  const attributes = new Map(ensemble.attribute.map((attribute) => [attribute.name, attribute]))
  return {
    width: Number(width),
    base: attributes.get('base_values')?.floats?.[0] ?? 0,
    trees: filedTrees(attributes).map(treeOf),
  }
}

function filedTrees(attributes: ReadonlyMap<string | null | undefined, Onnx.IAttributeProto>): FileNode[][] {
  const ints = (name: string) => (attributes.get(name)?.ints ?? []).map(Number)
  const floats = (name: string) => attributes.get(name)?.floats ?? []
  const modes = (attributes.get('nodes_modes')?.strings ?? []).map((mode) => Buffer.from(mode).toString())
  const [treeIds, columns, values] = [ints('nodes_treeids'), ints('nodes_featureids'), floats('nodes_values')]
  const [whenTrue, whenFalse] = [ints('nodes_truenodeids'), ints('nodes_falsenodeids')]
  const [missingIsTrue, leafValues] = [ints('nodes_missing_value_tracks_true'), floats('target_weights')]
  const trees: FileNode[][] = []
  let leaf = 0
  modes.forEach((mode, at) => {
    const tree = (trees[treeIds[at]!] ??= [])
    tree.push({
      mode: mode as FileNode['mode'],
      column: columns[at]!,
      value: mode === 'LEAF' ? leafValues[leaf++]! : values[at]!,
      whenTrue: whenTrue[at]!,
      whenFalse: whenFalse[at]!,
      missingIsTrue: missingIsTrue[at] === 1,
    })
  })
  return trees
}

/** Chains become splits into categories again; their links, which come last, are left out. */
function treeOf(nodes: readonly FileNode[]): Tree {
  const isLink = new Set<number>()
  const tree = nodes.map((node, at): TreeNode => {
    const { column, value, whenTrue: left, whenFalse: right, missingIsTrue } = node
    if (node.mode === 'LEAF') return { kind: 'leaf', value }
    if (node.mode === 'BRANCH_LEQ')
      return { kind: 'border', column, border: value, missingLeft: missingIsTrue, left, right }
    if (isLink.has(at)) return { kind: 'leaf', value: 0 }
    const values = [value]
    let rest = right
    for (let next = nodes[rest]!; isLinkOf(next, node); next = nodes[rest]!) {
      values.push(next.value)
      isLink.add(rest)
      rest = next.whenFalse
    }
    return { kind: 'categories', column, values, left, right: rest }
  })
  return tree.slice(0, nodes.length - isLink.size)
}

const isLinkOf = (next: FileNode, first: FileNode) =>
  next.mode === 'BRANCH_EQ' && next.column === first.column && next.whenTrue === first.whenTrue
