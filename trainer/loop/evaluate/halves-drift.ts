import type { DataReport, HalfShift } from '../train/index.ts'

/** What has changed from the first half of the data to the second. */
export interface HalvesDrift {
  /** Columns that moved, most first. */
  columns: readonly (HalfShift & { isMajor: boolean })[]
  /** Columns of what is given (attributes, time of day) that moved a lot. */
  majorGiven: number
  rate: { before: number; after: number; zScore: number | null }
  sentence: string
}

const PSI_SOME = 0.1
const PSI_MAJOR = 0.25
/** Standard errors from which a change of the rate is no chance. */
export const Z_CERTAIN = 3
const SHOWN_MAX = 12
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
  const major = columns.filter(({ isMajor }) => isMajor)
  const given = major.filter(({ movesByItself }) => !movesByItself)
  const history = major.length - given.length
  const columnSentence = [
    given.length === 0
      ? 'Nothing that is said of users, items and requests moved a lot.'
      : `${String(given.length)} column(s) of what is said of users, items and requests moved a lot, first of all ${given[0]!.column}.`,
    ...(history === 0
      ? []
      : [
          `${String(history)} column(s) made of what happened before, or of the time, did: history fills and days pass.`,
        ]),
  ].join(' ')
  return {
    columns: [...columns]
      .sort((left, right) => Number(left.movesByItself) - Number(right.movesByItself))
      .slice(0, SHOWN_MAX),
    majorGiven: given.length,
    rate: { before, after, zScore },
    sentence: `${rateSentence} ${columnSentence}`,
  }
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
