import { z } from 'zod'
import { defineDetector, type DriftCut } from '../detector.ts'

const settings = z.strictObject({
  name: z.literal('adwin'),
  delta: z
    .number()
    .positive()
    .max(1)
    .default(0.002)
    .describe('chance of a false alarm: smaller is slower and surer'),
  clock: z.int().min(1).default(32).describe('the window is examined every so many values'),
  maxBuckets: z
    .int()
    .min(1)
    .default(5)
    .describe('buckets of one size before two are merged: more is finer and costs more'),
  minWindowLength: z.int().min(1).default(200).describe('both sides of a cut hold at least so many values'),
  gracePeriod: z.int().min(0).default(500).describe('no cut before so many values'),
})

export type AdwinOptions = Omit<z.output<typeof settings>, 'name'>

/** All that ADWIN holds. */
const heldSchema = z.strictObject({
  /** rows[r] holds buckets of 2^r values, oldest first. */
  rows: z.array(z.strictObject({ totals: z.array(z.number()), variances: z.array(z.number()) })).min(1),
  width: z.int().min(0),
  total: z.number(),
  /** variance x width */
  spread: z.number(),
  ticks: z.int().min(0),
})
type AdwinWindow = z.output<typeof heldSchema>

const emptyWindow = (): AdwinWindow => ({
  rows: [{ totals: [], variances: [] }],
  width: 0,
  total: 0,
  spread: 0,
  ticks: 0,
})

export interface Adwin {
  /** @returns the clearest cut when the window has just been shortened because its mean changed */
  update(value: number): DriftCut | undefined
  readonly width: number
  readonly mean: number
  /** Sum of the values in the window. */
  readonly total: number
  /** Population variance of the window. */
  readonly variance: number
  save(): AdwinWindow
}

/**
 * ADWIN: keeps the longest window whose mean has not changed, drops the older part when it has.
 *
 * The window is an exponential histogram: rows of at most `maxBuckets` buckets of 1, 2, 4, ... values. Two parts
 * differ when their means are farther apart than a bound that holds for any distribution (a Bernstein bound with
 * the window's variance). Memory and time per examination: O(maxBuckets x log(width)). Values should lie within
 * a range of about 1. The arithmetic is that of River's detector, firing indices included, except that the window
 * goes on after an alarm (as in the paper), where River's wrapper starts over.
 *
 * @example
 * const adwin = createAdwin({ delta: 0.002, clock: 32, maxBuckets: 5, minWindowLength: 5, gracePeriod: 10 })
 * adwin.update(0.3) // undefined, or { before: 0.3, after: 0.6, ... }
 *
 * @see A. Bifet, R. Gavalda (2007), Learning from Time-Changing Data with Adaptive Windowing, SDM.
 */
export function createAdwin(options: AdwinOptions, held: AdwinWindow = emptyWindow()): Adwin {
  const window = structuredClone(held)
  return {
    update(value) {
      insert(window, value, options.maxBuckets)
      window.ticks += 1
      if (window.ticks % options.clock !== 0 || window.width <= options.gracePeriod) return undefined
      if (!hasChange(window, options)) return undefined
      const cut = clearestCut(window, options)
      do dropOldestBucket(window)
      while (hasChange(window, options))
      return cut
    },
    get width() {
      return window.width
    },
    get mean() {
      return window.width === 0 ? 0 : window.total / window.width
    },
    get total() {
      return window.total
    },
    get variance() {
      return window.width === 0 ? 0 : window.spread / window.width
    },
    save: () => structuredClone(window),
  }
}

export const adwin = defineDetector({
  name: 'adwin',
  slots: ['loss', 'input'],
  settings,
  held: heldSchema,
  start(options, held) {
    const window = createAdwin(options, held)
    return {
      update(value) {
        const cut = window.update(value)
        const { mean } = window
        return cut === undefined ? { kind: 'quiet', mean } : { kind: 'drift', mean, cut }
      },
      save: () => window.save(),
    }
  },
})

function insert(window: AdwinWindow, value: number, maxBuckets: number): void {
  window.rows[0]!.totals.push(value)
  window.rows[0]!.variances.push(0)
  window.width += 1
  const { width } = window
  if (width > 1) {
    const distance = value - window.total / (width - 1)
    window.spread += ((width - 1) * distance * distance) / width
  }
  window.total += value
  mergeFullRows(window.rows, maxBuckets)
}

function mergeFullRows(rows: AdwinWindow['rows'], maxBuckets: number): void {
  for (let at = 0; at < rows.length; at++) {
    const { totals, variances } = rows[at]!
    if (totals.length <= maxBuckets) return
    if (at + 1 === rows.length) rows.push({ totals: [], variances: [] })
    const size = 2 ** at
    const [total0, total1] = totals.splice(0, 2) as [number, number]
    const [variance0, variance1] = variances.splice(0, 2) as [number, number]
    const distance = total0 / size - total1 / size
    rows[at + 1]!.totals.push(total0 + total1)
    rows[at + 1]!.variances.push(variance0 + variance1 + (size * size * distance * distance) / (size + size))
  }
}

function dropOldestBucket(window: AdwinWindow): void {
  const { rows } = window
  const last = rows.at(-1)!
  const size = 2 ** (rows.length - 1)
  const bucketTotal = last.totals.shift()!
  const bucketVariance = last.variances.shift()!
  window.width -= size
  window.total -= bucketTotal
  const { width, total } = window
  const distance = bucketTotal / size - total / width
  window.spread -= bucketVariance + (size * width * distance * distance) / (size + width)
  if (last.totals.length === 0) rows.pop()
}

/** Looks at a cut: counts and totals of its older and its younger side. */
type Visit = (count0: number, total0: number, count1: number, total1: number) => boolean

/** Examines the cuts between buckets, from the oldest on, until `visit` answers true. */
function anyCut({ rows, width, total }: AdwinWindow, minWindowLength: number, visit: Visit): boolean {
  let count0 = 0
  let total0 = 0
  for (let at = rows.length - 1; at >= 0; at--) {
    const { totals } = rows[at]!
    for (let bucket = 0; bucket < totals.length; bucket++) {
      count0 += 2 ** at
      total0 += totals[bucket]!
      const count1 = width - count0
      if (count0 < minWindowLength || count1 < minWindowLength) continue
      if (visit(count0, total0, count1, total - total0)) return true
    }
  }
  return false
}

/** By how much the two means of a cut exceed what chance allows; above 0 is a change. */
function excess(
  { width, spread }: AdwinWindow,
  { delta, minWindowLength }: AdwinOptions,
  [count0, total0, count1, total1]: Parameters<Visit>,
): number {
  const confidence = Math.log((2 * Math.log(width)) / delta)
  const share = 1 / (count0 - minWindowLength + 1) + 1 / (count1 - minWindowLength + 1)
  const bound = Math.sqrt(2 * share * (spread / width) * confidence) + (2 / 3) * confidence * share
  return Math.abs(total0 / count0 - total1 / count1) - bound
}

function hasChange(window: AdwinWindow, options: AdwinOptions): boolean {
  return anyCut(window, options.minWindowLength, (...cut) => excess(window, options, cut) > 0)
}

function clearestCut(window: AdwinWindow, options: AdwinOptions): DriftCut | undefined {
  let clearest: DriftCut | undefined
  let most = 0
  anyCut(window, options.minWindowLength, (...cut) => {
    const found = excess(window, options, cut)
    if (found > most) {
      const [beforeCount, total0, afterCount, total1] = cut
      most = found
      clearest = { before: total0 / beforeCount, beforeCount, after: total1 / afterCount, afterCount }
    }
    return false
  })
  return clearest
}
