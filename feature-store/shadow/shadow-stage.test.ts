import type { ItemInteractions } from '#schemas'
import type { Batch } from '#streams'
import { describe, expect, it } from 'vitest'
import { FencedError } from '../errors.ts'
import type { FencedStage } from '../stages/fenced-stage.ts'
import { createPace } from './pace.ts'
import { durationText, perSecond, progressOf } from './progress.ts'
import { copiesBefore, shadowStage } from './shadow-stage.ts'

const copy = (sourceOffset: number) => ({ sourceOffset, typeIndex: 0, occurredAtMs: 1 })
const bundle: ItemInteractions = {
  sourcePartition: 0,
  types: ['view'],
  items: [
    { itemId: 'a', copies: [copy(1), copy(5)] },
    { itemId: 'b', copies: [copy(7)] },
  ],
  details: [],
}
const jobTopic = { topic: 'itemInteractions', topicName: 'x', layoutId: 'y', starts: [0], ends: [8] } as const

function shadowOf(batch: FencedStage<'itemInteractions'>['batch']) {
  const taken: number[] = []
  const pace = { ...createPace({ ratePerSecond: null, nowMs: () => 0, sleep: async () => undefined }) }
  const stage: FencedStage<'itemInteractions'> = {
    name: 'features-item',
    sources: ['itemInteractions'],
    startFrom: 'earliest',
    held: () => [],
    batch,
  }
  const parts = {
    jobTopic: () => ({ ...jobTopic, starts: [0], ends: [8] }),
    sourceEnds: [5],
    pace: { ...pace, take: async (count: number) => void taken.push(count) },
  }
  return { shadow: shadowStage(stage, parts), taken }
}
const batch: Batch<'itemInteractions'> = {
  topic: 'itemInteractions',
  partition: 0,
  firstOffset: 3,
  nextOffset: 4,
  endOffset: 9,
  records: [{ topic: 'x', partition: 0, offset: 3, brokerTimeMs: 1, key: null, value: bundle }],
}
const NOWHERE = { add: () => undefined, flush: async () => undefined }

describe('a live stage in a replay', () => {
  it('leaves out copies of what lies behind the end, and is paced by the rest', async () => {
    const seen: unknown[] = []
    const { shadow, taken } = shadowOf(async ({ records }) => {
      seen.push(records[0]!.value)
      return { kind: 'done' }
    })
    await shadow.stage.batch(batch, NOWHERE)
    expect(seen).toEqual([{ ...bundle, items: [{ itemId: 'a', copies: [copy(1)] }] }])
    expect(taken).toEqual([1])
    expect(copiesBefore(bundle, 100)).toEqual(bundle)
  })

  it('leaves a partition to its new owner, and ends it', async () => {
    const { shadow } = shadowOf(async () => {
      throw new FencedError('{x.0}:y', 1)
    })
    expect(shadow.endOf(0)).toBe(8)
    expect(await shadow.stage.batch(batch, NOWHERE)).toEqual({ kind: 'seek', offset: 3 })
    expect([shadow.endOf(0), shadow.givenUp()]).toEqual([0, 1])
  })

  it('tells how far it is, and how long it takes', () => {
    const fence = {
      storeId: 's',
      epoch: 1,
      rebuildUntilOffset: 8,
      streamTimeMs: 1,
      appliedAtMs: 1,
      sourceHighs: new Map(),
    }
    const job = { topics: [{ ...jobTopic, starts: [2, 0], ends: [8, null] }] }
    const now = progressOf(job, [[{ ...fence, nextOffset: 5 }, null]], [[50, 10]])
    expect(now).toMatchObject({ total: 16, done: 3, left: 13, isCaughtUp: false, isBroken: true })
    const over = progressOf(job, [[8, 10].map((nextOffset) => ({ ...fence, nextOffset }))], [[50, 10]])
    expect(over).toMatchObject({ done: 16, left: 0, isCaughtUp: true, isBroken: false })
    expect(perSecond({ done: 100, atMs: 0 }, { done: 600, atMs: 250 })).toBe(2_000)
    expect([durationText(0, 0), durationText(5, 0), durationText(90, 2), durationText(9_000, 1)]).toEqual([
      '0 s',
      '-',
      '45 s',
      '2 h 30 min',
    ])
  })
})
