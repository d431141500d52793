import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { learnerChoiceSchema } from '../../learners/choice.ts'
import { triedFeedOf } from '../backtest/backtest.ts'
import { playInProcess } from '../backtest/testing/play-in-process.ts'
import { DATA_SETS } from '../datasets/index.ts'
import { withSlices } from './chosen-feed.ts'
import { readRun, writeRun } from './fs-training-run.ts'
import { manifestMetrics, runIdOf, runRecordOf } from './run-record.ts'
import { csvOf, type SmallFolderOptions, writeSmallFolder } from './testing/small-folder.ts'
import { runTraining, type TrainingOptions } from './training.ts'
import { trainText } from './train-text.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-train-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const small = { requests: 300, users: 40, items: 30, days: 4 }

async function trained(options: Partial<TrainingOptions> = {}, path = folder) {
  const { log, feed } = await DATA_SETS['folder']!(path, {})
  return runTraining({
    ...playInProcess,
    log,
    feed: withSlices(triedFeedOf(feed)),
    choice: learnerChoiceSchema.parse({ use: 'ftrl' }),
    shares: { validation: 0.15, test: 0.2 },
    costs: {},
    roundsMax: 3,
    seed: 1,
    checksSanity: true,
    onStage: () => undefined,
    onFit: () => undefined,
    ...options,
  })
}

const trainedOn = (options: SmallFolderOptions, training: Partial<TrainingOptions> = {}) => {
  writeSmallFolder(folder, { ...small, ...options })
  return trained(training)
}

describe('a training', () => {
  it('finds what the data holds, on rows that came later than all it learned from', async () => {
    const { report, candidate } = await trainedOn({ requests: 900 })
    const { data, metrics } = report
    const { train, validation, test } = data.split
    expect(train.toMs).toBeLessThan(validation.fromMs)
    expect(validation.toMs).toBeLessThan(test.fromMs)
    expect(train.rows + validation.rows + test.rows + data.split.notKnownInTime).toBe(4_500)
    expect(metrics.test.rows).toBe(test.rows)
    expect(metrics.baselines.map(({ name }) => name)).toEqual(['base rate', "item's rate"])
    expect(metrics.baselines[0]!.model.normalizedEntropy!.high).toBeLessThan(0)
    expect(metrics.test.groupedAuc).toBeGreaterThan(0.65)
    expect(metrics.slices.map(({ slice }) => slice)).toContain('item category')
    expect(metrics.sanity!.passed).toBe(true)
    expect(candidate.manifest.featureNames).toContain('item_category=sport')
    const { truePositives, falseNegatives, falsePositives, trueNegatives } = metrics.confusion
    expect(truePositives + falseNegatives).toBe(test.positives)
    expect(truePositives + falseNegatives + falsePositives + trueNegatives).toBe(test.rows)
    expect(trainText(report)).toContain('ftrl can learn 100 rows by heart')
  })

  it('is the same again, and does not know what the test rows came to', async () => {
    const first = await trainedOn({})
    expect((await trained()).candidate.manifest.onnxSha256).toBe(first.candidate.manifest.onnxSha256)
    const isTest = (shownAt: string) => Date.parse(shownAt) >= first.report.data.split.test.fromMs
    const turned = await trainedOn({
      row: (row) => (isTest(row.shown_at) ? { ...row, click: 1 - row.click } : row),
    })
    expect(turned.candidate.manifest.onnxSha256).toBe(first.candidate.manifest.onnxSha256)
    expect(turned.report.metrics.threshold.threshold).toBe(first.report.metrics.threshold.threshold)
    expect(turned.report.metrics.test.auc).not.toBe(first.report.metrics.test.auc)
  })

  it('leaves a folder from which all of it is read again', async () => {
    const { report, candidate, test } = await trainedOn({})
    report.metrics.runId = runIdOf(report.startedAtMs, 'ftrl', candidate.manifest.onnxSha256)
    const record = runRecordOf(report, 'small')
    const { metrics, data, curves } = report
    const manifest = { ...candidate.manifest, metrics: manifestMetrics(metrics) }
    const parts = { candidate: { ...candidate, manifest }, metrics, data, curves, record, test }
    const path = writeRun(join(folder, 'runs'), parts)
    expect(readdirSync(path).sort()).toEqual([...record.artifacts, 'run.json'].sort())
    const read = await readRun(path)
    expect(read.test).toEqual(test)
    expect(read.manifest).toEqual(manifest)
    expect(read.data).toEqual(JSON.parse(JSON.stringify(data)))
    expect(record.params).toMatchObject({ learner: 'ftrl', seed: '1', label: 'click' })
    expect(record.metrics['test.auc']![0]!.value).toBe(metrics.test.auc)
    expect(() => writeRun(join(folder, 'runs'), parts)).toThrow('is there already')
    writeFileSync(join(path, 'metrics.json'), '{')
    await expect(readRun(path)).rejects.toThrow(/metrics\.json: cannot be read .*train again/)
    await expect(readRun(join(folder, 'runs'))).rejects.toThrow('has no run.json')
  })
})

describe('labels', () => {
  it('lists rows that are there twice and those that contradict, by file and line, and counts the first', async () => {
    writeSmallFolder(folder, small)
    const path = join(folder, 'impressions.csv')
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const turned = lines[9]!.replace(
      /,([01]),([01]),/,
      (_, click: string, like: string) => `,${String(1 - Number(click))},${like},`,
    )
    writeFileSync(path, [...lines, lines[5]!, turned].join('\n'))
    const { audit } = (await trained()).report.data
    expect(audit.doubled).toMatchObject({
      rows: 1,
      first: [expect.stringContaining('impressions.csv line 1502')],
    })
    expect(audit.contradictory).toMatchObject({ rows: 1, first: [expect.stringContaining('line 1503')] })
  })

  it('names a column that knows the label', async () => {
    const { report } = await trainedOn({ row: (row) => ({ ...row, device: row.click === 1 ? 'a' : 'b' }) })
    // In a list all rows have the attributes of the first one: a leak there is in part only.
    expect(report.data.leaks).toEqual([])
    const alone = await trainedOn({
      row: (row, n) => ({ ...row, request_id: `r${String(n)}`, device: row.click === 1 ? 'a' : 'b' }),
    })
    expect(alone.report.data.leaks.map(({ column }) => column)).toContain('context_device=a')
    expect(trainText(alone.report)).toContain('knows the label by itself')
  })
})

describe('bad input is told in a sentence', () => {
  it('one class only', async () => {
    const all = trainedOn({ row: (row) => ({ ...row, click: 0 }) })
    await expect(all).rejects.toThrow('The label click has one class only: all 1500 rows are negative.')
  })

  it('a part without a positive', async () => {
    const none = trainedOn({ row: (row) => (row.shown_at > '2026-01-04' ? { ...row, click: 0 } : row) })
    await expect(none).rejects.toThrow(/The test part has \d+ rows that are all negative/)
  })

  it('times in the future', async () => {
    const future = trainedOn({
      row: (row, n) => (n === 7 ? { ...row, shown_at: '2091-01-01T00:00:00Z' } : row),
    })
    await expect(future).rejects.toThrow(/impressions\.csv: line 9: shown_at is 2091-.*in the future/)
  })

  it('a learner that cannot learn', async () => {
    const dull = trainedOn({}, { choice: learnerChoiceSchema.parse({ use: 'base-rate' }) })
    await expect(dull).rejects.toThrow('base-rate cannot even learn 100 rows by heart')
  })

  it('an empty folder, and one without impressions', async () => {
    await expect(trained()).rejects.toThrow('holds no table')
    writeFileSync(join(folder, 'content_features.csv'), 'item_id,category\ni1,a\n')
    await expect(trained()).rejects.toThrow('holds content_features but no impressions')
  })

  it('two files with other columns', async () => {
    writeFileSync(join(folder, 'a.csv'), csvOf([{ user_id: 1, item_id: 1, click: 1 }]))
    writeFileSync(join(folder, 'b.csv'), csvOf([{ user_id: 1, item_id: 1, liked: 1 }]))
    await expect(trained()).rejects.toThrow('click is only in a.csv, liked is only in b.csv')
  })

  it('a Parquet file cut in half', async () => {
    const path = join(folder, 'impressions.parquet')
    parquetWriteFile({ filename: path, columnData: [{ name: 'click', data: [1, 0, 1], type: 'INT32' }] })
    writeFileSync(path, readFileSync(path).subarray(0, 60))
    await expect(trained()).rejects.toThrow(/impressions\.parquet: is cut short/)
  })
})

describe('a folder', () => {
  it('of one table of any name is read by the names of its columns', async () => {
    const own = join(folder, 'own')
    writeSmallFolder(own, small)
    for (const file of ['map.json', 'content_features.csv', 'user_features.csv']) rmSync(join(own, file))
    writeFileSync(join(own, 'my-clicks.csv'), readFileSync(join(own, 'impressions.csv')))
    rmSync(join(own, 'impressions.csv'))
    const { report } = await trained({}, own)
    // What came of a row is no feature of it.
    expect(
      report.data.featureNames.filter((name) => /context_(like|dwell|position|click)/.test(name)),
    ).toEqual([])
    expect(report.data.featureNames).toContain('context_device=phone')
    expect(report.data.leaks).toEqual([])
    expect(report.data.notes.join()).toContain('--infer-map prints it')
  })

  it('of several parts is one table, and the same as Parquet and CSV is read once', async () => {
    writeSmallFolder(folder, small)
    const [header, ...lines] = readFileSync(join(folder, 'impressions.csv'), 'utf8').trimEnd().split('\n')
    const write = (name: string, rows: string[]) =>
      writeFileSync(join(folder, name), [header, ...rows].join('\n'))
    const whole = await trained()
    rmSync(join(folder, 'impressions.csv'))
    write('impressions-1.csv', lines.slice(0, 700))
    write('impressions-2.csv', lines.slice(700))
    const parts = await trained()
    expect(parts.candidate.manifest.onnxSha256).toBe(whole.candidate.manifest.onnxSha256)
    expect(parts.report.data.notes[0]).toContain('impressions-1.csv, impressions-2.csv')
  })

  it('tells what was known of a user only when it was', async () => {
    writeSmallFolder(folder, small)
    const later = [{ user_id: 'u1', as_of: '2026-01-03T00:00:00Z', age_band: 'old', engagement: 1 }]
    const rows = readFileSync(join(folder, 'user_features.csv'), 'utf8')
    writeFileSync(join(folder, 'user_features.csv'), `${rows}${csvOf(later).split('\n')[1]!}\n`)
    const { log } = await DATA_SETS['folder']!(folder, {})
    const told: [string, number][] = []
    let shownAtMs = 0
    for await (const entry of log.entries()) {
      if (entry.kind === 'impression') shownAtMs = entry.atMs
      if (entry.kind === 'user' && entry.user.userId === 'u1')
        told.push([entry.user.attributes[0]!.text!, shownAtMs])
    }
    expect(told.map(([band]) => band)).toEqual(['old', 'old'])
    expect(told[0]![1]).toBe(0)
    expect(new Date(told[1]![1]).toISOString().slice(0, 10)).toBe('2026-01-02')
  })
})
