import { deadLetter, pass, type RecordMeta, type Step, type Verdict } from '../verdict.ts'

export interface RightPartitionOptions<T> {
  /** The field that is the key. */
  field: keyof T & string
  partitionOf(key: string): number
}

/** How librdkafka's default partitioner is set right: it is the one that most people meet. */
export const ONE_LINE_FIX = "with librdkafka set 'partitioner': 'murmur2_random'"

/** All that is known of a key lives in its partition: a record that lies elsewhere, or under another key, is nobody's. */
export function rightPartition<T>(options: RightPartitionOptions<T>): Step<T> {
  return function rightPartition(record: T, meta: RecordMeta) {
    const why = misplaced(record, meta, options)
    return why === null ? pass(record) : deadLetter(why.reason, why.detail)
  }
}

/** The same where a record can be used all the same: it is counted, as `wrong_key` or `wrong_partition`. */
export function noteMisplaced<T>(options: RightPartitionOptions<T>): Step<T> {
  return function noteMisplaced(record: T, meta: RecordMeta) {
    const why = misplaced(record, meta, options)
    return why === null ? pass(record) : pass(record, why.reason)
  }
}

/** The same of a tombstone, which has nothing but its key: in the wrong partition it would erase nothing. */
export function rightTombstone(
  field: string,
  partitionOf: (key: string) => number,
): (key: Buffer | null, meta: RecordMeta) => Verdict<null> {
  return function rightTombstone(key, { partition }) {
    const text = key?.toString('utf8') ?? ''
    if (text === '') return deadLetter('empty_id', `a tombstone without a key: key it by ${field}`)
    const right = partitionOf(text)
    if (right === partition) return pass(null)
    return deadLetter(
      'wrong_partition',
      wrongPartition(`the tombstone of ${quoted(Buffer.from(text))}`, right, field),
    )
  }
}

interface Misplaced {
  reason: 'wrong_key' | 'wrong_partition'
  detail: string
}

/** Why a record does not lie where its own field says; null: it does. A record that came without Kafka lies nowhere. */
export function misplaced<T>(
  record: T,
  { partition, key }: Pick<RecordMeta, 'partition' | 'key'>,
  { field, partitionOf }: RightPartitionOptions<T>,
): Misplaced | null {
  if (key === undefined) return null
  const id = String(record[field])
  if (key === null || !isUtf8Of(key, id))
    return { reason: 'wrong_key', detail: wrongKey(key, Buffer.from(id), field) }
  const right = partitionOf(id)
  if (right === partition) return null
  return {
    reason: 'wrong_partition',
    detail: wrongPartition(`${field} ${quoted(key)}`, right, field),
  }
}

/** Nearly all ids are ASCII: compared as they lie, without another buffer. */
function isUtf8Of(key: Buffer, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return key.equals(Buffer.from(text))
    if (unit !== key[i]) return false
  }
  return key.length === text.length
}

const wrongPartition = (what: string, right: number, field: string): string =>
  `${what} belongs to partition ${String(right)}: key by ${field} with the murmur2 partitioner (${ONE_LINE_FIX})`

function wrongKey(key: Buffer | null, id: Buffer, field: string): string {
  if (key === null) return `the record of ${field} ${quoted(id)} has no key: key it by ${field}`
  // JSON, or a schema registry's frame around it.
  const serializer = key.length > id.length && key.includes(id) ? ', as a string serializer does' : ''
  return `the key is ${quoted(key)}, and ${field} is ${quoted(id)}: key by ${field}, as plain UTF-8${serializer}`
}

const quoted = (bytes: Buffer) => {
  const text = bytes.toString('utf8')
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
}
