import type { EarlierRecords } from './earlier-records.ts'
import type { LogCursor } from './kafka/kafka-log-cursor.ts'

/**
 * Reads what was kept elsewhere first, then the topic, each offset from one of the two. One partition at a time: what a read
 * of it holds in memory is bounded by whoever kept it.
 */
export function afterEarlier(cursor: LogCursor, earlier: EarlierRecords): LogCursor {
  let turn = 0
  return {
    ...cursor,
    async poll(isWanted = () => true) {
      const isEarlier = (partition: number) => cursor.positions.get(partition)! < earlier.until(partition)
      const waiting = cursor.partitions.filter((partition) => isWanted(partition) && isEarlier(partition))
      if (waiting.length === 0)
        return cursor.poll((partition) => isWanted(partition) && !isEarlier(partition))
      const partition = waiting[turn++ % waiting.length]!
      const { records, nextOffset } = await earlier.read(partition, cursor.positions.get(partition)!)
      cursor.seek(partition, nextOffset)
      return [{ partition, records, producerTimeMs: null, nextOffset }]
    },
  }
}
