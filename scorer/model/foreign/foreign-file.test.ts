import onnxProto from 'onnx-proto'
import { describe, expect, it } from 'vitest'
import { type ForeignModelOptions, writeForeignModel } from '../../testing/foreign-model.ts'
import { writeLogisticModel } from '../../testing/logistic-model.ts'
import { servableFile, type ServableTerms } from './foreign-file.ts'

const MODEL = { weights: [0.5, -1, 2], bias: 0.1 }
const TERMS: ServableTerms = { input: 'vectors', output: 'scores', width: 3 }
const graphOf = (file: Uint8Array) => onnxProto.onnx.ModelProto.decode(file).graph!
const servable = (options: Partial<ForeignModelOptions> = {}, terms: Partial<ServableTerms> = {}) =>
  servableFile(writeForeignModel({ ...MODEL, ...options }), { ...TERMS, ...terms })
const operatorsOf = (file: Uint8Array) => graphOf(file).node!.map(({ opType }) => opType)

describe('a file made elsewhere', () => {
  it('gets one input and one output, and loses what else it answers', () => {
    const graph = graphOf(servable({ zipMap: true }))
    expect(graph.input!.map(({ name }) => name)).toEqual(['vectors'])
    expect(graph.output!.map(({ name }) => name)).toEqual(['scores'])
    expect(graph.node!.map(({ opType }) => opType)).toEqual([
      'Identity',
      'LinearClassifier',
      'Constant',
      'Gather',
    ])
  })

  it('has its columns picked out of the vector', () => {
    expect(operatorsOf(servable({}, { width: 5, columns: [4, 0, 2] })).slice(0, 3)).toEqual([
      'Constant',
      'Gather',
      'LinearClassifier',
    ])
  })

  it('stays as it is when scorers can serve it', () => {
    const { onnx } = writeLogisticModel({
      ...{ modelId: 'm', featureSetId: 'f', featureNames: ['a', 'b', 'c'] },
      ...MODEL,
    })
    expect(servableFile(onnx, TERMS)).toBe(onnx)
    const once = servable()
    expect(servableFile(once, TERMS)).toBe(once)
  })

  it('keeps no tensor under a name that scorers use', () => {
    const graph = graphOf(servable({ input: 'scores', probabilities: 'vectors' }))
    const made = graph.node!.flatMap(({ output }) => output!)
    expect(new Set(made).size).toBe(made.length)
    expect(made.filter((name) => name === 'scores')).toHaveLength(1)
    expect(made).not.toContain('vectors')
  })
})

describe('is refused with a sentence', () => {
  const refusalOf = (work: () => unknown): string => {
    try {
      work()
      return 'taken'
    } catch (error) {
      return `${(error as { code: string }).code}: ${(error as Error).message}`
    }
  }
  it.each([
    ['text', Buffer.from('Traceback (most recent call last):\n  File "train.py"')],
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(100)],
  ])('%s', (_, file) => {
    expect(refusalOf(() => servableFile(file, TERMS))).toMatch(/^not_loadable: the file is no ONNX model: /)
  })

  it.each<[string, Partial<ForeignModelOptions>, Partial<ServableTerms>, RegExp]>([
    [
      'more columns',
      {},
      { width: 4 },
      /^input_differs: the file takes x\[rows,3\], and must take one input of 4 float/,
    ],
    [
      'an input a column',
      { change: ({ graph }) => void graph.input!.push({ ...graph.input![0]!, name: 'y' }) },
      {},
      /^input_differs: the file takes x\[rows,3\], y\[rows,3\], and/,
    ],
    [
      'three classes',
      { classes: [0, 1, 2] },
      {},
      /^output_differs: the file tells classes 0, 1, 2; a label is 0 or 1/,
    ],
    ['one class', { classes: [0] }, {}, /tells classes 0; .*train it on both/],
    ['other classes', { classes: ['cat', 'dog'] }, {}, /tells classes cat, dog; a label is 0 or 1/],
    ['no such output', {}, { answer: 'p' }, /the file answers label, probabilities, and not p$/],
    [
      'only a class',
      { change: ({ graph }) => void graph.output!.pop() },
      {},
      /the file answers label, of which nothing is a probability/,
    ],
    [
      'operators of others',
      { change: ({ graph }) => void (graph.node[0]!.domain = 'com.microsoft') },
      {},
      /^not_loadable: the file has the operator LinearClassifier of com.microsoft; scorers have/,
    ],
    [
      'chance',
      { change: ({ graph }) => void graph.node.push({ opType: 'RandomNormal', output: ['r'] }) },
      {},
      /draws by chance \(RandomNormal\)/,
    ],
    [
      'numbers elsewhere',
      {
        change: ({ graph }) =>
          void graph.initializer!.push({
            name: 'weights',
            dataLocation: onnxProto.onnx.TensorProto.DataLocation.EXTERNAL,
          }),
      },
      {},
      /keeps weights in another file: save it with its data inside/,
    ],
  ])('%s', (_, options, terms, message) => {
    expect(refusalOf(() => servable(options, terms))).toMatch(message)
  })
})
