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
    topicIdentity: () => Promise.resolve(null),
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

it('keeps to the topic that its offsets were committed for', async () => {
  const partitions = [{ partition: 0, offset: '4', metadata: '#one:4 marker' }]
  const asking = (text: string, whenChanged: 'refuse' | 'keep' | 'rebuild') => {
    const parts = {
      admin: {
        ...admin,
        fetchOffsets: () => Promise.resolve([{ topic: 'feed.users', partitions }]),
      } as Admin,
      brokers: [],
      limits: { brokerOutageSecondsMax: 1 },
      groupId: 'feed.s',
      log: silentLogger,
      signals: silentSignals,
      topicName: () => 'feed.users',
      topicIdentity: () => Promise.resolve({ text, whenChanged }),
      opening: () => undefined,
      isCurrent: () => true,
    }
    const stage = {
      name: 's',
      sources: ['users' as const],
      startFrom: 'earliest' as const,
      batch: () => Promise.resolve({ kind: 'done' as const }),
    }
    return startOffsets(stage, [0], parts)
  }
  expect(await asking('one:4', 'refuse')).toMatchObject([
    { offset: 4, metadata: 'marker', identity: 'one:4' },
  ])
  await expect(asking('two:4', 'refuse')).rejects.toMatchObject({ code: 'topic_changed' })
  expect(await asking('two:4', 'keep')).toMatchObject([{ offset: 4, metadata: 'marker', identity: 'two:4' }])
  expect(await asking('two:4', 'rebuild')).toMatchObject([{ offset: 0, metadata: null }])
})
