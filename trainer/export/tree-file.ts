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
  return encodeModel({
    name: graphName,
    width,
    node: [
      { ...ensembleOf(trees, { base }), name: 'trees', output: ['logit'] },
      { name: 'score', opType: 'Sigmoid', input: ['logit'], output: [ONNX_OUTPUT] },
    ],
    initializer: [],
    usesMl: true,
  })
}

/**
 * The node that computes trees: the sum of what their leaves say and the base, [N, 1]; or with `says: 'numbers'` the
 * number of the leaf that each tree leads to, in the order of its leaves, [N, trees].
 */
export function ensembleOf(
  trees: readonly Tree[],
  { base = 0, says = 'sum' }: { base?: number; says?: 'sum' | 'numbers' },
): Onnx.INodeProto {
  // A model without trees is one that adds nothing: the operator wants a node.
  const filed = (trees.length > 0 ? trees : [[{ kind: 'leaf', value: 0 } as const]]).map(fileNodesOf)
  return {
    opType: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    input: [ONNX_INPUT],
    attribute:
      says === 'sum'
        ? [
            ...attributesOf(filed, () => 0),
            { name: 'n_targets', type: INT, i: 1 },
            floats('base_values', [base]),
          ]
        : [
            ...attributesOf(filed.map(numbered), (treeId) => treeId),
            { name: 'n_targets', type: INT, i: filed.length },
          ],
  }
}

/** The same tree, whose leaves say their numbers. */
function numbered(tree: readonly FileNode[]): FileNode[] {
  let leaves = 0
  return tree.map((node) => (node.mode === 'LEAF' ? { ...node, value: leaves++ } : node))
}

const ints = (name: string, values: number[]) => ({ name, type: INTS, ints: values })
const floats = (name: string, values: number[]) => ({ name, type: FLOATS, floats: values })

function attributesOf(
  trees: readonly FileNode[][],
  targetOf: (treeId: number) => number,
): Onnx.IAttributeProto[] {
  const nodes = trees.flatMap((tree, treeId) => tree.map((node, nodeId) => ({ ...node, treeId, nodeId })))
  const leaves = nodes.filter(({ mode }) => mode === 'LEAF')
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
      leaves.map(({ treeId }) => targetOf(treeId)),
    ),
    floats(
      'target_weights',
      leaves.map(({ value }) => value),
    ),
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
