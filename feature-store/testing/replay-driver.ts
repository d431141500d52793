import type { MemoryRuntime, Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { createReplay, type Replay, type ReplayedTopic } from '../replay/replay.ts'

export const REPLAYED_TOPICS: readonly ReplayedTopic[] = [
  'items',
  'users',
  'interactions',
  'itemInteractions',
]

/** A replay of everything in the topics of a runtime in memory; what does not decode is left out, as live. */
export function replayOf(driver: MemoryRuntime, featureSet: CompiledFeatureSet): Replay {
  const replay = emptyReplay(driver, featureSet)
  for (const topic of REPLAYED_TOPICS)
    for (const record of driver.records(topic)) replay.add(topic, record as never)
  return replay
}

export function emptyReplay(runtime: Runtime, featureSet: CompiledFeatureSet): Replay {
  return createReplay({
    featureSet,
    topicName: (topic) => runtime.topicName(topic),
    partitionOf: (topic, key) => runtime.partitionOf(topic, key),
  })
}
