import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetWriteFile } from 'hyparquet-writer'
import { type ModelManifest, parseManifest, vectorOfBytes } from '#schemas'
import type { Candidate } from '../../export/candidate.ts'
import { RunFolderError } from './errors.ts'
import { RUN_FILES, type RunRecord } from './run-record.ts'
import type { TestTable } from './test-table.ts'
import type { DataReport, MetricsReport, TrainedCurves } from './training-report.ts'

/** What a run leaves behind. */
export interface RunFiles {
  candidate: Candidate
  metrics: MetricsReport
  data: DataReport
  curves: TrainedCurves
  record: RunRecord
  test: TestTable
}

/** Writes the folder whole or not at all. @returns its path */
export function writeRun(out: string, { candidate, metrics, data, curves, record, test }: RunFiles): string {
  const folder = join(out, record.runId)
  if (existsSync(folder)) throw new RunFolderError(folder, 'is there already: give another --out')
  const growing = `${folder}.part`
  rmSync(growing, { recursive: true, force: true })
  mkdirSync(growing, { recursive: true })
  const write = (file: string, content: Uint8Array | string) => writeFileSync(join(growing, file), content)
  const json = (file: string, value: unknown) => write(file, `${JSON.stringify(value, null, 2)}\n`)
  write(RUN_FILES.model, candidate.onnx)
  json(RUN_FILES.manifest, candidate.manifest)
  json(RUN_FILES.golden, goldenRows(candidate.manifest))
  json(RUN_FILES.metrics, metrics)
  json(RUN_FILES.curves, curves)
  json(RUN_FILES.data, data)
  writeTest(join(growing, RUN_FILES.test), test, data.featureNames)
  json(RUN_FILES.run, record)
  renameSync(growing, folder)
  return folder
}

/** The golden rows as numbers, for who has no base64 at hand: what the file must answer, before calibration. */
function goldenRows({ golden, width, input, output, featureNames }: ModelManifest) {
  const vectors = vectorOfBytes(Buffer.from(golden.vectors, 'base64'))
  const rows = Array.from({ length: golden.rows }, (_, row) => [
    ...vectors.subarray(row * width, (row + 1) * width),
  ])
  const scores = [...vectorOfBytes(Buffer.from(golden.scores, 'base64'))]
  return { input, output, featureNames, tolerance: golden.tolerance, vectors: rows, scores }
}

/** Before the columns of the features. */
const FACTS = [
  'occurredAtMs',
  'request',
  'userId',
  'itemId',
  'label',
  'score',
  'baseRate',
  'itemRate',
] as const

function writeTest(filename: string, test: TestTable, names: readonly string[]): void {
  const { count, width, vectors } = test
  const column = (at: number) => Float32Array.from({ length: count }, (_, row) => vectors[row * width + at]!)
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'occurredAtMs', data: test.occurredAtMs, type: 'DOUBLE' },
      { name: 'request', data: test.requests, type: 'INT32' },
      { name: 'userId', data: [...test.userIds], type: 'STRING' },
      { name: 'itemId', data: [...test.itemIds], type: 'STRING' },
      { name: 'label', data: Int32Array.from(test.labels), type: 'INT32' },
      { name: 'score', data: test.scores, type: 'FLOAT' },
      { name: 'baseRate', data: test.baseRate, type: 'FLOAT' },
      { name: 'itemRate', data: test.itemRate, type: 'FLOAT' },
      ...names.map((name, at) => ({ name: `feature.${name}`, data: column(at), type: 'FLOAT' as const })),
    ],
  })
}

/** A run as it lies in its folder. */
export interface ReadRun {
  folder: string
  manifest: ModelManifest
  onnx: Uint8Array
  metrics: MetricsReport
  data: DataReport
  curves: TrainedCurves
  record: RunRecord
  test: TestTable
}

/** @throws RunFolderError when it is no run of `feedloop train`, or one of its files cannot be read */
export async function readRun(folder: string): Promise<ReadRun> {
  if (!existsSync(join(folder, RUN_FILES.run))) {
    throw new RunFolderError(
      folder,
      existsSync(folder)
        ? `has no ${RUN_FILES.run}: name a folder that feedloop train wrote, like runs/ID`
        : 'there is no such folder: name one that feedloop train wrote, like runs/ID',
    )
  }
  const json = <T>(file: string) => readJson(join(folder, file)) as T
  const manifest = manifestIn(join(folder, RUN_FILES.manifest))
  const data = json<DataReport>(RUN_FILES.data)
  return {
    folder,
    manifest,
    onnx: readFileSync(join(folder, RUN_FILES.model)),
    metrics: json(RUN_FILES.metrics),
    data,
    curves: json(RUN_FILES.curves),
    record: json(RUN_FILES.run),
    test: await readTest(join(folder, RUN_FILES.test), data.featureNames),
  }
}

const manifestIn = (path: string) => attempt(path, () => parseManifest(readFileSync(path, 'utf8')))
const readJson = (path: string) => attempt(path, (): unknown => JSON.parse(readFileSync(path, 'utf8')))

function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): RunFolderError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RunFolderError(path, `cannot be read (${why}): train again`, { cause })
}

async function readTest(path: string, names: readonly string[]): Promise<TestTable> {
  let rows: Record<string, unknown>[]
  try {
    rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors })
  } catch (cause) {
    throw unreadable(path, cause)
  }
  const missing = [...FACTS, ...names.map((name) => `feature.${name}`)].filter(
    (name) => !(name in (rows[0] ?? {})),
  )
  if (missing.length > 0)
    throw new RunFolderError(path, `has no column ${missing.slice(0, 3).join(', ')}: train again`)
  const numbers = (name: string) => rows.map((row) => Number(row[name]))
  const texts = (name: string) => rows.map((row) => String(row[name]))
  const width = names.length
  const vectors = new Float32Array(rows.length * width)
  for (const [row, values] of rows.entries())
    for (const [at, name] of names.entries()) vectors[row * width + at] = Number(values[`feature.${name}`])
  return {
    count: rows.length,
    width,
    occurredAtMs: Float64Array.from(numbers('occurredAtMs')),
    requests: Int32Array.from(numbers('request')),
    userIds: texts('userId'),
    itemIds: texts('itemId'),
    labels: Uint8Array.from(numbers('label')),
    scores: Float32Array.from(numbers('score')),
    baseRate: Float32Array.from(numbers('baseRate')),
    itemRate: Float32Array.from(numbers('itemRate')),
    vectors,
  }
}

/** For texts. */
export const runNameOf = (folder: string): string => basename(folder)
