import { expect, it } from 'vitest'
import { noteMisplaced, rightPartition, rightTombstone } from './right-partition.ts'

const meta = (partition: number, key?: Buffer | null) => ({
  topic: 't',
  partition,
  offset: 0,
  brokerTimeMs: 0,
  ...(key === undefined ? {} : { key }),
})
const partitionOf = (key: string) => key.length
const options = { field: 'userId', partitionOf } as const
const step = rightPartition<{ userId: string }>(options)
const note = noteMisplaced<{ userId: string }>(options)
const detailOf = (userId: string, at: ReturnType<typeof meta>) => {
  const verdict = step({ userId }, at)
  return verdict.kind === 'deadLetter' ? `${verdict.reason}: ${verdict.detail}` : verdict.kind
}

it('a record must lie where its key says', () => {
  const key = Buffer.from('ab')
  expect(detailOf('ab', meta(2, key))).toBe('pass')
  expect(detailOf('ab', meta(1, key))).toBe(
    'wrong_partition: userId "ab" belongs to partition 2: key by userId with the murmur2 partitioner ' +
      "(with librdkafka set 'partitioner': 'murmur2_random')",
  )
})

it.each(['', 'u', 'user-7', 'käse', '\u{1F600}', 'a{b}:c/d%e'])('takes %j as its own key', (userId) => {
  expect(detailOf(userId, meta(userId.length, Buffer.from(userId)))).toBe('pass')
})

it.each([
  [Buffer.from('i7'), 'wrong_key: the key is "i7", and userId is "u1": key by userId, as plain UTF-8'],
  [Buffer.from('u'), 'wrong_key: the key is "u", and userId is "u1": key by userId, as plain UTF-8'],
  [Buffer.alloc(0), 'wrong_key: the key is "", and userId is "u1": key by userId, as plain UTF-8'],
  [null, 'wrong_key: the record of userId "u1" has no key: key it by userId'],
  [
    Buffer.from('"u1"'),
    'wrong_key: the key is "\\"u1\\"", and userId is "u1": key by userId, as plain UTF-8, as a string serializer does',
  ],
])('must be keyed by its field, in whatever partition it lies: %j', (key, detail) => {
  expect(detailOf('u1', meta(2, key))).toBe(detail)
  expect(detailOf('u1', meta(3, key))).toBe(detail)
})

it('lies nowhere when it did not come by Kafka', () => {
  expect(detailOf('u1', meta(-1))).toBe('pass')
})

it('is noted where it can be used all the same', () => {
  const value = { userId: 'ab' }
  expect(note(value, meta(2, Buffer.from('ab')))).toEqual({ kind: 'pass', value })
  expect(note(value, meta(1, Buffer.from('ab')))).toEqual({ kind: 'pass', value, signal: 'wrong_partition' })
  expect(note(value, meta(2, null))).toEqual({ kind: 'pass', value, signal: 'wrong_key' })
})

it('so must a tombstone, which needs a key', () => {
  const check = rightTombstone('userId', partitionOf)
  expect(check(Buffer.from('ab'), meta(2))).toMatchObject({ kind: 'pass' })
  expect(check(Buffer.from('ab'), meta(3))).toMatchObject({ reason: 'wrong_partition' })
  expect(check(null, meta(3))).toMatchObject({ reason: 'empty_id' })
})
