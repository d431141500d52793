import type { ResultFile } from '#streams/testing'
import type { FitsKilled } from '../testing/fits-killed.ts'
import type { SwapsKilled } from '../testing/swaps-killed.ts'
import type { SwapsAtLoad } from './swaps-at-load.ts'

type ResultTable = ResultFile['tables'][string]

/** What comes first and last is compared by so many. */
const EDGE_SWAPS = 100

export function swapTable({ swaps, requests, failed, swapMs, residentMib }: SwapsAtLoad): ResultTable {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    columns: [
      { title: 'swaps' },
      { title: 'requests meanwhile', digits: 0 },
      { title: 'failed', digits: 0 },
      { title: 'ms from the wish to an answer, median', digits: 0 },
      { title: 'MiB resident, first hundred', digits: 0 },
      { title: 'last hundred', digits: 0 },
    ],
    rows: [
      [
        swaps.toLocaleString('en-US'),
        ...[[requests], [failed], [medianOf(swapMs)]],
        ...[[mean(residentMib.slice(0, EDGE_SWAPS))], [mean(residentMib.slice(-EDGE_SWAPS))]],
      ],
    ],
  }
}

const medianOf = (values: readonly number[]) =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

export function killTable(swaps: SwapsKilled, fits: FitsKilled): ResultTable {
  const { scorer, trainer } = swaps.kills
  return {
    columns: [
      { title: 'killed' },
      { title: 'kills', digits: 0 },
      { title: 'requests', digits: 0 },
      { title: 'unanswered', digits: 0 },
      { title: 'answered twice', digits: 0 },
      { title: 'half models', digits: 0 },
      { title: 'models promoted', digits: 0 },
      { title: 'of the trainer: in a fit', digits: 0 },
      { title: 'examples that the last fit lacked', digits: 0 },
    ],
    rows: [
      [
        'scorer and trainer in turn, in a swap',
        ...[[scorer + trainer], [swaps.requests], [swaps.unanswered], [swaps.answeredTwice]],
        ...[[swaps.halfModels.length + swaps.refused + swaps.byOthers], [swaps.swaps], [], []],
      ],
      [
        'trainer, in a fit',
        ...[[fits.kills], [], [], [], [fits.halfModels.length], [fits.promoted]],
        ...[[fits.killedInFit], [fits.missingInLastFit]],
      ],
    ],
  }
}
