import type { TopicKey } from '#schemas'
import type { EarlierRecords, KafkaRuntime } from '#streams'
import { openArchiveFolder } from '../archive/fs-archive-place.ts'
import { type ArchivedTopic, openArchivedTopic } from '../archive/archived-records.ts'
import type { LogRange } from './kafka-range.ts'

/** Topics as an archive and Kafka have them together. */
export interface LogArchive<K extends TopicKey> {
  range: LogRange
  /** What is read before each topic, from these offsets on. @throws OperatorError `archive_gap` */
  earlier(
    topics: readonly { topic: K; topicName: string; starts: readonly number[] }[],
  ): (topic: K) => EarlierRecords | null
}

/** @throws OperatorError `archive_other_topic`, `archive_damaged` */
export async function openLogArchive<K extends TopicKey>(
  folder: string,
  topics: readonly K[],
  { runtime, range }: { runtime: Pick<KafkaRuntime, 'topicName' | 'topicIdentity'>; range: LogRange },
): Promise<LogArchive<K>> {
  const place = openArchiveFolder(folder)
  const archived = new Map<string, ArchivedTopic>()
  for (const topic of topics) {
    const topicName = runtime.topicName(topic)
    const { lows } = await range.ends(topicName)
    const identity = (await runtime.topicIdentity(topic))?.text ?? null
    archived.set(topicName, await openArchivedTopic({ place, topicName, identity, lows }))
  }
  return {
    range: beginningEarlier(range, archived),
    earlier(wanted) {
      const found = new Map(
        wanted.map(({ topic, topicName, starts }) => [topic, archived.get(topicName)!.from(starts)]),
      )
      return (topic) => found.get(topic) ?? null
    },
  }
}

/** Where in the log moments lie, when it begins where the archive does. */
export function beginningEarlier(kafka: LogRange, archived: ReadonlyMap<string, ArchivedTopic>): LogRange {
  return {
    ...kafka,
    async ends(topicName) {
      const found = await kafka.ends(topicName)
      return { ...found, lows: [...(archived.get(topicName)?.firsts ?? found.lows)] }
    },
    async offsetsAt(topicName, moment) {
      const topic = archived.get(topicName)
      const later = await kafka.offsetsAt(topicName, moment)
      if (topic === undefined || moment.kind === 'now') return later
      const { highs } = await kafka.ends(topicName)
      return Promise.all(
        later.map(async (offset, p) => {
          if (moment.kind === 'offset') return Math.min(Math.max(moment.offset, topic.firsts[p]!), highs[p]!)
          return Math.min(offset, (await topic.offsetAt(p, moment.atMs)) ?? offset)
        }),
      )
    },
  }
}
