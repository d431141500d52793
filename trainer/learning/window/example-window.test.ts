import { describe, expect, it } from 'vitest'
import type { TrainingRows } from '../../learners/learner.ts'
import { createChance } from '#schemas/testing'
import { sampleTrainingExample } from '../../testing/sample-training-example.ts'
import { createExampleWindow, type ExampleWindow, type WindowOptions } from './example-window.ts'
import { NO_SCRATCH, type ScratchFolder } from './scratch.ts'

const WIDTH = 3
const MINUTE_MS = 60_000
const KIB = 1_024

function memoryScratch(): ScratchFolder & { files: Map<string, Uint8Array>; writesMax: number } {
  const files = new Map<string, Uint8Array>()
  let written = 0
  const scratch = {
    files,
    writesMax: Infinity,
    write(bytes: Uint8Array) {
      if (written === scratch.writesMax) throw new Error('ENOSPC: no space left on device')
      const name = String(written++)
      files.set(name, Uint8Array.from(bytes))
      return name
    },
    readNow: (name: string) => files.get(name)!,
    read: (name: string) => Promise.resolve(files.get(name)!),
    delete: (name: string) => void files.delete(name),
    close: () => files.clear(),
  }
  return scratch
}

const open = (options: Partial<WindowOptions> = {}) =>
  createExampleWindow({
    width: WIDTH,
    shape: { kind: 'all' },
    examplesMax: 100_000,
    bytesMax: Infinity,
    memoryBytesMax: Infinity,
    keepsPositives: true,
    scratch: NO_SCRATCH,
    scratchFailed: () => undefined,
    ...options,
  })

/** An example a second; its number is its first feature, every tenth is positive. */
function fill(window: ExampleWindow, count: number, { from = 0, everyMs = 1_000 } = {}): void {
  for (let at = from; at < from + count; at++) {
    window.add(
      sampleTrainingExample({
        vector: Float32Array.of(at, 2 * at, 1),
        flags: Uint8Array.of(0, at % 3, 0),
        label: at % 10 === 0 ? 1 : 0,
        itemId: `i${String(at)}`,
        userId: at % 7 === 0 ? `é${String(at)}` : 'u',
        propensity: 0.5,
        occurredAtMs: at * everyMs,
        maturedAtMs: at * everyMs,
      }),
    )
  }
}

const numbersOf = ({ vectors, count }: TrainingRows) =>
  Array.from({ length: count }, (_, row) => vectors[row * WIDTH]!)
const now = (window: ExampleWindow, halfLifeMinutes?: number) => window.rows(halfLifeMinutes) as TrainingRows
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)
const weightOf = ({ labels, weights, count }: TrainingRows, wanted: 0 | 1) =>
  sum(Array.from({ length: count }, (_, row) => (labels[row] === wanted ? (weights?.[row] ?? 1) : 0)))

describe('a window of examples', () => {
  it('gives back what was added, column by column', () => {
    const window = open({ examplesMax: 100_000 })
    fill(window, 9_000)
    const rows = now(window)
    expect(rows).toMatchObject({ count: 9_000, width: WIDTH })
    expect(rows.weights).toBeUndefined()
    for (const row of [0, 7, 4_095, 4_096, 8_999]) {
      expect([...rows.vectors.subarray(row * WIDTH, (row + 1) * WIDTH)]).toEqual([row, 2 * row, 1])
      expect(rows.flags![row * WIDTH + 1]).toBe(row % 3)
      expect(rows.labels[row]).toBe(row % 10 === 0 ? 1 : 0)
      expect([rows.itemIds![row], rows.userIds![row]]).toEqual([
        `i${String(row)}`,
        row % 7 === 0 ? `é${String(row)}` : 'u',
      ])
      expect([rows.propensities![row], rows.occurredAtMs![row]]).toEqual([0.5, row * 1_000])
    }
  })

  it('holds the last so many to the row, when positives are not kept', () => {
    const window = open({ examplesMax: 2_000, keepsPositives: false })
    for (const [from, count] of [
      [0, 1_999],
      [1_999, 1],
      [2_000, 1],
      [2_001, 5_556],
    ] as const) {
      fill(window, count, { from })
      const rows = now(window)
      expect(rows.count).toBe(Math.min(2_000, from + count))
      expect(numbersOf(rows).at(-1)).toBe(from + count - 1)
      expect(numbersOf(rows)[0]).toBe(Math.max(0, from + count - 2_000))
    }
  })

  it('slides with event time, whatever order examples come in', () => {
    const window = open({ shape: { kind: 'sliding', spanMinutes: 10 } })
    fill(window, 3_000, { from: 5_000 })
    fill(window, 5_000)
    expect(numbersOf(now(window)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 601 }, (_, at) => 7_399 + at),
    )
  })

  it('tumbles: the last whole stretch, and until there is one what there is', () => {
    const window = open({ shape: { kind: 'tumbling', spanMinutes: 10 } })
    fill(window, 500)
    expect([window.stretches, now(window).count]).toEqual([0, 500])
    fill(window, 200, { from: 500 })
    expect([window.stretches, numbersOf(now(window))]).toEqual([
      1,
      Array.from({ length: 600 }, (_, at) => at),
    ])
    fill(window, 8_000, { from: 700 })
    expect(window.stretches).toBe(14)
    expect(numbersOf(now(window))).toEqual(Array.from({ length: 600 }, (_, at) => 7_800 + at))
  })

  it('fades by its half-life', () => {
    const window = open()
    fill(window, 3, { everyMs: 10 * MINUTE_MS })
    expect([...now(window, 10).weights!]).toEqual([0.25, 0.5, 1])
  })
})

describe('a window that is full', () => {
  it('keeps every positive and thins negatives, whose weights make up for it', () => {
    const window = open({ examplesMax: 8_000 })
    fill(window, 40_000)
    const rows = now(window)
    expect(rows.count).toBeLessThanOrEqual(8_000)
    expect(sum(rows.labels)).toBe(4_000)
    expect(weightOf(rows, 1)).toBe(4_000)
    expect(weightOf(rows, 0)).toBeCloseTo(36_000, 0)
    // Of every time: the first quarter weighs what the last one does.
    const quarter = (from: number) =>
      sum(
        numbersOf(rows).map((at, row) =>
          at >= from && at < from + 10_000 && rows.labels[row] === 0 ? rows.weights![row]! : 0,
        ),
      )
    for (const from of [0, 10_000, 20_000]) expect(quarter(from) / 9_000).toBeCloseTo(1, 1)
  })

  it('lets the oldest go when there are no negatives left to thin', () => {
    const window = open({ examplesMax: 1_000 })
    fill(window, 40_000)
    const rows = now(window)
    expect(rows.count).toBeLessThanOrEqual(1_000)
    expect(Math.min(...numbersOf(rows))).toBeGreaterThan(20_000)
    expect(weightOf(rows, 0) / weightOf(rows, 1)).toBeCloseTo(9, 0)
  })

  it('tells the same base rate and mean by its weights as all examples do', () => {
    const chance = createChance(3)
    const window = open({ examplesMax: 4_000 })
    let [positives, mean] = [0, 0]
    const count = 60_000
    for (let at = 0; at < count; at++) {
      const x = chance() * 2 - 1
      const label = chance() < 0.02 * Math.exp(x) ? 1 : 0
      positives += label
      mean += label === 0 ? x : 0
      window.add(
        sampleTrainingExample({ vector: Float32Array.of(x, 0, 0), label, occurredAtMs: at, maturedAtMs: at }),
      )
    }
    const rows = now(window)
    expect(sum(rows.labels)).toBe(positives)
    expect(weightOf(rows, 1) / (weightOf(rows, 1) + weightOf(rows, 0))).toBeCloseTo(positives / count, 5)
    const weighed = sum(
      numbersOf(rows).map((x, row) => (rows.labels[row] === 0 ? x * rows.weights![row]! : 0)),
    )
    expect(weighed / weightOf(rows, 0)).toBeCloseTo(mean / (count - positives), 1)
  })
})

describe('a window beyond its memory', () => {
  it('lies in the folder, and comes back whole', async () => {
    const scratch = memoryScratch()
    const window = open({ memoryBytesMax: 200 * KIB, scratch })
    fill(window, 20_000)
    const { examples, memoryBytes, folderBytes } = window.size()
    expect(examples).toBe(20_000)
    expect(memoryBytes).toBeLessThan(250 * KIB)
    expect(folderBytes).toBeGreaterThan(500 * KIB)
    const rows = await window.rows()
    expect(numbersOf(rows)).toEqual(Array.from({ length: 20_000 }, (_, at) => at))
    expect(rows.userIds!.slice(0, 8)).toEqual(['é0', 'u', 'u', 'u', 'u', 'u', 'u', 'é7'])
  })

  it('has a bound on all of it, and deletes what leaves, though not while it is read', async () => {
    const scratch = memoryScratch()
    const window = open({ memoryBytesMax: 100 * KIB, bytesMax: 400 * KIB, keepsPositives: false, scratch })
    fill(window, 9_000)
    const reading = window.rows()
    fill(window, 9_000, { from: 9_000 })
    const files = scratch.files.size
    const rows = await reading
    expect(numbersOf(rows).at(-1)).toBe(8_999)
    expect(scratch.files.size).toBeLessThan(files)
    const { memoryBytes, folderBytes } = window.size()
    expect(memoryBytes + folderBytes).toBeLessThan(420 * KIB)
    expect(sum([...scratch.files.values()].map(({ length }) => length))).toBe(folderBytes)
  })

  it('stays within its memory when the disk is full, says so once, and keeps positives', async () => {
    const scratch = memoryScratch()
    scratch.writesMax = 3
    const failures: unknown[] = []
    const window = open({
      memoryBytesMax: 200 * KIB,
      scratch,
      scratchFailed: (error) => failures.push(error),
    })
    fill(window, 30_000)
    expect(failures).toHaveLength(1)
    expect(window.size().memoryBytes).toBeLessThan(250 * KIB)
    const rows = await window.rows()
    expect(sum(rows.labels)).toBe(3_000)
    expect(weightOf(rows, 0)).toBeCloseTo(27_000, 0)
  })
})
