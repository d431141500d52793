import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { exportTreeModel } from '../../export/tree-file.ts'
import { readTreeModel } from '../../export/tree-file-reader.ts'
import { treeLogits, type TreeModel } from '../../export/tree-model.ts'
import { createSplitFinder } from './best-split.ts'
import { createBinWriter } from './bin-lookup.ts'
import { columnBinsOf } from './binned-rows.ts'
import { bordersOf, categoriesOf, type ColumnBins } from './column-bins.ts'
import { columnRulesOf } from './columns.ts'
import { createFitMemory } from './fit-memory.ts'
import { createGroupBuilder, createHistograms } from './histograms.ts'
import { writeGradients } from './log-loss.ts'
import { memoryLayoutOf } from './memory-layout.ts'
import { createRowPartition } from './row-partition.ts'
import { createDraws } from './seeded-draws.ts'
import { gbdtConfigSchema } from './settings.ts'
import { splitByTime } from './time-split.ts'
import { growTree } from './tree-grower.ts'

function table(seed: number, count: number, width: number) {
  const chance = createChance(seed)
  const vectors = Float32Array.from({ length: count * width }, () =>
    chance() < 0.1 ? NaN : chance() * 4 - 2,
  )
  const labels = Uint8Array.from({ length: count }, (_, row) =>
    Number(chance() < (vectors[row * width]! > 0 ? 0.7 : 0.2)),
  )
  return { count, width, vectors, labels }
}

/** The bin of one value. */
function createBinLookup(columnBins: ColumnBins): (value: number) => number {
  const write = createBinWriter(columnBins)
  const bins = new Uint8Array(1)
  return (value) => {
    write({ vectors: Float32Array.of(value), begin: 0, end: 1, step: 1 }, { bins, begin: 0, step: 1 })
    return bins[0]!
  }
}

/** One tree on the gradients of these rows. */
function grown(rows: ReturnType<typeof table>, settings: object, slots?: number) {
  const config = gbdtConfigSchema.parse(settings)
  const rules = columnRulesOf(config, rows)
  const columnBins = columnBinsOf(rows, { rules, binsMax: config.bins, draws: createDraws(1) })
  const memory = createFitMemory(rows, columnBins, config.leaves)
  const { layout } = memory
  const buildGroup = createGroupBuilder(memory.memory, layout, rows.count)
  const histograms = createHistograms(memory.memory, layout, (begin, end, slot) => {
    for (let group = 0; group < layout.groups; group++) buildGroup(group, begin, end, slot)
  })
  const partition = createRowPartition({ ...memory, count: rows.count }, columnBins)
  const all = Uint32Array.from({ length: rows.count }, (_, row) => row)
  partition.rows.set(all)
  const root = { ...writeGradients(all, rows, new Float64Array(rows.count), memory.pairs), rows: rows.count }
  const findSplit = createSplitFinder(histograms, { columnBins, rules, terms: config })
  const parts = { histograms, slots: slots ?? layout.slots, partition, findSplit, columnBins, rules, config }
  const columns = Array.from({ length: rows.width }, (_, column) => column)
  return { ...growTree(parts, root, columns), memory, histograms, partition, columnBins }
}

describe('borders', () => {
  it('give each value a bin when there are few, and lie between two values as float32', () => {
    const borders = bordersOf(Float32Array.of(1, 1, 2, 3, 3, NaN), 255, 1)
    expect([...borders]).toEqual([1.5, 2.5])
    const [low, high] = [1, 1 + 2 ** -23]
    expect([...bordersOf(Float32Array.of(low, high), 255, 1)]).toEqual([low])
    expect([...bordersOf(Float32Array.of(-Infinity, 0, Infinity), 255, 1)]).toEqual([-Infinity, 0])
    expect([...bordersOf(Float32Array.of(NaN, NaN), 255, 1)]).toEqual([])
    expect([...bordersOf(Float32Array.of(1, 2, 3, 4, 5, 6, 7), 255)]).toEqual([3.5, 6.5])
  })

  it('put about equally many values into each bin, and a heavy one into a bin of its own', () => {
    const chance = createChance(2)
    const values = Float32Array.from({ length: 20_000 }, () =>
      chance() < 0.4 ? 0 : chance() ** 4 * 100 - 20,
    )
    const borders = bordersOf(values.slice().sort(), 64)
    expect(borders.length).toBeLessThanOrEqual(63)
    expect(borders.length).toBeGreaterThan(50)
    const binOf = createBinLookup({ kind: 'borders', borders, count: borders.length + 1, hasMissing: false })
    const counts = new Map<number, number>()
    for (const value of values) counts.set(binOf(value), (counts.get(binOf(value)) ?? 0) + 1)
    const sizes = [...counts.values()].sort((one, two) => two - one)
    expect(sizes[0]).toBeGreaterThan(7_500)
    expect(sizes[1]).toBeLessThan((3 * 12_500) / 64)
  })

  it('are found as by looking at one after another', () => {
    const chance = createChance(3)
    const borders = bordersOf(Float32Array.from({ length: 3_000 }, () => 1 / (chance() - 0.5)).sort(), 255)
    const binOf = createBinLookup({ kind: 'borders', borders, count: borders.length + 1, hasMissing: true })
    const values = [
      ...borders,
      ...borders.map((border) => border + Math.abs(border) * 1e-6),
      -Infinity,
      Infinity,
      0,
    ]
    for (const value of values) expect(binOf(value)).toBe(borders.filter((border) => border < value).length)
    expect(binOf(NaN)).toBe(borders.length + 1)
  })
})

it('takes the most frequent values for categories; others are as unknown as missing ones', () => {
  const values = categoriesOf(Float32Array.of(1, 5, 5, 7, 7, 7, NaN), 2)
  expect([...values]).toEqual([7, 5])
  const binOf = createBinLookup({
    kind: 'categories',
    values,
    binOf: new Map([...values].map((v, b) => [v, b])),
    count: 2,
  })
  expect([7, 5, 1, NaN].map(binOf)).toEqual([0, 1, 2, 2])
})

it('adds up histograms as a plain loop does, in groups of columns', () => {
  const rows = table(4, 500, 19)
  const { memory, histograms, columnBins, partition } = grown(rows, { leaves: 2, rowsMin: 1 })
  histograms.build(100, 433, 0)
  for (let column = 0; column < rows.width; column++) {
    const binOf = createBinLookup(columnBins[column]!)
    const cells = new Float64Array(512)
    for (const row of partition.rows.subarray(100, 433)) {
      const bin = binOf(rows.vectors[row * rows.width + column]!)
      cells[2 * bin]! += memory.pairs[2 * row]!
      cells[2 * bin + 1]! += memory.pairs[2 * row + 1]!
    }
    const at = histograms.cellsAt(0, column)
    expect([...histograms.cells.subarray(at, at + 512)]).toEqual([...cells])
  }
})

it('grows the same tree when there is room for few histograms', () => {
  const rows = table(5, 2_000, 5)
  const settings = { leaves: 40, rowsMin: 5 }
  const [roomy, tight] = [grown(rows, settings), grown(rows, settings, 3)]
  expect(roomy.leaves.length).toBe(40)
  expect(tight.tree.length).toBe(roomy.tree.length)
  const logitsOf = (tree: TreeModel['trees'][number]) =>
    treeLogits({ width: 5, base: 0, trees: [tree] }, rows.vectors)
  logitsOf(roomy.tree).forEach((logit, row) => expect(logitsOf(tight.tree)[row]).toBeCloseTo(logit, 6))
})

it('says how much memory is too much, in words', () => {
  expect(memoryLayoutOf({ rows: 500_000, width: 32, leaves: 31 }).pages * 65_536).toBeLessThan(40 * 1024 ** 2)
  expect(memoryLayoutOf({ rows: 10, width: 4_000, leaves: 1_024 }).slots).toBeLessThan(40)
  expect(() => memoryLayoutOf({ rows: 50_000_000, width: 100, leaves: 31 })).toThrow('fit fewer rows')
})

it('holds the latest rows back, in whatever order they come', () => {
  const split = splitByTime(5, 0.4, Float64Array.of(9, 1, 8, 2, 3))
  expect([...split.learned]).toEqual([1, 3, 4])
  expect([...split.held]).toEqual([0, 2])
})

it('draws each row about as often, and as many as asked', () => {
  const draws = createDraws(7)
  const counts = new Uint32Array(20)
  for (let round = 0; round < 4_000; round++) {
    const drawn = draws.subset(20, 5)
    expect(new Set(drawn).size).toBe(5)
    for (const at of drawn) counts[at]! += 1
  }
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
})

it('reads back the trees it wrote, categories included', () => {
  const rows = table(6, 400, 3)
  rows.vectors.forEach((value, at) => {
    if (at % 3 === 2) rows.vectors[at] = Number.isNaN(value) ? value : Math.round(value * 6)
  })
  const { tree } = grown(rows, {
    leaves: 12,
    rowsMin: 5,
    categorical: ['2'],
    categorySmoothing: 1,
    categoryL2: 0,
  })
  expect(new Set(tree.map(({ kind }) => kind))).toEqual(new Set(['leaf', 'border', 'categories']))
  const model = { width: 3, base: Math.fround(-0.3), trees: [tree, tree] }
  expect(readTreeModel(exportTreeModel(model, 'g'))).toEqual(model)
  expect(readTreeModel(exportTreeModel({ ...model, trees: [] }, 'g')).trees).toEqual([
    [{ kind: 'leaf', value: 0 }],
  ])
})

it('names a column that is not there, and one that is named twice', () => {
  const columns = ['age', 'rate']
  const named = { increasing: [], decreasing: [], categorical: [] }
  const rulesOf = (more: object) => columnRulesOf({ ...named, ...more }, { width: 2, columns })
  expect(rulesOf({ increasing: ['rate'] })[1]).toEqual({ isCategorical: false, direction: 1 })
  expect(() => rulesOf({ decreasing: ['rat'] })).toThrow('there is no column rat; there are age, rate')
  expect(() => rulesOf({ increasing: ['rate'], categorical: ['rate'] })).toThrow('rate must stand once')
})
