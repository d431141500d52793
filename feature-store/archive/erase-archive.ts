import { type Codec, type Erasure, TOPIC_KEYS, type TopicKey } from '#schemas'
import { createErasureBook } from '#streams'
import type { ErasedPlace } from '../erasure/receipt.ts'
import { filesOf } from './archive-index.ts'
import type { ArchiveFile } from './archive-names.ts'
import type { ArchivePlace } from './archive-place.ts'
import { withoutErasedRecords } from './erase-records.ts'
import { archiveBytes, readArchive } from './fs-archive-parquet.ts'

export interface EraseArchiveParts {
  place: ArchivePlace
  /** What of it says how far it holds. */
  erasure: Omit<Erasure, 'askedBy'>
  topicName(topic: TopicKey): string
  codec: Codec
}

/**
 * Writes the files of an archive again without what the erasure covers, each whole or not at all, under the same names. A replay that
 * reads them folds nothing of the erased one; what the feed as a whole counts lacks their share then.
 */
export async function eraseFromArchive(parts: EraseArchiveParts): Promise<ErasedPlace[]> {
  const { place, erasure, topicName } = parts
  const places: ErasedPlace[] = []
  let looked = 0
  for (const topic of TOPIC_KEYS) {
    const files = await filesOf(place, topicName(topic))
    let [records, rewritten] = [0, 0]
    for (const file of files) {
      looked++
      const erased = await eraseFromFile(file, topic, parts)
      records += erased
      if (erased > 0) rewritten++
    }
    if (rewritten > 0)
      places.push({
        place: `${place.where}/${topicName(topic)}`,
        found: `${String(records)} records in ${String(rewritten)} files`,
        done: 'rewritten',
        until: null,
        why: 'the files were written again without them',
      })
  }
  if (erasure.entity === 'item' && looked > 0) places.push(usersOwn(place))
  if (places.length > 0) return places
  const found = looked === 0 ? 'no archive file' : 'nothing'
  return [{ place: place.where, found, done: 'nothing', until: null, why: 'no record there is covered' }]
}

/** What a user did with an item is the user's, in states as in the log. */
const usersOwn = ({ where }: ArchivePlace): ErasedPlace => ({
  place: `${where}, interactions`,
  found: 'perhaps its id',
  done: 'nothing',
  until: null,
  why: 'what users did with it is theirs, and goes with them',
})

async function eraseFromFile(
  file: ArchiveFile,
  topic: TopicKey,
  { place, erasure, codec }: EraseArchiveParts,
): Promise<number> {
  const { name, topicName, partition, firstOffset, nextOffset } = file
  const isCovered = erasure.upTo.some(
    (one) => one.topic === topicName && one.partition === partition && one.offset > firstOffset,
  )
  if (!isCovered) return 0
  const bytes = await place.get(name)
  if (bytes === null) return 0 // it was retired meanwhile
  const erasures = createErasureBook()
  erasures.add({ ...erasure, askedBy: 'command' })
  const { records } = await readArchive(bytes)
  const left = await withoutErasedRecords(records, { topic, topicName, erasures, codec })
  if (left.erased > 0)
    await place.put(name, archiveBytes(left.records, { topicName, partition, firstOffset, nextOffset }))
  return left.erased
}
