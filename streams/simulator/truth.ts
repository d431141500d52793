/** What the best possible forecaster would have scored, and what happened. Log-losses are sums in nats. */
export interface TruthSums {
  shown: number
  clicks: number
  /** Of a forecaster who knows every click's true probability, over what really happened. */
  logLoss: number
}

export interface Truth {
  /** One shown item: the true probability that it is clicked, and whether it was. */
  add(atMs: number, probability: number, clicked: boolean): void
  /** Sums over the buckets that lie within [fromMs, toMs). */
  between(fromMs: number, toMs: number): TruthSums
}

const BUCKETS_MAX = 20_000

/**
 * Log-loss of the true probabilities in buckets of event time: the floor below which no model can stay for long.
 * Memory: at most 20,000 buckets, the oldest go first.
 *
 * @param bucketMs width of a bucket; windows asked for should be multiples of it
 */
export function createTruth(bucketMs: number): Truth {
  const buckets = new Map<number, TruthSums>()

  function bucketOf(index: number): TruthSums {
    const known = buckets.get(index)
    if (known !== undefined) return known
    if (buckets.size >= BUCKETS_MAX) buckets.delete(buckets.keys().next().value!)
    const fresh = { shown: 0, clicks: 0, logLoss: 0 }
    buckets.set(index, fresh)
    return fresh
  }

  return {
    add(atMs, probability, clicked) {
      const bucket = bucketOf(Math.floor(atMs / bucketMs))
      bucket.shown++
      if (clicked) bucket.clicks++
      bucket.logLoss -= Math.log(clicked ? probability : 1 - probability)
    },
    between(fromMs, toMs) {
      const sums = { shown: 0, clicks: 0, logLoss: 0 }
      for (const [index, bucket] of buckets) {
        if (index * bucketMs < fromMs || (index + 1) * bucketMs > toMs) continue
        sums.shown += bucket.shown
        sums.clicks += bucket.clicks
        sums.logLoss += bucket.logLoss
      }
      return sums
    },
  }
}

/** Log-loss over the entropy of the base rate: 1 is no better than always saying the average. NaN without clicks. */
export function normalizedEntropyOf({ shown, clicks, logLoss }: TruthSums): number {
  const rate = clicks / shown
  return logLoss / shown / -(rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate))
}
