import { partitionOf } from '#streams'
import type { Sent } from './freshness.ts'
import { interactionsOf, type Workload } from './workload.ts'

const PARTS_AT_ONCE = 100_000

/** Partition, key and value of every record, as LoadGenerator.java reads them. */
export function* loadOf(
  records: Iterable<{ key: string; value: Buffer }>,
  partitions: number,
): Generator<Buffer> {
  let parts: Buffer[] = []
  for (const { key, value } of records) {
    const keyBytes = Buffer.from(key)
    const head = Buffer.alloc(8)
    head.writeInt32BE(partitionOf(keyBytes, partitions), 0)
    head.writeInt32BE(keyBytes.length, 4)
    const valueLength = Buffer.alloc(4)
    valueLength.writeInt32BE(value.length)
    parts.push(head, keyBytes, valueLength, value)
    if (parts.length < PARTS_AT_ONCE) continue
    yield Buffer.concat(parts)
    parts = []
  }
  yield Buffer.concat(parts)
}

/**
 * What the load generator sent, with the offsets it got: those of a topic that nobody else writes count from 0 as the workload
 * fills the partitions.
 *
 * @param intended moments by partition, as the load generator tells them
 * @param before interactions of the workload that were in the topic already
 */
export function sentOf(
  workload: Workload,
  intended: ReadonlyMap<number, readonly number[]>,
  before = 0,
): Sent[] {
  const filled = new Map<number, number>()
  const held = new Map<number, number>()
  const sent: Sent[] = []
  let n = 0
  for (const { userId, itemId } of interactionsOf(workload)) {
    const partition = partitionOf(userId, workload.partitions)
    const offset = filled.get(partition) ?? 0
    filled.set(partition, offset + 1)
    if (n++ < before) {
      held.set(partition, offset + 1)
      continue
    }
    const intendedMs = intended.get(partition)?.[offset - (held.get(partition) ?? 0)] ?? NaN
    sent.push({ partition, offset, itemPartition: partitionOf(itemId, workload.partitions), intendedMs })
  }
  return sent
}
