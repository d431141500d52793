import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { encodeModel, ONNX_INPUT, ONNX_OUTPUT } from './model-file.ts'
import type { Tree, TreeModel } from './tree-model.ts'

// A CommonJS package: Node finds nothing but its default export.
const { FLOATS, INT, INTS, STRINGS } = onnxProto.onnx.AttributeProto.AttributeType

/** A node of the file. A split into categories is a chain of them. */
export interface FileNode {
  mode: 'LEAF' | 'BRANCH_LEQ' | 'BRANCH_EQ'
  column: number
  /** Border, category, or what a leaf says. */
  value: number
  whenTrue: number
  whenFalse: number
  missingIsTrue: boolean
}

/**
 * Trees as an ONNX file: TreeEnsembleRegressor, Sigmoid. The same model gives the same bytes. Each node of a file takes
 * about 60 bytes; a split into c categories is c nodes, x = c1, else x = c2, ..., whose true branches are one node.
 *
 * @see https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html (version 3)
 */
export function exportTreeModel({ width, base, trees }: TreeModel, graphName: string): Uint8Array {
  // A model without trees is one that adds nothing: the operator wants a node.
  const filed = trees.length > 0 ? trees : [[{ kind: 'leaf', value: 0 } as const]]
  return encodeModel({
    name: graphName,
    width,
    node: [
      {
        name: 'trees',
        opType: 'TreeEnsembleRegressor',
        domain: 'ai.onnx.ml',
        input: [ONNX_INPUT],
        output: ['logit'],
        attribute: attributesOf(filed.map(fileNodesOf), base),
      },
      { name: 'score', opType: 'Sigmoid', input: ['logit'], output: [ONNX_OUTPUT] },
    ],
    initializer: [],
    usesMl: true,
  })
}

function attributesOf(trees: readonly FileNode[][], base: number): Onnx.IAttributeProto[] {
  const nodes = trees.flatMap((tree, treeId) => tree.map((node, nodeId) => ({ ...node, treeId, nodeId })))
  const leaves = nodes.filter(({ mode }) => mode === 'LEAF')
  const ints = (name: string, values: number[]) => ({ name, type: INTS, ints: values })
  const floats = (name: string, values: number[]) => ({ name, type: FLOATS, floats: values })
  const modes = nodes.map(({ mode }) => Buffer.from(mode))
  return [
    ints(
      'nodes_treeids',
      nodes.map(({ treeId }) => treeId),
    ),
    ints(
      'nodes_nodeids',
      nodes.map(({ nodeId }) => nodeId),
    ),
    ints(
      'nodes_featureids',
      nodes.map(({ column }) => column),
    ),
    { name: 'nodes_modes', type: STRINGS, strings: modes },
    floats(
      'nodes_values',
      nodes.map(({ mode, value }) => (mode === 'LEAF' ? 0 : value)),
    ),
    ints(
      'nodes_truenodeids',
      nodes.map(({ whenTrue }) => whenTrue),
    ),
    ints(
      'nodes_falsenodeids',
      nodes.map(({ whenFalse }) => whenFalse),
    ),
    ints(
      'nodes_missing_value_tracks_true',
      nodes.map(({ missingIsTrue }) => Number(missingIsTrue)),
    ),
    ints(
      'target_treeids',
      leaves.map(({ treeId }) => treeId),
    ),
    ints(
      'target_nodeids',
      leaves.map(({ nodeId }) => nodeId),
    ),
    ints(
      'target_ids',
      leaves.map(() => 0),
    ),
    floats(
      'target_weights',
      leaves.map(({ value }) => value),
    ),
    { name: 'n_targets', type: INT, i: 1 },
    floats('base_values', [base]),
  ]
}

/** Nodes in the tree's order; those of a chain after all others. */
function fileNodesOf(tree: Tree): FileNode[] {
  const nodes: FileNode[] = []
  const chained: FileNode[] = []
  for (const node of tree) {
    if (node.kind === 'leaf') {
      const nowhere = { column: 0, whenTrue: 0, whenFalse: 0, missingIsTrue: false }
      nodes.push({ mode: 'LEAF', value: node.value, ...nowhere })
    } else if (node.kind === 'border') {
      const { column, border, missingLeft, left, right } = node
      nodes.push({
        mode: 'BRANCH_LEQ',
        column,
        value: border,
        whenTrue: left,
        whenFalse: right,
        missingIsTrue: missingLeft,
      })
    } else {
      const { column, values, left, right } = node
      const links = values.map((value, at): FileNode => {
        const next = at + 1 < values.length ? tree.length + chained.length + at : right
        return { mode: 'BRANCH_EQ', column, value, whenTrue: left, whenFalse: next, missingIsTrue: false }
      })
      nodes.push(links[0]!)
      chained.push(...links.slice(1))
    }
  }
  return [...nodes, ...chained]
}
