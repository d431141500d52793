import onnxProto from 'onnx-proto'
import { afterAll, expect, it } from 'vitest'
import { type ForeignModelOptions, writeForeignModel } from '../../testing/foreign-model.ts'
import { logisticScores } from '../../testing/logistic-model.ts'
import { createOnnxModels } from '../onnx-session.ts'
import { servableFile, type ServableTerms } from './foreign-file.ts'

const MODEL = { weights: [0.5, -1, 2], bias: 0.1 }
const TERMS: ServableTerms = { input: 'vectors', output: 'scores', width: 3 }
const vectors = Float32Array.from({ length: 300 }, (_, at) => ((at * 7) % 23) / 5 - 2)
const models = createOnnxModels({})
afterAll(() => models.stop())

const scored = (file: Uint8Array, of: Float32Array, { input, output, width }: ServableTerms) =>
  models.scoreFile(file, { modelId: 'm', input, output, width, featureNames: [] }, of)

async function expectScores(file: Uint8Array, terms = TERMS, of = vectors) {
  const scores = await scored(servableFile(file, terms), of, terms)
  const expected = logisticScores(vectors, MODEL.weights, MODEL.bias)
  expect(scores.length).toBe(expected.length)
  expect(Math.max(...scores.map((score, row) => Math.abs(score - expected[row]!)))).toBeLessThan(1e-6)
}

it.each<[string, Partial<ForeignModelOptions>]>([
  ['probabilities beside a class', {}],
  ['a ZipMap', { zipMap: true }],
  ['classes the other way round', { classes: [1, 0] }],
  ['classes the other way round behind a ZipMap', { classes: [1, 0], zipMap: true }],
  ['classes with names', { classes: ['false', 'true'], zipMap: true }],
  ['probabilities of unsaid number', { saysColumns: false }],
  ['one row at a time', { rows: 1 }],
  ['an old file', { irVersion: 3 }],
  ['names that scorers use', { input: 'scores', probabilities: 'vectors' }],
  ['our own input name', { input: 'vectors' }],
])('ONNX Runtime scores a file with %s', async (_, options) => {
  await expectScores(writeForeignModel({ ...MODEL, ...options }))
})

it('ONNX Runtime scores a file that knows fewer columns, in another order', async () => {
  // Column 0 of the file is number 4 of the vector, and so on.
  const wide = new Float32Array((vectors.length / 3) * 5).map((_, at) => {
    const [row, column] = [Math.floor(at / 5), at % 5]
    const known = [4, 0, 2].indexOf(column)
    return known < 0 ? 77 : vectors[row * 3 + known]!
  })
  await expectScores(writeForeignModel(MODEL), { ...TERMS, width: 5, columns: [4, 0, 2] }, wide)
})

const { FLOAT, DOUBLE } = onnxProto.onnx.TensorProto.DataType
/** What a regressor answers: the product, one number a row, no probability by itself. */
function writeRegressor({ elemType = FLOAT, shape = [1], sigmoid = true, width = 1 } = {}): Uint8Array {
  const dimsOf = (sizes: number[]) => ({
    dim: [{ dimParam: 'N' }, ...sizes.map((dimValue) => ({ dimValue }))],
  })
  const [from, to] = ['sum', 'variable']
  const numbers = (name: string, values: number[], dims: number[]) =>
    elemType === FLOAT
      ? { name, dataType: elemType, dims, floatData: values }
      : { name, dataType: elemType, dims, doubleData: values }
  const weights = MODEL.weights.flatMap((one) => Array.from({ length: width }, () => one))
  return new Uint8Array(
    onnxProto.onnx.ModelProto.encode({
      irVersion: 10,
      opsetImport: [{ domain: '', version: 21 }],
      graph: {
        name: 'regressor',
        node: [
          { opType: 'MatMul', input: ['x', 'w'], output: ['p'] },
          { opType: 'Add', input: ['p', 'b'], output: [sigmoid ? from : to] },
          ...(sigmoid ? [{ opType: 'Sigmoid', input: [from], output: [to] }] : []),
        ],
        initializer: [numbers('w', weights, [3, width]), numbers('b', [MODEL.bias], [1])],
        input: [{ name: 'x', type: { tensorType: { elemType, shape: dimsOf([3]) } } }],
        output: [
          { name: to, type: { tensorType: { elemType, shape: shape.length > 0 ? dimsOf(shape) : null } } },
        ],
      },
    }).finish(),
  )
}

it.each([
  ['one number a row', {}],
  ['an output without a shape', { shape: [] }],
  ['float64', { elemType: DOUBLE }],
])('ONNX Runtime scores a regressor with %s', async (_, options) => {
  await expectScores(writeRegressor(options))
})

it('refuses what is no probability, and several numbers a row', async () => {
  const refused = (file: Uint8Array) => scored(servableFile(file, TERMS), vectors, TERMS)
  await expect(refused(writeRegressor({ sigmoid: false }))).rejects.toMatchObject({
    code: 'output_not_probability',
    message: expect.stringMatching(/the score of row \d+ is .*, not within 0..1$/) as string,
  })
  await expect(refused(writeRegressor({ width: 3, shape: [] }))).rejects.toMatchObject({
    code: expect.stringMatching(/output/) as string,
  })
  const nan = writeForeignModel({ ...MODEL, bias: NaN })
  await expect(refused(nan)).rejects.toMatchObject({
    message: expect.stringMatching(/the score of row 0 is NaN/) as string,
  })
})
