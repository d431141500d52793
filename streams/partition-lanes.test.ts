import { expect, it } from 'vitest'
import { deferred } from './deferred.ts'
import { createPartitionLanes } from './partition-lanes.ts'

it('works on one piece of a partition at a time, in order, also behind one that failed; partitions overlap', async () => {
  const lanes = createPartitionLanes()
  const [first, other] = [deferred(), deferred()]
  const done: string[] = []
  const work = (name: string, until: Promise<void>) => () => until.finally(() => done.push(name))
  const one = lanes.run(0, work('0a', first.promise))
  const two = lanes.run(0, work('0b', Promise.resolve()))
  const three = lanes.run(1, work('1a', other.promise))
  const idle = lanes.idle().then(() => done.push('idle'))
  other.resolve()
  await three
  expect(done).toEqual(['1a'])
  first.reject(new Error('failed'))
  await expect(one).rejects.toThrow('failed')
  await two
  await idle
  expect(done).toEqual(['1a', '0a', '0b', 'idle'])
  await lanes.idle()
})
