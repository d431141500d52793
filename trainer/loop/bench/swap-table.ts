import type { ResultFile } from '#streams/testing'
import type { FitsKilled } from '../testing/fits-killed.ts'
import type { SwapsKilled } from '../testing/swaps-killed.ts'
import type { SwapsAtLoad } from './swaps-at-load.ts'

type ResultTable = ResultFile['tables'][string]

/** The first so many warm it up; then the next are compared with the last. */
const EDGE_SWAPS = 100

/** Resident memory over the swaps, once it is warm. */
export interface SwapMemory {
  /** Mean of the second hundred, and of the last. */
  warmMib: number
  lastMib: number
  /** By least squares over all that come after the first hundred. */
  mibPerHundred: number
}

/** @param residentMib after each swap: more than two hundred */
export function swapMemory({ residentMib }: Pick<SwapsAtLoad, 'residentMib'>): SwapMemory {
  const warm = residentMib.slice(EDGE_SWAPS)
  const center = (warm.length - 1) / 2
  const mean = meanOf(warm)
  let [covariance, variance] = [0, 0]
  for (const [at, mib] of warm.entries()) {
    covariance += (at - center) * (mib - mean)
    variance += (at - center) ** 2
  }
  return {
    warmMib: meanOf(warm.slice(0, EDGE_SWAPS)),
    lastMib: meanOf(warm.slice(-EDGE_SWAPS)),
    mibPerHundred: (covariance / variance) * EDGE_SWAPS,
  }
}

export function swapTable(found: SwapsAtLoad): ResultTable {
  const { swaps, requests, failed, swapMs } = found
  const { warmMib, lastMib, mibPerHundred } = swapMemory(found)
  return {
    columns: [
      { title: 'swaps' },
      { title: 'requests meanwhile', digits: 0 },
      { title: 'failed', digits: 0 },
      { title: 'ms from the wish to an answer, median', digits: 0 },
      { title: 'MiB resident, second hundred', digits: 0 },
      { title: 'last hundred', digits: 0 },
      { title: 'MiB more per hundred swaps', digits: 1 },
    ],
    rows: [
      [
        swaps.toLocaleString('en-US'),
        ...[[requests], [failed], [medianOf(swapMs)], [warmMib], [lastMib], [mibPerHundred]],
      ],
    ],
  }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
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
