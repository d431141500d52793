import { expect, it } from 'vitest'
import { topicCatalogue } from '#schemas'
import { partitionOf } from '../partitioner.ts'
import { judgeKeys } from './judge-keys.ts'
import type { Sample, Samples } from './samples.ts'

const catalogue = topicCatalogue({ prefix: 'feed', partitions: 4, replicationFactor: 1 })
const NONE: Samples = { users: [], items: [], interactions: [], requests: [], outcomes: [] }
const right = (key: string) => partitionOf(key, 4)

function request(userId: string, at: Partial<Sample<'requests'>> = {}): Sample<'requests'> {
  const value = { requestId: `r-${userId}`, userId, occurredAtMs: 1, candidates: ['i1'], context: [] }
  return { partition: right(userId), offset: 0, key: Buffer.from(userId), value, ...at }
}
function outcome(requestId: string, userId: string): Sample<'outcomes'> {
  const value = {
    outcomeId: 'o',
    requestId,
    userId,
    itemId: 'i1',
    type: 'click',
    value: null,
    position: null,
    occurredAtMs: 1,
  }
  return { partition: right(userId), offset: 0, key: Buffer.from(userId), value }
}

it('is content when records lie where their keys say', () => {
  const samples = { ...NONE, requests: [request('u1'), request('u2')], outcomes: [outcome('r-u1', 'u1')] }
  expect(judgeKeys(samples, catalogue)).toMatchObject([{ verdict: 'ok' }])
})

it('tells how many of a topic do not, why, and the line that mends it', () => {
  const elsewhere = (right('u1') + 1) % 4
  const requests = [request('u1', { partition: elsewhere }), request('u2'), request('u3', { key: null })]
  expect(judgeKeys({ ...NONE, requests }, catalogue)).toEqual([
    {
      check: 'keys of feed.requests.v1',
      verdict: 'failed',
      found: expect.stringMatching(
        /^2 of the newest 3 are not where their userId says \(answered all the same\): userId "u1" belongs to/,
      ) as string,
      action: expect.stringContaining('murmur2_random') as string,
    },
  ])
})

it('takes tombstones for nothing that it could judge', () => {
  const users = [{ partition: 9, offset: 0, key: null, value: null }]
  expect(judgeKeys({ ...NONE, users }, catalogue)).toMatchObject([{ verdict: 'ok' }])
})

it('tells of outcomes under another user than their request', () => {
  const samples = {
    ...NONE,
    requests: [request('u1')],
    outcomes: [outcome('r-u1', 'u1'), outcome('r-u1', 'u2'), outcome('unknown', 'u3')],
  }
  expect(judgeKeys(samples, catalogue)).toMatchObject([
    {
      check: 'users of outcomes',
      verdict: 'failed',
      found:
        '1 of the newest 2 of known requests name another user than their request, and are no labels: r-u1 was asked for u1, told of u2',
    },
  ])
})
