import type { DataReport } from '../train/index.ts'

/** What has changed from the first half of the data to the second. */
export interface HalvesDrift {
  /** Columns that moved, most first. */
  columns: readonly { column: string; psi: number; meanBefore: number; meanAfter: number; isMajor: boolean }[]
  rate: { before: number; after: number; zScore: number | null }
  sentence: string
}

const PSI_SOME = 0.1
const PSI_MAJOR = 0.25
const Z_CERTAIN = 3
const SHOWN_MAX = 12
/** Counts and times grow from the beginning of a log on: they move in any data. */
const GROWS = /(count|shown|recency|age|since|impressions)/i

export function halvesDriftOf({ shifts, halves, rows, label }: DataReport): HalvesDrift {
  const columns = shifts
    .filter(({ psi }) => psi >= PSI_SOME)
    .map((shift) => ({ ...shift, isMajor: shift.psi >= PSI_MAJOR }))
  const { before, after } = halves
  const mean = (before + after) / 2
  const error = Math.sqrt((mean * (1 - mean) * 4) / rows)
  const zScore = error === 0 ? null : (after - before) / error
  const rateSentence =
    zScore !== null && Math.abs(zScore) >= Z_CERTAIN
      ? `The share of ${label}s ${after > before ? 'rose' : 'fell'} from ${percent(before)} to ${percent(after)}, more than chance explains.`
      : `The share of ${label}s stayed about the same (${percent(before)} and ${percent(after)}).`
  const major = columns.filter(({ isMajor, column }) => isMajor && !GROWS.test(column))
  const columnSentence =
    columns.length === 0
      ? 'No column of the features moved.'
      : major.length === 0
        ? `${String(columns.length)} column(s) moved, all of them of kinds that move as a log goes on (counts, times) or only somewhat.`
        : `${String(major.length)} column(s) moved a lot, first of all ${major[0]!.column}.`
  return {
    columns: columns.slice(0, SHOWN_MAX),
    rate: { before, after, zScore },
    sentence: `${rateSentence} ${columnSentence}`,
  }
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
