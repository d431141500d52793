import { type EarlierRecords, OperatorError } from '#streams'
import { filesOf, refuseOtherTopic } from './archive-index.ts'
import { type ArchiveFile, dayOf, inOrder } from './archive-names.ts'
import type { ArchivePlace } from './archive-place.ts'
import { archivedUntil } from './coverage.ts'
import { readArchive } from './fs-archive-parquet.ts'

/** A topic as an archive and Kafka have it together. */
export interface ArchivedTopic {
  /** Per partition, the first offset there is in either. */
  readonly firsts: readonly number[]
  /** First offset of a partition in the archive whose record is not before this time; null: the archive has none. */
  offsetAt(partition: number, atMs: number): Promise<number | null>
  /**
   * What is read before the topic, from these offsets on.
   *
   * @throws OperatorError `archive_gap`
   */
  from(starts: readonly number[]): EarlierRecords
}

export interface ArchivedTopicParts {
  place: ArchivePlace
  topicName: string
  identity: string | null
  /** Per partition, the first offset that Kafka has. */
  lows: readonly number[]
}

/** @throws OperatorError `archive_other_topic`, `archive_damaged` */
export async function openArchivedTopic(parts: ArchivedTopicParts): Promise<ArchivedTopic> {
  const { place, topicName, lows, identity } = parts
  await refuseOtherTopic(place, topicName, identity)
  const all = await filesOf(place, topicName)
  const files = lows.map((_, partition) => inOrder(all, partition))

  return {
    firsts: lows.map((low, partition) => Math.min(low, files[partition]![0]?.firstOffset ?? low)),
    async offsetAt(partition, atMs) {
      for (const file of files[partition]!) {
        if (file.day < dayOf(atMs)) continue
        const found = (await recordsOf(place, file)).find(({ brokerTimeMs }) => brokerTimeMs >= atMs)
        if (found !== undefined) return found.offset
      }
      return null
    },
    from(starts) {
      const untils = lows.map((low, partition) =>
        archivedUntil(files[partition]!, {
          low,
          from: starts[partition] ?? 0,
          what: `${topicName}[${String(partition)}]`,
          where: place.where,
        }),
      )
      return {
        until: (partition) => untils[partition] ?? 0,
        async read(partition, offset) {
          const file = files[partition]!.find((one) => one.firstOffset <= offset && offset < one.nextOffset)
          if (file === undefined) throw damaged(place, topicName, `nothing holds offset ${String(offset)}`)
          const records = await recordsOf(place, file)
          return { records: records.filter((record) => record.offset >= offset), nextOffset: file.nextOffset }
        },
      }
    },
  }
}

async function recordsOf(place: ArchivePlace, file: ArchiveFile) {
  const bytes = await place.get(file.name)
  if (bytes === null) throw damaged(place, file.name, 'it was removed meanwhile')
  try {
    const { footer, records } = await readArchive(bytes)
    if (footer.firstOffset !== file.firstOffset || footer.nextOffset !== file.nextOffset)
      throw new Error('its name and its footer tell other offsets')
    return records
  } catch (cause) {
    throw damaged(place, file.name, cause instanceof Error ? cause.message : String(cause))
  }
}

const damaged = ({ where }: ArchivePlace, name: string, why: string) =>
  new OperatorError(
    'archive_damaged',
    `The archive ${where} cannot be read at ${name}: ${why}. Put a whole copy of the file back.`,
  )
