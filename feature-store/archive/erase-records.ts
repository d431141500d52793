import type { Codec, ItemInteractions, TopicKey } from '#schemas'
import type { Erasures, RawRecord } from '#streams'

export interface LeftRecords {
  records: RawRecord[]
  /** Records that were left out, and bundles that were written again without an item. */
  erased: number
}

/**
 * Records of one topic without those that erasures cover; bundles of copies without the erased items. What is left out leaves no gap: the
 * name of a file says which offsets it is for.
 */
export async function withoutErasedRecords(
  records: readonly RawRecord[],
  {
    topic,
    topicName,
    erasures,
    codec,
  }: { topic: TopicKey; topicName: string; erasures: Erasures; codec: Codec },
): Promise<LeftRecords> {
  if (erasures.size === 0) return { records: [...records], erased: 0 }
  const kept: RawRecord[] = []
  let erased = 0
  for (const record of records) {
    const isBundle = topic === 'itemInteractions' && record.value !== null
    // The key of a bundle is the partition that its copies came from, and no id.
    if (!isBundle && erasures.covers({ ...record, topic: topicName })) {
      erased++
      continue
    }
    const left = isBundle ? await withoutItems(record, topicName, erasures, codec) : record
    if (left !== record) erased++
    if (left !== null) kept.push(left)
  }
  return { records: kept, erased }
}

/** null: nothing is left of it. What cannot be decoded names nobody that could be found, and stays. */
async function withoutItems(
  record: RawRecord,
  topicName: string,
  erasures: Erasures,
  codec: Codec,
): Promise<RawRecord | null> {
  const { partition, offset } = record
  let bundle: ItemInteractions
  try {
    await codec.load('itemInteractions', record.value!)
    bundle = codec.decode('itemInteractions', record.value!)
  } catch {
    return record // a dead letter, and folded nowhere
  }
  const items = bundle.items.filter(
    ({ itemId }) => offset >= erasures.upTo('item', itemId, { topic: topicName, partition }),
  )
  if (items.length === bundle.items.length) return record
  if (items.length === 0) return null
  const told = new Set(items.flatMap(({ copies }) => copies.map(({ sourceOffset }) => sourceOffset)))
  const details = bundle.details.filter(({ sourceOffset }) => told.has(sourceOffset))
  return { ...record, value: codec.encode('itemInteractions', { ...bundle, items, details }) }
}
