import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learnerChoiceSchema } from '../../learners/choice.ts'
import { triedFeedOf } from '../backtest/backtest.ts'
import { playInProcess } from '../backtest/testing/play-in-process.ts'
import { DATA_SETS } from '../datasets/index.ts'
import {
  fitAndJudge,
  type JudgedFit,
  readMockRows,
  readyData,
  type SplitRows,
  type TrainingOptions,
  withSlices,
} from '../train/index.ts'
import { checkMockRows } from '../train/mock-rows.ts'
import { writeSmallFolder } from '../train/testing/small-folder.ts'
import { runTraining } from '../train/training.ts'
import { type Augmentation, augment } from './augmentation.ts'
import { type AugmentedSlice, type Effect, verdictOf } from './augmentation-report.ts'
import { augmentationText } from './augmentation-text.ts'
import { checkAugmentationFolder, writeAugmentation } from './fs-augmentation-folder.ts'
import { madeRows, type MakingOptions } from './made-rows.ts'
import { namedSlices } from './weak-slices.ts'

let folder: string
let plain: TrainingOptions
let split: SplitRows
let found: Augmentation
let without: JudgedFit

const MAKING: MakingOptions = { method: 'smote', neighbours: 5, times: 1, seed: 1 }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'feedloop-augment-'))
  writeSmallFolder(join(folder, 'data'), { requests: 300, users: 40, items: 30, days: 4 })
  const { log, feed } = await DATA_SETS['folder']!(join(folder, 'data'), {})
  plain = {
    ...playInProcess,
    log,
    feed: withSlices(triedFeedOf(feed)),
    choice: learnerChoiceSchema.parse({ use: 'ftrl' }),
    shares: { validation: 0.2, test: 0.2 },
    costs: {},
    roundsMax: 2,
    seed: 1,
    checksSanity: false,
    onStage: () => undefined,
    onFit: () => undefined,
  }
  found = await augment({ training: plain, making: MAKING, named: [], worstMax: 2 })
  const ready = await readyData(plain)
  split = ready.split
  without = await fitAndJudge(split, ready, plain)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('mock rows', () => {
  it('are of the training part alone, and judged on the rows that were judged without them', () => {
    const { report, mock } = found
    expect(report.overall.without).toEqual(without.judged.test)
    expect(report.overall.with.rows).toBe(split.parts.test.length)
    expect(report.overall.with.positives).toBe(report.overall.without.positives)
    expect(report.slices).toHaveLength(2)
    expect(Math.max(...mock.rows.occurredAtMs)).toBeLessThan(split.parts.validationFromMs)
    for (const { training, mock: made, labelRate, without: before, with: after } of report.slices) {
      expect(made.rows).toBe(training.rows)
      // The slice's own share of positives stays.
      expect(Math.abs(labelRate.after - labelRate.before)).toBeLessThan(0.01)
      expect(after.rows).toBe(before.rows)
    }
    expect(augmentationText(report)).toMatch(/label rate of what is learned from: .* -> /)
  })

  it('are of the slice that they were made for, and the same again', () => {
    const slices = namedSlices(split, ['item category=sport'])
    const { mock, bySlice } = madeRows(split, slices, { ...MAKING, times: 2 })
    expect(bySlice[0]!.rows).toBe(2 * slices[0]!.training.length)
    const at = mock.featureNames.indexOf('item_category=sport')
    for (let row = 0; row < mock.rows.count; row++)
      expect(mock.rows.vectors[row * mock.rows.width + at]).toBe(1)
    expect(madeRows(split, slices, { ...MAKING, times: 2 }).mock).toEqual(mock)
    const copies = madeRows(split, slices, { ...MAKING, method: 'copies' }).mock.rows
    const real = split.rows.training(slices[0]!.training)
    const lines = ({ vectors, count, width }: typeof copies) =>
      Array.from({ length: count }, (_, row) =>
        vectors.subarray(row * width, (row + 1) * width).join(),
      ).sort()
    expect(lines(copies)).toEqual(lines(real as typeof copies))
  })

  it('move the label rate where it is asked; calibration by real rows takes back what that does to scores', async () => {
    const { mock } = madeRows(split, namedSlices(split, ['item category=sport']), {
      ...{ ...MAKING, times: 10, labelRate: 0.95 },
    })
    const fit = await fitAndJudge(split, { weights: undefined, mock }, plain)
    const { before, after } = fit.judged.calibration
    expect(before.calibration).toBeGreaterThan(without.judged.calibration.before.calibration! + 0.2)
    expect(after.calibration).toBeLessThan(before.calibration! - 0.2)
  })

  it('lie in a file from which a training takes them, beside data that is as it was', async () => {
    const data = () =>
      readdirSync(join(folder, 'data')).map((name) => readFileSync(join(folder, 'data', name), 'utf8'))
    const before = data()
    const out = join(folder, 'mock')
    writeAugmentation(out, found, 'data')
    expect(data()).toEqual(before)
    const mock = await readMockRows(join(out, 'mock.parquet'))
    expect(mock).toEqual(found.mock)
    const { report } = await runTraining({ ...plain, mock })
    expect(report.metrics.test).toEqual(found.report.overall.with)
    expect(report.data).toMatchObject({ mockRows: mock.rows.count, rows: 1_500 })
    const fits = { featureSetId: mock.featureSetId, validationFromMs: split.parts.validationFromMs }
    expect(() => checkMockRows(mock, { ...fits, featureSetId: 'other' })).toThrow(/made for the features/)
    const early = { ...fits, validationFromMs: mock.rows.occurredAtMs[0]! }
    expect(() => checkMockRows(mock, early)).toThrow(/of a time that this training is tuned or judged on/)
  })
})

describe('bad input is told in a sentence', () => {
  it('a slice that is none', () => {
    expect(() => namedSlices(split, ['item colour=red'])).toThrow(
      /no such slice; there are item category, .*Write it like "item category=/,
    )
    expect(() => namedSlices(split, ['item category=war'])).toThrow('item category has ')
  })

  it('a folder that holds something, a number of rows that nobody can hold, another file', async () => {
    expect(() => checkAugmentationFolder(join(folder, 'data'))).toThrow('Nothing is written over.')
    const slices = namedSlices(split, ['item category=sport'])
    expect(() => madeRows(split, slices, { ...MAKING, times: 1e5 })).toThrow(/--times 100000 asks for/)
    await expect(readMockRows(join(folder, 'data', 'impressions.csv'))).rejects.toThrow(/no Parquet file/)
  })
})

it.each<[Effect, Effect[], boolean, RegExp]>([
  ['chance', ['better', 'chance'], true, /^It helps: s=0 is better/],
  ['worse', ['better', 'chance'], false, /^It does not help: over all test rows .* although s=0 is better/],
  ['chance', ['better', 'worse'], false, /^It does not help: s=1 is worse .*; s=0 is better/],
  [
    'better',
    ['chance', 'unknown'],
    false,
    /cannot be|can the difference be told from chance, though the whole/,
  ],
  ['chance', ['unknown', 'unknown'], false, /fewer than 10 positive test rows each/],
])('whole %s, slices %j: helps %s', (overall, effects, helps, sentence) => {
  const slices = effects.map((effect, at) => ({ slice: 's', value: String(at), effect }) as AugmentedSlice)
  const found = verdictOf({ effect: overall }, slices)
  expect(found.helps).toBe(helps)
  expect(found.verdict).toMatch(sentence)
})
