import onnxProto from 'onnx-proto'
import { type ModelFacts, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { bucketSum, type TableRows } from './bucket-rows.ts'
import { biasTerm, bucketTerm } from './linear-model.ts'
import { encodeLogits, floats, integerAttribute, integers, type LogitTerm } from './logit-terms.ts'
import { ensembleOf } from './tree-file.ts'
import type { LeafWalk } from './leaf-walk.ts'

/** Trees and what was learned on top: probability = sigmoid(what the leaves say + weights of the buckets + bias). */
export interface StackedModel {
  width: number
  walk: LeafWalk
  /** What each leaf says, float32: those of the first tree in their order, then those of the next. */
  leaves: Float32Array
  /** A weight per bucket. */
  tables: readonly TableRows[]
  bias: number
}

/** A stacked model as learners hand it over. */
export function stackedTrainedModel(model: StackedModel, graphName: string, facts: ModelFacts): TrainedModel {
  return {
    onnx: exportStackedModel(model, graphName),
    scoresOf: (vectors) => stackedScores(model, vectors),
    facts,
  }
}

/** The file: TreeEnsembleRegressor with a target per tree, which tells leaves; a Gather of what they and buckets say. */
export function exportStackedModel(
  { width, walk, leaves, tables, bias }: StackedModel,
  graphName: string,
): Uint8Array {
  const buckets = tables.length === 0 ? [] : [bucketTerm(tables)]
  return encodeLogits(graphName, width, [leafTerm(walk, leaves), ...buckets, biasTerm(bias)])
}

const { INT64 } = onnxProto.onnx.TensorProto.DataType

/** Without trees there is one leaf, which says nothing: the operator wants a node. */
const leafTerm = ({ trees, offsets }: LeafWalk, leaves: Float32Array): LogitTerm => ({
  output: 'leaf_sum',
  usesMl: true,
  node: [
    { ...ensembleOf(trees, { says: 'numbers' }), output: ['leaf_values'] },
    {
      opType: 'Cast',
      input: ['leaf_values'],
      output: ['leaf_numbers'],
      attribute: [integerAttribute('to', INT64)],
    },
    { opType: 'Add', input: ['leaf_numbers', 'leaf_offsets'], output: ['leaf_places'] },
    { opType: 'Gather', input: ['leaf_table', 'leaf_places'], output: ['leaf_says'] },
    { opType: 'ReduceSum', input: ['leaf_says', 'leaf_axes'], output: ['leaf_sum'] },
  ],
  initializer: [
    integers('leaf_offsets', trees.length === 0 ? [0] : offsets),
    floats('leaf_table', [Math.max(1, leaves.length)], trees.length === 0 ? [0] : leaves),
    integers('leaf_axes', [1]),
  ],
})

/** What the file must answer. */
export function stackedScores(
  { width, walk, leaves, tables, bias }: StackedModel,
  vectors: Float32Array,
): Float32Array {
  const at = new Int32Array(walk.trees.length)
  return Float32Array.from({ length: vectors.length / width }, (_, row) => {
    walk.read(vectors, row * width, at)
    let logit = Math.fround(bias) + bucketSum(tables, vectors, row * width)
    for (let tree = 0; tree < at.length; tree++) logit += leaves[at[tree]!]!
    return sigmoid(logit)
  })
}
