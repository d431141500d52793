import type { Admin } from 'kafkajs'
import { tellLostRecords } from '../../lost-records.ts'
import { offsetBeyondEnd } from '../../start-offset.ts'
import type { Signals } from '../../stage.ts'
import { askAgain, type AskAgainParts } from '../kafka-ask-again.ts'
import type { FetchedBatch } from '../wire/kafka-batch.ts'

/** Where the next batch of each partition must begin. */
export interface Positions {
  moved(topic: string, partition: number, offset: number): void
  at(topic: string, partition: number): number | null
  /**
   * kafkajs meets an offset that the broker does not have by going on at the first one there is, without a word.
   *
   * @returns null: the batch begins where it must, or behind what retention took (told); else where to go back to
   * @throws OperatorError `offset_beyond_end` when the topic was made anew under us
   */
  mustBeginAt(batch: FetchedBatch): Promise<number | null>
}

export function createPositions(
  stage: string,
  parts: AskAgainParts & { admin: Admin; signals: Signals },
): Positions {
  const positions = new Map<string, number>()
  const moved = (topic: string, partition: number, offset: number) =>
    void positions.set(`${topic}/${partition}`, offset)
  return {
    moved,
    at: (topic, partition) => positions.get(`${topic}/${partition}`) ?? null,
    async mustBeginAt({ topic, partition, fetchedOffset }) {
      const first = Number(fetchedOffset)
      const wanted = positions.get(`${topic}/${partition}`) ?? first
      if (first > wanted) tellLostRecords({ stage, topic, partition, wanted, first }, parts)
      if (first >= wanted) return null
      const offsets = await askAgain(() => parts.admin.fetchTopicOffsets(topic), parts)
      const found = offsets.find((entry) => entry.partition === partition)
      const end = Number(found?.high ?? 0)
      if (end < wanted) throw offsetBeyondEnd(stage, topic, partition, wanted, end)
      return wanted
    },
  }
}
