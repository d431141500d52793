import type { CompiledFeatureSet } from '#feature-store'
import type { Prediction } from '#schemas'
import { exampleIdOf } from '../../joiner/example-of.ts'

/** How many vectors of the same requests are not the same, and by which features. */
export interface VectorDifferences {
  compared: number
  different: number
  /** Of the first column of each feature its name, and in how many vectors any of its columns is another. Most first. */
  features: { name: string; different: number }[]
}

/** Holds the vectors of one side. Add all of them before the first is compared. */
export interface VectorComparison {
  add(served: Prediction): void
  compare(other: Prediction): void
  result(): VectorDifferences
}

export function createVectorComparison({ groups }: Pick<CompiledFeatureSet, 'groups'>): VectorComparison {
  const held = new Map<string, Buffer>()
  const counts = groups.map(({ at, names }) => ({
    name: names[0]!,
    from: at * 4,
    to: (at + names.length) * 4,
    different: 0,
  }))
  let [compared, different] = [0, 0]
  return {
    add({ requestId, ranking }) {
      for (const { itemId, vector } of ranking) {
        const key = exampleIdOf(requestId, itemId)
        // A copy: the decoded bytes may keep a whole fetch in memory. The first answer counts.
        if (vector !== null && !held.has(key)) held.set(key, Buffer.from(vector))
      }
    },
    compare({ requestId, ranking }) {
      for (const { itemId, vector } of ranking) {
        const key = exampleIdOf(requestId, itemId)
        const served = held.get(key)
        if (served === undefined || vector === null) continue
        held.delete(key)
        compared += 1
        if (served.equals(vector)) continue
        different += 1
        for (const count of counts)
          if (served.compare(vector, count.from, count.to, count.from, count.to) !== 0) count.different += 1
      }
    },
    result() {
      const features = counts
        .filter((count) => count.different > 0)
        .sort((left, right) => right.different - left.different)
        .map(({ name, different }) => ({ name, different }))
      return { compared, different, features }
    },
  }
}
