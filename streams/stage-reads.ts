import { groupOf, STAGE_NAMES, STAGES } from '#schemas'
import type { StreamsConfig } from './config.ts'
import type { GroupReads } from './kafka/kafka-lag.ts'
import { catalogueOf } from './kafka/kafka-runtime.ts'

/** What the stages of the loop read, whether they run or not. */
export function stageReads(config: StreamsConfig): GroupReads[] {
  const catalogue = catalogueOf(config)
  return STAGE_NAMES.flatMap((stage) =>
    STAGES[stage].sources.map((source) => ({
      group: groupOf(config.prefix, stage),
      topic: catalogue[source].name,
    })),
  )
}
