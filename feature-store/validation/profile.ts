import {
  type Cell,
  type CellRow,
  cellNumber,
  cellText,
  cellTimeMs,
  isLogTime,
  type TableFile,
} from '../files/index.ts'
import { orderOf } from './bounds.ts'
import { LEAK_ROWS } from './expectations/leaks.ts'
import { createVolumes } from './expectations/volume.ts'
import { createFingerprints, type Fingerprints } from './fingerprints.ts'
import { createReservoir } from './reservoir.ts'
import { shapeOf } from './shape.ts'

/** What is known of a column after one pass. */
export interface ColumnProfile {
  name: string
  rows: number
  present: number
  kinds: { integer: number; number: number; time: number; boolean: number; text: number }
  /** Null: more than are counted one by one. */
  values: ReadonlyMap<string, number> | null
  distinct: Fingerprints
  /** A sample of its numbers, and the least and the most of all. */
  numbers: readonly number[]
  least: number
  most: number
  /** Texts with digits and letters taken together; null: too many. */
  shapes: ReadonlyMap<string, number> | null
  /** Values below the one before them. */
  falls: number
  volumes: ReturnType<typeof createVolumes>
}

export interface TableProfile {
  table: TableFile
  rows: number
  columns: ColumnProfile[]
  /** A sample of whole rows. */
  sample: readonly CellRow[]
}

const VALUES_MAX = 64
const SHAPES_MAX = 64
const NUMBERS_MAX = 20_000
const HOUR_MS = 3_600_000
const ROWS_PER_TURN = 5_000

export async function profileTable(
  table: TableFile,
  onRows?: (rows: number) => void | Promise<void>,
): Promise<TableProfile> {
  const columns = table.columns.map(({ name }) => createColumnProfile(name))
  const sample = createReservoir<CellRow>(LEAK_ROWS)
  let rows = 0
  for await (const { row } of table.rows()) {
    rows++
    sample.add(row)
    for (const { name, see } of columns) see(row[name] ?? null)
    if (rows % ROWS_PER_TURN === 0) await onRows?.(ROWS_PER_TURN)
  }
  return { table, rows, columns: columns.map(({ profile }) => profile()), sample: sample.values }
}

function createColumnProfile(name: string) {
  const kinds = { integer: 0, number: 0, time: 0, boolean: 0, text: 0 }
  const distinct = createFingerprints(2_000_000)
  const numbers = createReservoir<number>(NUMBERS_MAX)
  const volumes = createVolumes(HOUR_MS)
  const values = createCounts(VALUES_MAX)
  const shapes = createCounts(SHAPES_MAX)
  let [rows, present, falls, before] = [0, 0, 0, Number.NaN]
  let [least, most] = [Infinity, -Infinity]

  function see(cell: Cell): void {
    rows++
    if (cell === null) return
    present++
    const text = cellText(cell)
    distinct.add(text)
    values.add(text)
    const kind = kindOf(cell)
    kinds[kind]++
    const order = kind === 'text' || kind === 'boolean' ? Number.NaN : orderOf(cell)
    if (kind === 'text') shapes.add(shapeOf(text))
    if (Number.isNaN(order)) return
    if (order < before) falls++
    before = order
    const atMs = kind === 'time' ? order : Number.NaN
    if (isLogTime(atMs)) volumes.add(atMs)
    if (kind === 'time') return
    numbers.add(order)
    least = Math.min(least, order)
    most = Math.max(most, order)
  }

  const profile = (): ColumnProfile => ({
    ...{ name, rows, present, kinds, distinct, falls, volumes, least, most },
    values: values.counts(),
    shapes: shapes.counts(),
    numbers: numbers.values,
  })
  return { name, see, profile }
}

function kindOf(cell: Exclude<Cell, null>): keyof ColumnProfile['kinds'] {
  if (cell instanceof Date) return 'time'
  if (typeof cell === 'boolean') return 'boolean'
  if (typeof cell === 'string' && /^(true|false)$/i.test(cell)) return 'boolean'
  const number = cellNumber(cell)
  if (!Number.isNaN(number)) return Number.isInteger(number) ? 'integer' : 'number'
  return Number.isNaN(cellTimeMs(cell)) ? 'text' : 'time'
}

/** Counts of texts, given up when there are too many different ones. */
function createCounts(textsMax: number) {
  let counts: Map<string, number> | null = new Map()
  return {
    add(text: string): void {
      if (counts === null) return
      counts.set(text, (counts.get(text) ?? 0) + 1)
      if (counts.size > textsMax) counts = null
    },
    counts: () => counts,
  }
}
