import onnxProto, { type onnx as Onnx } from 'onnx-proto'
import { ModelRefusedError } from '../errors.ts'
import { answerOf, type GraphAnswer } from './graph-answer.ts'
import { entryNodes, exitNodes, rowsOf } from './graph-ends.ts'
import { type GraphInput, inputOf } from './graph-input.ts'
import { allNodes, allTensors, behind, renamed } from './graph-walk.ts'

const { onnx } = onnxProto
const { FLOAT } = onnx.TensorProto.DataType
const { EXTERNAL } = onnx.TensorProto.DataLocation
const DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml']
/** For the nodes that are added, when a file has none of the standard domain. */
const OPSET_DEFAULT = 15
/** From this version on constants need not be inputs as well. */
const IR_WITHOUT_INPUTS = 4
/** The same rows would not get the same answer. */
const BY_CHANCE = /^(Random|Multinomial|Bernoulli)/

export interface ServableTerms {
  /** Names of the input and the output of the file that comes of it. */
  input: string
  output: string
  /** Numbers in a vector. */
  width: number
  /** Which number of a vector each column of the file is; left out: they are the same. */
  columns?: readonly number[] | undefined
  /** The output of the file with the probability; left out: it is found. */
  answer?: string | undefined
}

/**
 * A model file made elsewhere as one that scorers serve: one input [N, width] float32, one output [N, 1] float32, the
 * probability of a positive. What else the file answers is cut off (predicted classes, ZipMap). A file that is so already
 * stays as it is.
 *
 * @throws ModelRefusedError `not_loadable`, `input_differs` or `output_differs`
 * @see https://onnx.ai/onnx/operators/ (ZipMap, TreeEnsembleClassifier, LinearClassifier)
 */
export function servableFile(file: Uint8Array, terms: ServableTerms): Uint8Array {
  const model = decoded(file)
  checkAccepted(model)
  const given = model.graph!
  const takes = inputOf(given, terms.columns?.length ?? terms.width)
  const answers = answerOf(given, terms.answer)
  if (isServable(given, { takes, answers }, terms)) return file
  const aside = asideOf(terms)
  const graph = renamed(given, aside)
  const input = { ...takes, name: aside(takes.name) }
  const answer = { ...answers, tensor: aside(answers.tensor) }
  const { node, initializer } = behind(answer.tensor, graph)
  const constants = new Set(initializer?.map(({ name }) => name))
  const isOld = Number(model.irVersion ?? 0) < IR_WITHOUT_INPUTS
  const declared = isOld ? (graph.input ?? []).filter(({ name }) => constants.has(name)) : []
  const written: Onnx.IModelProto = {
    ...model,
    opsetImport: withStandardDomain(model.opsetImport ?? []),
    graph: {
      name: graph.name || 'model',
      node: [...entryNodes(input, terms), ...(node ?? []), ...exitNodes(answer, terms)],
      input: [rowsOf(terms.input, terms.width), ...declared],
      output: [rowsOf(terms.output, 1)],
      initializer: initializer ?? [],
    },
  }
  return new Uint8Array(onnx.ModelProto.encode(written).finish())
}

function decoded(file: Uint8Array): Onnx.IModelProto {
  try {
    const model = onnx.ModelProto.decode(file)
    if (model.graph?.output?.length && model.opsetImport?.length) return model
  } catch (cause) {
    throw new ModelRefusedError('not_loadable', 'the file is no ONNX model: it cannot be read', { cause })
  }
  throw new ModelRefusedError('not_loadable', 'the file is no ONNX model: it holds no graph')
}

/** What ONNX Runtime has, needs no other file, and answers the same for the same. */
function checkAccepted({ graph }: Onnx.IModelProto): void {
  const nodes = allNodes(graph!)
  const refused = (why: string) => new ModelRefusedError('not_loadable', `the file ${why}`)
  const foreign = nodes.find(({ domain }) => !DOMAINS.includes(domain ?? ''))
  if (foreign !== undefined)
    throw refused(
      `has the operator ${foreign.opType ?? ''} of ${foreign.domain ?? ''}; scorers have those of ai.onnx and ai.onnx.ml`,
    )
  const chance = nodes.find(({ opType }) => BY_CHANCE.test(opType ?? ''))
  if (chance !== undefined)
    throw refused(`draws by chance (${chance.opType ?? ''}): it would answer otherwise each time`)
  const away = allTensors(graph!).find(({ dataLocation }) => dataLocation === EXTERNAL)
  if (away !== undefined)
    throw refused(`keeps ${away.name ?? 'numbers'} in another file: save it with its data inside`)
}

function isServable(
  graph: Onnx.IGraphProto,
  { takes, answers }: { takes: GraphInput; answers: GraphAnswer },
  { input, output, columns }: ServableTerms,
): boolean {
  return (
    columns === undefined &&
    graph.input?.length === 1 &&
    graph.output?.length === 1 &&
    takes.name === input &&
    takes.elemType === FLOAT &&
    takes.isAnyNumber &&
    answers.tensor === output &&
    answers.elemType === FLOAT &&
    answers.column === undefined
  )
}

function withStandardDomain(imports: readonly Onnx.IOperatorSetIdProto[]): Onnx.IOperatorSetIdProto[] {
  const isThere = imports.some(({ domain }) => ['', 'ai.onnx'].includes(domain ?? ''))
  return isThere ? [...imports] : [...imports, { domain: '', version: OPSET_DEFAULT }]
}

/** The names that scorers use may be those of other tensors in the file: those step aside. */
const asideOf = ({ input, output }: ServableTerms) => {
  const taken = new RegExp(`^(file/)*(${input}|${output})(/|$)`)
  return (name: string) => (taken.test(name) ? `file/${name}` : name)
}
