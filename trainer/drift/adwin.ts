export interface AdwinOptions {
  /** Chance of a false alarm, 0..1: smaller is slower and surer. */
  delta: number
  /** The window is examined every so many values. */
  clock: number
  /** Buckets of one size before two are merged: more is finer and costs more. */
  maxBuckets: number
  /** Both sides of a cut hold at least so many values. */
  minWindowLength: number
  /** No cut before so many values. */
  gracePeriod: number
}

export const ADWIN_DEFAULTS: AdwinOptions = {
  delta: 0.002,
  clock: 32,
  maxBuckets: 5,
  minWindowLength: 5,
  gracePeriod: 10,
}

/** Where the window was found to hold two different means. Means and counts of the clearest cut. */
export interface AdwinCut {
  before: number
  beforeCount: number
  after: number
  afterCount: number
}

export interface Adwin {
  /** @returns the cut when the window has just been shortened because its mean changed */
  update(value: number): AdwinCut | undefined
  readonly width: number
  readonly mean: number
  /** Sum of the values in the window. */
  readonly total: number
  /** Population variance of the window. */
  readonly variance: number
}

/** Buckets of one size, oldest first. */
interface BucketRow {
  totals: number[]
  variances: number[]
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
 * const adwin = createAdwin(ADWIN_DEFAULTS)
 * adwin.update(0.3) // undefined, or { before: 0.3, after: 0.6, ... }
 *
 * @see A. Bifet, R. Gavalda (2007), Learning from Time-Changing Data with Adaptive Windowing, SDM.
 */
export function createAdwin(options: AdwinOptions): Adwin {
  const { delta, clock, maxBuckets, minWindowLength, gracePeriod } = options
  /** rows[r] holds buckets of 2^r values. */
  const rows: BucketRow[] = [{ totals: [], variances: [] }]
  let width = 0
  let total = 0
  let spread = 0 // variance x width
  let ticks = 0

  function insert(value: number): void {
    rows[0]!.totals.push(value)
    rows[0]!.variances.push(0)
    width += 1
    if (width > 1) {
      const distance = value - total / (width - 1)
      spread += ((width - 1) * distance * distance) / width
    }
    total += value
    mergeFullRows()
  }

  function mergeFullRows(): void {
    for (let at = 0; at < rows.length; at++) {
      const { totals, variances } = rows[at]!
      if (totals.length <= maxBuckets) return
      if (at + 1 === rows.length) rows.push({ totals: [], variances: [] })
      const size = 2 ** at
      const [total0, total1] = totals.splice(0, 2) as [number, number]
      const [variance0, variance1] = variances.splice(0, 2) as [number, number]
      const distance = total0 / size - total1 / size
      rows[at + 1]!.totals.push(total0 + total1)
      rows[at + 1]!.variances.push(
        variance0 + variance1 + (size * size * distance * distance) / (size + size),
      )
    }
  }

  function dropOldestBucket(): void {
    const last = rows.at(-1)!
    const size = 2 ** (rows.length - 1)
    const bucketTotal = last.totals.shift()!
    const bucketVariance = last.variances.shift()!
    width -= size
    total -= bucketTotal
    const distance = bucketTotal / size - total / width
    spread -= bucketVariance + (size * width * distance * distance) / (size + width)
    if (last.totals.length === 0) rows.pop()
  }

  /** By how much the two means exceed what chance allows; above 0 is a change. */
  function excess(count0: number, total0: number, count1: number, total1: number): number {
    const confidence = Math.log((2 * Math.log(width)) / delta)
    const share = 1 / (count0 - minWindowLength + 1) + 1 / (count1 - minWindowLength + 1)
    const bound = Math.sqrt(2 * share * (spread / width) * confidence) + (2 / 3) * confidence * share
    return Math.abs(total0 / count0 - total1 / count1) - bound
  }

  /** Examines the cuts between buckets, from the oldest on, until `visit` answers true. */
  function anyCut(
    visit: (count0: number, total0: number, count1: number, total1: number) => boolean,
  ): boolean {
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

  const isChange = (count0: number, total0: number, count1: number, total1: number) =>
    excess(count0, total0, count1, total1) > 0

  function clearestCut(): AdwinCut | undefined {
    let clearest: AdwinCut | undefined
    let most = 0
    anyCut((beforeCount, total0, afterCount, total1) => {
      const found = excess(beforeCount, total0, afterCount, total1)
      if (found > most) {
        most = found
        clearest = { before: total0 / beforeCount, beforeCount, after: total1 / afterCount, afterCount }
      }
      return false
    })
    return clearest
  }

  return {
    update(value) {
      insert(value)
      ticks += 1
      if (ticks % clock !== 0 || width <= gracePeriod) return undefined
      if (!anyCut(isChange)) return undefined
      const cut = clearestCut()
      do dropOldestBucket()
      while (anyCut(isChange))
      return cut
    },
    get width() {
      return width
    },
    get mean() {
      return width === 0 ? 0 : total / width
    },
    get total() {
      return total
    },
    get variance() {
      return width === 0 ? 0 : spread / width
    },
  }
}
