import type { Admin } from 'kafkajs'
import { expect, it } from 'vitest'
import { silentLogger } from '../../log.ts'
import { silentSignals } from '../../signal-registry.ts'
import { startOffsets } from './kafka-start-offsets.ts'

const admin = {
  fetchOffsets: () => Promise.resolve([{ topic: 'feed.users', partitions: [] }]),
  fetchTopicOffsets: () =>
    Promise.resolve([0, 1, 2].map((partition) => ({ partition, low: '0', high: '9', offset: '9' }))),
} as unknown as Admin

it('opens no more partitions once the group is divided anew: they may be somebody else’s', async () => {
  const opened: number[] = []
  const stage = {
    name: 's',
    sources: ['users' as const],
    startFrom: 'earliest' as const,
    opened: (_: string, partition: number) => Promise.resolve(opened.push(partition) - 1),
    batch: () => Promise.resolve({ kind: 'done' as const }),
  }
  const parts = {
    admin,
    brokers: [],
    limits: { brokerOutageSecondsMax: 1 },
    groupId: 'feed.s',
    log: silentLogger,
    signals: silentSignals,
    topicName: () => 'feed.users',
  }
  const begun: number[] = []
  const opening = (_: string, partition: number) => void begun.push(partition)
  const all = await startOffsets(stage, [0, 1, 2], { ...parts, opening, isCurrent: () => true })
  expect(all.map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ])
  opened.length = 0
  begun.length = 0
  await startOffsets(stage, [0, 1, 2], { ...parts, opening, isCurrent: () => opened.length < 2 })
  expect(opened).toEqual([0, 1])
  expect(begun).toEqual([0, 1])
})
