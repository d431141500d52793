import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { forecastQuality } from '../metrics/index.ts'
import { interpretGraph } from '../testing/graph-interpreter.ts'
import { type DrawnRow, trainingRowsOf } from '../testing/learner-conformance.ts'
import { type LearnerTask, sigmoid, type TrainedModel } from './learner.ts'
import { createLogistic, logisticConfigSchema } from './logistic.ts'
import { findCrosses, groupsOf } from './logistic/find-crosses.ts'
import { fitLogistic, type LogisticProblem } from './logistic/newton.ts'
import { sparseRowsOf } from './logistic/sparse-rows.ts'
import { createCoordinates } from './coordinates.ts'

const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }

/** Two attributes with four texts each, of which only the pair says something, and a number that says something by itself. */
const COLUMNS = [...'0123']
  .map((n) => `of=${n}`)
  .concat(
    [...'0123'].map((n) => `to=${n}`),
    'number',
  )
const task: LearnerTask = { width: COLUMNS.length, graphName: 'logistic', columns: COLUMNS }

function drawPairs(seed: number, count: number): DrawnRow[] {
  const chance = createChance(seed)
  return Array.from({ length: count }, () => {
    const [of, to] = [Math.floor(chance() * 4), Math.floor(chance() * 4)]
    const number = Math.fround(chance() * 2 - 1)
    const vector = COLUMNS.map((name) => Number(name === `of=${String(of)}` || name === `to=${String(to)}`))
    vector[8] = number
    const logit = -1 + number + ((of + to) % 2 === 0 ? 0.7 : -0.7)
    return { vector, label: chance() < sigmoid(logit) ? 1 : 0 }
  })
}

const entropyOf = ({ scoresOf }: TrainedModel, drawn: readonly DrawnRow[]) => {
  const scores = scoresOf(trainingRowsOf(drawn).vectors)
  return forecastQuality(drawn.map(({ label }, at) => ({ score: scores[at]!, label }))).normalizedEntropy!
}
const fit = (settings: object, drawn: readonly DrawnRow[]) =>
  createLogistic(logisticConfigSchema.parse(settings), task).fit(trainingRowsOf(drawn), options)

it('finds what two attributes say together, and nothing where there is nothing', () => {
  const [learned, fresh] = [drawPairs(1, 4_000), drawPairs(2, 4_000)]
  const [crossed, plain] = [fit({}, learned), fit({ crossesMax: 0 }, learned)]
  expect(entropyOf(crossed, fresh)).toBeLessThan(0.95 * entropyOf(plain, fresh))
  expect(crossed.facts.parameters).toBe(plain.facts.parameters + 16)
  const aimless = drawPairs(3, 4_000).map((row, at) => ({ ...row, label: learned[(at * 7) % 4_000]!.label }))
  expect(fit({}, aimless).facts.parameters).toBe(plain.facts.parameters)
})

it('has crosses in its file', () => {
  const { onnx, scoresOf } = fit({}, drawPairs(4, 4_000))
  const { vectors } = trainingRowsOf(drawPairs(5, 200))
  interpretGraph(onnx)(vectors, task.width).forEach((score, row) =>
    expect(score).toBeCloseTo(scoresOf(vectors)[row]!, 6),
  )
})

/** What the log-loss and its penalties lose per step of each weight. */
function slopesAt(problem: LogisticProblem, weights: Float64Array): Float64Array {
  const { starts, at, values, count } = problem.rows
  const slopes = weights.map((weight, coordinate) => problem.penalties[coordinate]! * weight)
  for (let row = 0; row < count; row++) {
    const places = Array.from({ length: starts[row + 1]! - starts[row]! }, (_, place) => starts[row]! + place)
    const score = sigmoid(places.reduce((sum, place) => sum + values[place]! * weights[at[place]!]!, 0))
    const slope = (problem.weights?.[row] ?? 1) * (score - problem.labels[row]!)
    for (const place of places) slopes[at[place]!]! += slope * values[place]!
  }
  return slopes
}

it('ends where the log-loss and its penalties have no slope', () => {
  const rows = trainingRowsOf(drawPairs(6, 500), ({ label }) => 1 + label)
  const sparse = sparseRowsOf(rows, createCoordinates({ width: rows.width }), [[0, 8]])
  const penalties = new Float64Array(sparse.coordinates).fill(3)
  const problem = { rows: sparse, labels: rows.labels, weights: rows.weights, penalties }
  const weights = fitLogistic(problem, options)
  expect(weights).toHaveLength(rows.width + 2)
  for (const slope of slopesAt(problem, weights)) expect(slope).toBeCloseTo(0, 4)
})

it('ends there with more columns than are solved together, some that say the same, and some of another size', () => {
  const [count, width, chance] = [3_000, 600, createChance(8)]
  const vectors = new Float32Array(count * width)
  const labels = new Uint8Array(count)
  for (let row = 0; row < count; row++) {
    const vector = vectors.subarray(row * width, (row + 1) * width)
    const [often, seldom, size] = [chance() * 2 - 1, 3 + Math.floor(chance() * (width - 3)), chance()]
    vector.set([often, often, 300 * size])
    vector[seldom] = 1
    labels[row] = Number(chance() < sigmoid(often + (seldom % 2) - 2 * size))
  }
  const rows = sparseRowsOf({ count, width, vectors }, createCoordinates({ width }))
  const problem = { rows, labels, penalties: new Float64Array(rows.coordinates).fill(2) }
  for (const slope of slopesAt(problem, fitLogistic(problem, options))) expect(slope).toBeCloseTo(0, 3)
})

it('takes the columns of one attribute for a group', () => {
  expect(groupsOf([0, 1, 2, 3], ['a=x', 'b', 'a=y', 'c'])).toEqual([[0, 2], [1], [3]])
  expect(groupsOf([0, 2], undefined)).toEqual([[0], [2]])
})

it('takes no more crosses than it may, those of the clearest groups', () => {
  const rows = trainingRowsOf(drawPairs(7, 2_000))
  const rate = rows.labels.reduce((sum, label) => sum + label, 0) / rows.count
  const search = {
    ...{ rows, groups: groupsOf([0, 1, 2, 3, 4, 5, 6, 7, 8], COLUMNS), zMin: 4 },
    residuals: Float64Array.from(rows.labels, (label) => label - rate),
    curves: new Float64Array(rows.count).fill(rate * (1 - rate)),
  }
  expect(findCrosses({ ...search, crossesMax: 16 })).toHaveLength(16)
  expect(findCrosses({ ...search, crossesMax: 15 })).toEqual([])
})
