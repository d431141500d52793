import { deadLetter, pass, type RecordMeta, type Step, type Verdict } from '../verdict.ts'

export interface RightPartitionOptions<T> {
  /** The field that is the key. */
  field: keyof T & string
  partitionOf(key: string): number
}

/** How librdkafka's default partitioner is set right: it is the one that most people meet. */
export const ONE_LINE_FIX = "with librdkafka set 'partitioner': 'murmur2_random'"

/** All that is known of a key lives in its partition: a record that lies elsewhere is nobody's. */
export function rightPartition<T>({ field, partitionOf }: RightPartitionOptions<T>): Step<T> {
  return function rightPartition(record: T, { partition }: RecordMeta) {
    const key = String(record[field])
    const right = partitionOf(key)
    return right === partition ? pass(record) : wrongPartition(`${field} ${quoted(key)}`, right, field)
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
    return right === partition ? pass(null) : wrongPartition(`the tombstone of ${quoted(text)}`, right, field)
  }
}

const wrongPartition = <T>(what: string, right: number, field: string): Verdict<T> =>
  deadLetter(
    'wrong_partition',
    `${what} belongs to partition ${String(right)}: key by ${field} with the murmur2 partitioner (${ONE_LINE_FIX})`,
  )

const quoted = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
