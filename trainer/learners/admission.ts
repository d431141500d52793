import type { Coordinates } from './coordinates.ts'

const SIGHTINGS_TOLD_MAX = 255

/** Which buckets were seen often enough to have something of their own learned. */
export interface Admission {
  /**
   * Counts a sighting of each bucket of the vector read last.
   * @param length of the vector's coordinates
   * @returns the same without buckets that are still too rare: they are moved behind the others
   */
  admit(length: number): number
  /** Buckets let in so far. */
  readonly admitted: number
}

/**
 * Bounded admission: what was seen once or twice teaches mostly noise. A counting Bloom filter with one hash, that of
 * the bucket itself. Memory: a byte per bucket. Time: O(buckets of the vector).
 *
 * @param sightingsMin 1: at once; at most 255
 * @see H. B. McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, section 4.1 (Bloom filter inclusion).
 */
export function createAdmission(coordinates: Coordinates, sightingsMin: number): Admission {
  const { count, bias, at } = coordinates
  const sightings = new Uint8Array(count - bias)
  let admitted = 0
  return {
    admit(length) {
      let kept = coordinates.bucketsFrom
      for (let place = kept; place < length; place++) {
        const bucket = at[place]! - bias
        const seen = Math.min(SIGHTINGS_TOLD_MAX, sightings[bucket]! + 1)
        if (seen === sightingsMin && sightings[bucket]! < seen) admitted += 1
        sightings[bucket] = seen
        if (seen >= sightingsMin) at[kept++] = at[place]!
      }
      return kept
    },
    get admitted() {
      return admitted
    },
  }
}
