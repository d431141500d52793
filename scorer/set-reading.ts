import type { FeatureReader, FeatureSets } from '#feature-store'
import type { RequestAt } from './prediction-record.ts'
import { type ReadMicroBatch, readVectors, type VectorReadingOptions } from './vector-reading.ts'

export interface SetReadingOptions extends VectorReadingOptions {
  /** Of the configured set. */
  features: FeatureReader
  /** Sets beside the configured one; left out: there are none. */
  sets?: Pick<FeatureSets, 'find' | 'isReady'> | undefined
  /** On which features the live model was made; undefined: none is live. */
  liveSetId?(): string | undefined
}

/** Vectors of a micro-batch, of the feature sets that are wanted now. */
export interface SetReading {
  /** undefined: nobody keeps this set. */
  readFor(featureSetId: string, requests: readonly RequestAt[]): Promise<ReadMicroBatch | undefined>
  /**
   * What the live model eats, and what is recorded. While a model of another set serves, the vectors of the configured one
   * are recorded as soon as all its states are there: a model on the new set is made of them.
   */
  readBoth(requests: readonly RequestAt[]): Promise<{ eaten: ReadMicroBatch; recorded: ReadMicroBatch }>
}

export function createSetReading(options: SetReadingOptions): SetReading {
  const { features, sets } = options
  const ownId = features.featureSet.id
  const readOwn = (requests: readonly RequestAt[]) => readVectors(options, requests)

  async function readFor(featureSetId: string, requests: readonly RequestAt[]) {
    const reader = featureSetId === ownId ? features : sets?.find(featureSetId)
    return reader && (await readVectors({ ...options, features: reader }, requests))
  }

  return {
    readFor,
    async readBoth(requests) {
      const liveId = options.liveSetId?.() ?? ownId
      if (liveId === ownId || sets?.find(liveId) === undefined) {
        const eaten = await readOwn(requests)
        return { eaten, recorded: eaten }
      }
      const [eaten, own] = await Promise.all([
        readFor(liveId, requests),
        sets.isReady(ownId) ? readOwn(requests) : undefined,
      ])
      return { eaten: eaten!, recorded: own?.recorded ? own : eaten! }
    },
  }
}
