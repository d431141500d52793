import { expect, it } from 'vitest'
import { rightPartition, rightTombstone } from './right-partition.ts'

const meta = (partition: number) => ({ topic: 't', partition, offset: 0, brokerTimeMs: 0 })
const partitionOf = (key: string) => key.length

it('a record must lie where its key says', () => {
  const step = rightPartition<{ userId: string }>({ field: 'userId', partitionOf })
  expect(step({ userId: 'ab' }, meta(2))).toMatchObject({ kind: 'pass' })
  const verdict = step({ userId: 'ab' }, meta(1))
  expect(verdict).toMatchObject({ kind: 'deadLetter', reason: 'wrong_partition' })
  expect(verdict).toMatchObject({ detail: expect.stringContaining("'murmur2_random'") as string })
})

it('so must a tombstone, which needs a key', () => {
  const check = rightTombstone('userId', partitionOf)
  expect(check(Buffer.from('ab'), meta(2))).toMatchObject({ kind: 'pass' })
  expect(check(Buffer.from('ab'), meta(3))).toMatchObject({ reason: 'wrong_partition' })
  expect(check(null, meta(3))).toMatchObject({ reason: 'empty_id' })
})
