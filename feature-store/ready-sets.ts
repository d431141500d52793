import type { FeatureReader, FeatureSets } from './contract.ts'

export interface ReadySets extends Pick<FeatureSets, 'isReady' | 'version' | 'onChange'> {
  /** Asks all of them whether every partition is there. */
  look(readers: readonly FeatureReader[]): Promise<void>
}

/**
 * Which sets have all their states. A set that was ready stays so until it is found otherwise: what a restart of Redis does
 * to all sets alike changes nothing.
 */
export function createReadySets(own: FeatureReader): ReadySets {
  let known = new Set<string>([own.featureSet.id])
  const ready = new Set<string>()
  const listeners = new Set<() => void>()
  let version = 0

  return {
    isReady: (featureSetId) => ready.has(featureSetId),
    version: () => version,
    onChange: (changed) => void listeners.add(changed),
    async look(readers) {
      const before = [...known, ...ready].join()
      known = new Set(readers.map(({ featureSet }) => featureSet.id))
      for (const id of [...ready]) if (!known.has(id)) ready.delete(id)
      for (const reader of readers) {
        const { id } = reader.featureSet
        if ((await reader.check()).status === 'ok') ready.add(id)
        else ready.delete(id)
      }
      if ([...known, ...ready].join() === before) return
      version++
      for (const tell of [...listeners]) tell()
    },
  }
}
