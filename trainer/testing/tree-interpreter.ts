import type { onnx as Onnx } from 'onnx-proto'
import type { Tensor } from './graph-interpreter.ts'

/** TreeEnsembleRegressor (ai.onnx.ml 3) by its definition: leaves of all trees summed per target, base values added. */
export function treesOf(node: Onnx.INodeProto): (input: Tensor) => Tensor {
  const attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name, attribute]))
  const ints = (name: string) => (attributes.get(name)?.ints ?? []).map(Number)
  const floats = (name: string) => attributes.get(name)?.floats ?? []
  const [treeIds, nodeIds, columns] = [ints('nodes_treeids'), ints('nodes_nodeids'), ints('nodes_featureids')]
  const [borders, missingIsTrue] = [floats('nodes_values'), ints('nodes_missing_value_tracks_true')]
  const modes = (attributes.get('nodes_modes')?.strings ?? []).map((mode) => Buffer.from(mode).toString())
  const key = (tree: number, id: number) => `${String(tree)}/${String(id)}`
  const placeOf = new Map(treeIds.map((tree, at) => [key(tree, nodeIds[at]!), at]))
  const placesOf = (ids: number[]) => ids.map((id, at) => placeOf.get(key(treeIds[at]!, id))!)
  const [whenTrue, whenFalse] = [placesOf(ints('nodes_truenodeids')), placesOf(ints('nodes_falsenodeids'))]
  const roots = [...new Set(treeIds)].map((tree) => placeOf.get(key(tree, 0))!)
  const targets = Number(attributes.get('n_targets')?.i ?? 1)
  const [targetNodes, targetIds, weights] = [
    ints('target_nodeids'),
    ints('target_ids'),
    floats('target_weights'),
  ]
  const leafAt = new Map(
    ints('target_treeids').map((tree, at) => [placeOf.get(key(tree, targetNodes[at]!))!, at]),
  )
  const base = floats('base_values')

  const isTrue = (place: number, value: number) => {
    if (Number.isNaN(value)) return missingIsTrue[place] === 1
    return modes[place] === 'BRANCH_LEQ' ? value <= borders[place]! : value === borders[place]
  }
  return ({ dims: [rows, width], data }) => {
    const out = new Float64Array(rows! * targets)
    for (let row = 0; row < rows!; row++) {
      for (let target = 0; target < targets; target++) out[row * targets + target] = base[target] ?? 0
      for (let place of roots) {
        while (modes[place] !== 'LEAF')
          place = (isTrue(place, data[row * width! + columns[place]!]!) ? whenTrue : whenFalse)[place]!
        const leaf = leafAt.get(place)!
        out[row * targets + targetIds[leaf]!]! += weights[leaf]!
      }
    }
    return { dims: [rows!, targets], data: out }
  }
}
